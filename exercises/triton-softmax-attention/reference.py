"""Softmax a row at a time, and attention tile by tile with a running maximum and sum (Dao et al., 2022)."""

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x, out, x_row, out_row, cols, BLOCK: tl.constexpr):
    row, col = tl.program_id(0), tl.arange(0, BLOCK)
    inside = col < cols
    values = tl.load(x + row * x_row + col, mask=inside, other=-float("inf")).to(tl.float32)
    powers = tl.exp(values - tl.max(values, axis=0))  # beyond the row exp(-inf), which is 0
    tl.store(out + row * out_row + col, powers / tl.sum(powers, axis=0), mask=inside)


def softmax(x, out):
    rows, cols = x.shape
    softmax_kernel[(rows,)](x, out, x.stride(0), out.stride(0), cols, BLOCK=triton.next_power_of_2(cols))


@triton.jit
def tile(base, strides, head, heads, rows, D: tl.constexpr):
    """Pointers to some rows of one head."""
    start = base + head // heads * strides[0] + head % heads * strides[1]
    return start + rows[:, None] * strides[2] + tl.arange(0, D)[None, :]


@triton.jit
def attention_kernel(q, k, v, out, q_at, k_at, v_at, out_at, heads, queries, keys, scale, CAUSAL: tl.constexpr,
                     D: tl.constexpr, M: tl.constexpr, N: tl.constexpr):  # fmt: skip
    head, i = tl.program_id(1), tl.program_id(0) * M + tl.arange(0, M)
    exist = (i < queries)[:, None]
    q_tile = tl.load(tile(q, q_at, head, heads, i, D), mask=exist, other=0.0)
    top = tl.full([M], -float("inf"), tl.float32)  # of each query: the largest score so far,
    total = tl.zeros([M], tl.float32)  # the sum of exp(score - top),
    acc = tl.zeros([M, D], tl.float32)  # and the sum of exp(score - top) * value
    end = tl.minimum(keys, tl.program_id(0) * M + M) if CAUSAL else keys
    for first in range(0, end, N):
        j = first + tl.arange(0, N)
        inside = (j < keys)[:, None]
        k_tile = tl.load(tile(k, k_at, head, heads, j, D), mask=inside, other=0.0)
        v_tile = tl.load(tile(v, v_at, head, heads, j, D), mask=inside, other=0.0)
        seen = (j < keys)[None, :] & ((j[None, :] <= i[:, None]) | (not CAUSAL))
        scores = tl.where(seen, tl.dot(q_tile, tl.trans(k_tile)) * scale, -float("inf"))
        new_top = tl.maximum(top, tl.max(scores, axis=1))
        weights, fade = tl.exp(scores - new_top[:, None]), tl.exp(top - new_top)
        acc = acc * fade[:, None] + tl.dot(weights.to(v_tile.dtype), v_tile)
        total = total * fade + tl.sum(weights, axis=1)
        top = new_top
    tl.store(tile(out, out_at, head, heads, i, D), acc / total[:, None], mask=exist)


def attention(q, k, v, out, is_causal=False):
    batch, heads, queries, d = q.shape
    M = N = 32
    strides = (tensor.stride()[:3] for tensor in (q, k, v, out))
    attention_kernel[(triton.cdiv(queries, M), batch * heads)](
        q, k, v, out, *strides, heads, queries, k.size(2), d**-0.5, CAUSAL=is_causal, D=d, M=M, N=N
    )
