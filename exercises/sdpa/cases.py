"""What is asked of `sdpa`. Stays with the judge: only the arguments reach the learner's code."""

import math

import torch

from graders.kit import Case, all_of, close, mismatch

SIZES = (5, 7, 11, 13)  # distinct primes, so that no wrong axis fits by coincidence


def normal(rng, *shape, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def qkv(rng, *leading, dtype=torch.float32, sizes=None):
    queries, keys, d, dv = rng.permutation(SIZES).tolist() if sizes is None else sizes
    return [
        normal(rng, *leading, queries, d, dtype=dtype),
        normal(rng, *leading, keys, d, dtype=dtype),
        normal(rng, *leading, keys, dv, dtype=dtype),
    ]


def boolean(rng, *shape):
    """A mask that leaves every query at least one key."""
    mask = torch.from_numpy(rng.random(shape) < 0.6)
    mask[..., rng.integers(shape[-1])] = True
    return mask


def additive(mask, dtype):
    return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, -math.inf)


# ------------------------------------------------------------------------------------------- checks


def sums_to_one(got, want, asked):
    """All values are 1, so every output is the sum of one query's weights."""
    if tuple(got.shape) == tuple(want.shape) and not ((got - 1).abs().max().item() <= 1e-3):
        return mismatch(
            "property",
            en="The weights of each query must sum to 1 over the keys it may attend to, and here they do not.",
            zh="每个查询在它可以关注的键上的权重之和应为 1，这里却不是。",
        )


def no_look_ahead(got, want, asked):
    first, second = asked.args[0], asked.args[3]
    same = int((first == second).all(-1).flatten(0, -2).all(0).sum())  # positions that begin alike
    before = (got[0] - got[1])[..., :same, :].abs().max().item()
    if not (before <= 1e-6):
        return mismatch(
            "property",
            en=f"Tokens from position {same} on were replaced, and outputs before position {same} changed with them.",
            zh=f"只替换了位置 {same} 及之后的词元，位置 {same} 之前的输出却跟着变了。",
        )


def gradients_exist(got, want, asked):
    for name in ("q", "k", "v"):
        if got[name] is None:
            return mismatch(
                "property",
                en=f"No gradient reaches {name}: somewhere the computation leaves autograd.",
                zh=f"没有梯度传到 {name}：计算在某处脱离了 autograd。",
            )
        if torch.isnan(got[name]).any():
            return mismatch(
                "nan",
                en=f"The gradient of {name} contains NaN although the output need not.",
                zh=f"{name} 的梯度里有 NaN，尽管输出本不该如此。",
            )


def inputs_unchanged(got, want, asked):
    for name in ("q", "k", "v", "attn_mask"):
        if not torch.equal(got[name], want[name]):
            return mismatch(
                "property",
                en=f"After the call {name} no longer holds what the caller put there.",
                zh=f"调用之后，{name} 里已不是调用者放进去的内容。",
            )


def plain(q, k, v, attn_mask=None, is_causal=False, fused_product=True, fused_softmax=True):
    """Attention in the dtype of its inputs. What is not fused is rounded at every step inside, too."""
    scores = q @ k.transpose(-2, -1) if fused_product else (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1)
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool)
    allowed = allowed.tril() if is_causal else allowed
    allowed = allowed if attn_mask is None else allowed & attn_mask
    scores = (scores / math.sqrt(q.size(-1))).masked_fill(~allowed, -math.inf)
    if fused_softmax:
        return torch.softmax(scores, dim=-1) @ v
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True) @ v


def low_precision_error(exact, args, options):
    """What low precision costs a plain computation: the largest error of the usual ways to write it."""
    ways = ({"fused_product": a, "fused_softmax": b} for a in (True, False) for b in (True, False))
    return max((plain(*args, **options, **way).double() - exact).abs().max().item() for way in ways)


def as_exact_as_low_precision_can(got, want, asked):
    """At most twice the error of a plain computation in the same dtype: the criterion of flash-attention's tests."""
    found = close(rtol=0, atol=math.inf)(got, want, asked)  # shape, dtype, NaN
    if found is not None:
        return found
    exact = plain(*(tensor.double() for tensor in asked.args), **asked.kwargs)
    allowed = 2 * low_precision_error(exact, asked.args, asked.kwargs) + 1e-5
    error = (got.double() - exact).abs().max().item()
    if not (error <= allowed):
        return mismatch(
            "value",
            en=f"The error against exact arithmetic is {error:.2g}; this dtype by itself explains {allowed:.2g}.",
            zh=f"与精确计算相比误差为 {error:.2g}；用该精度直接计算也能保持在 {allowed:.2g} 以下。",
        )


# -------------------------------------------------------------------------------------------- cases


def samples(rng):
    q = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    k = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    v = torch.tensor([[1.0, 0.0], [0.0, 1.0], [4.0, 4.0]])
    yield Case("two queries, three keys", "sdpa", [q, k, v], close())
    yield Case("the same, causal", "sdpa", [q, k, v], close(), kwargs={"is_causal": True})
    mask = torch.tensor([[True, False, True], [False, False, False]])
    yield Case("a query that may attend to nothing", "sdpa", [q, k, v], close(), kwargs={"attn_mask": mask})


def cases(rng):
    yield from values(rng)
    yield from masks(rng)
    yield from extremes(rng)
    yield from derivatives(rng)
    yield from circumstances(rng)


