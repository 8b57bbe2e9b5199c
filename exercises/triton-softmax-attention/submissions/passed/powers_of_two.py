"""Tiles of other sizes, powers of two in place of powers of e, and several rows a program."""

import math

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x, out, x_row, out_row, rows, cols, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    col = tl.arange(0, BLOCK)[None, :]
    inside = (row < rows) & (col < cols)
    values = tl.load(x + row * x_row + col, mask=inside, other=-float("inf")).to(tl.float32)
    top = tl.where(row < rows, tl.max(values, axis=1)[:, None], 0.0)
    powers = tl.exp2((values - top) * 1.4426950408889634)
    total = tl.where(row < rows, tl.sum(powers, axis=1)[:, None], 1.0)
    tl.store(out + row * out_row + col, powers / total, mask=inside)


def softmax(x, out):
    rows, cols = x.shape
    size = triton.next_power_of_2(cols)
    count = max(1, min(4, 2048 // size))
    grid = (triton.cdiv(rows, count),)
    softmax_kernel[grid](x, out, x.stride(0), out.stride(0), rows, cols, ROWS=count, BLOCK=size)


@triton.jit
def attention_kernel(
    q, k, v, out, qb, qh, qs, kb, kh, ks, vb, vh, vs, ob, oh, os, heads, queries, keys, scale,
    CAUSAL: tl.constexpr, D: tl.constexpr, M: tl.constexpr, N: tl.constexpr,
):  # fmt: skip
    batch, head = tl.program_id(0) // heads, tl.program_id(0) % heads
    i = tl.program_id(1) * M + tl.arange(0, M)
    j = tl.arange(0, N)
    d = tl.arange(0, D)
    query = tl.load(q + batch * qb + head * qh + i[:, None] * qs + d, mask=i[:, None] < queries, other=0.0)
    key_at = k + batch * kb + head * kh + d[:, None]  # already transposed
    value_at = v + batch * vb + head * vh + d[None, :]
    acc = tl.zeros((M, D), dtype=tl.float32)
    total = tl.zeros((M,), dtype=tl.float32)
    top = tl.full((M,), float("-inf"), dtype=tl.float32)
    for first in range(0, keys, N):
        key = tl.load(key_at + (first + j)[None, :] * ks, mask=(first + j)[None, :] < keys, other=0.0)
        value = tl.load(value_at + (first + j)[:, None] * vs, mask=(first + j)[:, None] < keys, other=0.0)
        scores = tl.dot(query, key) * (scale * 1.4426950408889634)
        scores = tl.where((first + j)[None, :] < keys, scores, float("-inf"))
        if CAUSAL:
            scores = tl.where((first + j)[None, :] <= i[:, None], scores, float("-inf"))
        higher = tl.maximum(top, tl.max(scores, 1))
        weights = tl.exp2(scores - higher[:, None])
        fade = tl.exp2(top - higher)
        total = total * fade + tl.sum(weights, 1)
        acc = tl.dot(weights.to(value.dtype), value, acc * fade[:, None])
        top = higher
    answer = (acc / total[:, None]).to(out.dtype.element_ty)
    tl.store(out + batch * ob + head * oh + i[:, None] * os + d, answer, mask=i[:, None] < queries)


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, out: torch.Tensor, is_causal: bool = False) -> None:
    batch, heads, queries, d = q.shape
    strides = [step for tensor in (q, k, v, out) for step in tensor.stride()[:3]]
    grid = (batch * heads, triton.cdiv(queries, 16))
    attention_kernel[grid](
        q, k, v, out, *strides, heads, queries, k.shape[2], 1 / math.sqrt(d), CAUSAL=is_causal, D=d, M=16, N=64
    )
