"""No tensor cores: a program for each query, products summed in fp32. Softmax in two sweeps over blocks of a row."""

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x, out, x_row, out_row, cols, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    top = -float("inf")
    total = 0.0
    for first in range(0, cols, BLOCK):
        col = first + tl.arange(0, BLOCK)
        values = tl.load(x + row * x_row + col, mask=col < cols, other=-float("inf")).to(tl.float32)
        higher = tl.maximum(top, tl.max(values, axis=0))
        total = total * tl.exp(top - higher) + tl.sum(tl.exp(values - higher), axis=0)
        top = higher
    for first in range(0, cols, BLOCK):
        col = first + tl.arange(0, BLOCK)
        values = tl.load(x + row * x_row + col, mask=col < cols, other=-float("inf")).to(tl.float32)
        tl.store(out + row * out_row + col, tl.exp(values - top) / total, mask=col < cols)


def softmax(x, out):
    softmax_kernel[(x.shape[0],)](x, out, x.stride(0), out.stride(0), x.shape[1], BLOCK=1024)


@triton.jit
def attention_kernel(q, k, v, out, steps, heads, keys, scale, CAUSAL: tl.constexpr, D: tl.constexpr, N: tl.constexpr):
    i, head, batch = tl.program_id(0), tl.program_id(1) % heads, tl.program_id(1) // heads
    d = tl.arange(0, D)
    query = tl.load(q + batch * steps[0] + head * steps[1] + i * steps[2] + d).to(tl.float32) * scale
    top, total = -float("inf"), 0.0
    acc = tl.zeros([D], tl.float32)
    for first in range(0, tl.minimum(keys, i + 1) if CAUSAL else keys, N):
        j = first + tl.arange(0, N)
        exist = (j < keys) & ((j <= i) | (not CAUSAL))
        inside = exist[:, None]
        key = tl.load(k + batch * steps[3] + head * steps[4] + (j * steps[5])[:, None] + d, mask=inside, other=0.0)
        value = tl.load(v + batch * steps[6] + head * steps[7] + (j * steps[8])[:, None] + d, mask=inside, other=0.0)
        scores = tl.where(exist, tl.sum(query[None, :] * key.to(tl.float32), axis=1), -float("inf"))
        higher = tl.maximum(top, tl.max(scores, axis=0))
        weights = tl.exp(scores - higher)
        acc = acc * tl.exp(top - higher) + tl.sum(weights[:, None] * value.to(tl.float32), axis=0)
        total = total * tl.exp(top - higher) + tl.sum(weights, axis=0)
        top = higher
    tl.store(out + batch * steps[9] + head * steps[10] + i * steps[11] + d, acc / total)


def attention(q, k, v, out, is_causal=False):
    batch, heads, queries, d = q.shape
    steps = tuple(step for tensor in (q, k, v, out) for step in tensor.stride()[:3])
    attention_kernel[(queries, batch * heads)](
        q, k, v, out, steps, heads, k.shape[2], d**-0.5, CAUSAL=is_causal, D=d, N=32
    )