def values(rng):
    for leading in ((), (3,), (2, 3)):
        yield Case("batches and heads", "sdpa", qkv(rng, *leading), close(), points=2)
    for option in ({}, {"is_causal": True}, {"attn_mask": boolean(rng, 5, 7)}):
        q, k, v = qkv(rng, 2, 3, sizes=(5, 7, 13, 11))
        inputs, check = [q, k, torch.ones_like(v)], all_of(sums_to_one, close())
        yield Case("the weights of a query sum to one", "sdpa", inputs, check, kwargs=option)
    for scale in (float(rng.uniform(0.1, 2.0)), -0.5, 0.0):
        inputs = qkv(rng, 2, dtype=torch.float64)
        yield Case("a scale of the caller's", "sdpa", inputs, close(), kwargs={"scale": scale})


def masks(rng):
    for shape in ((5, 7), (2, 1, 1, 7), (3, 5, 7)):
        inputs = qkv(rng, 2, 3, sizes=(5, 7, 13, 11))
        yield Case("boolean masks", "sdpa", inputs, close(), kwargs={"attn_mask": boolean(rng, *shape)})
    for shape, forbid in (((5, 7), False), ((2, 1, 5, 7), True), ((3, 1, 7), True)):
        bias = normal(rng, *shape, dtype=torch.float64) * 3
        bias = bias + additive(boolean(rng, *shape), torch.float64) if forbid else bias
        inputs = qkv(rng, 2, 3, dtype=torch.float64, sizes=(5, 7, 13, 11))
        yield Case("additive masks", "sdpa", inputs, close(), kwargs={"attn_mask": bias})
    for queries, keys in ((5, 11), (11, 5), (7, 7)):
        inputs = qkv(rng, 2, 3, sizes=(queries, keys, 13, 17))
        option = {"is_causal": True}
        yield Case("causal, with more or fewer keys than queries", "sdpa", inputs, close(), kwargs=option, points=2)
    for mask in (boolean(rng, 5, 7), additive(boolean(rng, 2, 1, 5, 7), torch.float32)):
        mask[..., 0] = True if mask.dtype == torch.bool else 0.0  # key 0 stays: no row is empty here
        inputs = qkv(rng, 2, 3, sizes=(5, 7, 13, 11))
        option = {"attn_mask": mask, "is_causal": True}
        yield Case("a mask and the causal flag together", "sdpa", inputs, close(), kwargs=option)
    for _ in range(3):
        yield look_ahead(rng)


def look_ahead(rng):
    # In fp64: the replaced tokens are large, and so are the rounding errors of their scores.
    first = qkv(rng, 2, dtype=torch.float64, sizes=(11, 11, 7, 5))
    begins_alike = int(rng.integers(3, 9))
    second = [tensor.clone() for tensor in first]
    for tensor in second:
        tensor[..., begins_alike:, :] = 4 * normal(rng, 2, 11 - begins_alike, tensor.size(-1))
    return Case("no look-ahead", "two_endings", [*first, *second], all_of(no_look_ahead, close()), points=2)


def extremes(rng):
    for shift, mask in ((100.0, None), (-100.0, None), (100.0, boolean(rng, 5, 7))):
        # Small whole numbers, so that every score is exact in whatever order it is summed.
        q, k = (torch.from_numpy(rng.integers(-2, 3, (3, n, 16))).float() for n in (5, 7))
        q[..., -1], k[..., -1] = 100.0, shift  # every score is near ±2500
        inputs = [q, k, normal(rng, 3, 7, 11)]
        option = {} if mask is None else {"attn_mask": mask}
        yield Case("scores in the thousands", "sdpa", inputs, close(), kwargs=option)
    for kind in ("boolean", "additive", "causal"):
        mask = boolean(rng, 5, 7)
        mask[rng.integers(1, 5)] = False
        if kind == "causal":
            mask[0], mask[0, 0] = True, False  # the first query may see only the first key, which is forbidden
        mask = additive(mask, torch.float32) if kind == "additive" else mask
        option = {"attn_mask": mask, "is_causal": kind == "causal"}
        inputs = qkv(rng, 2, 3, sizes=(5, 7, 13, 11))
        yield Case("nothing to attend to", "sdpa", inputs, close(), kwargs=option, points=2)


def derivatives(rng):
    options = ({}, {"is_causal": True}, {"attn_mask": boolean(rng, 5, 7)})
    for option in options:
        yield gradient("gradients of q, k and v", rng, option)
    nothing = boolean(rng, 5, 7)
    nothing[rng.integers(5)] = False
    for mask in (nothing, additive(nothing, torch.float64)):
        yield gradient("gradients beside a query that attends to nothing", rng, {"attn_mask": mask})


def gradient(name, rng, option):
    inputs = qkv(rng, 2, 3, dtype=torch.float64, sizes=(5, 7, 13, 11))
    upstream = normal(rng, 2, 3, 5, 11, dtype=torch.float64)
    return Case(name, "gradients", [*inputs, upstream], all_of(gradients_exist, close()), kwargs=option, points=2)


def circumstances(rng):
    for dtype in (torch.bfloat16, torch.float16):
        for option in ({"is_causal": True}, {"attn_mask": boolean(rng, 31, 37)}):
            inputs = qkv(rng, 2, 3, dtype=dtype, sizes=(31, 37, 16, 11))
            yield Case("half precisions, bf16 and fp16", "sdpa", inputs, as_exact_as_low_precision_can, kwargs=option)
    for mask in (boolean(rng, 5, 7), additive(boolean(rng, 5, 7), torch.float32), normal(rng, 5, 7)):
        inputs = [normal(rng, 2, s, 3, d) for s, d in ((5, 13), (7, 13), (7, 11))]  # (B, S, H, D): a view splits heads
        check = all_of(inputs_unchanged, close())
        yield Case("views as inputs, and inputs left alone", "from_views", [*inputs, mask], check)
    inputs = qkv(rng, 2, 4, sizes=(257, 257, 16, 17))
    yield Case("eight heads over 257 tokens, in time", "sdpa", inputs, close(), kwargs={"is_causal": True})
