"""What is asked of `softmax` and `attention`. The same on the processor and on an accelerator."""

import math

import torch

from graders.kit import Case, all_of, close, mismatch

TOKENS_APART = (0, 2, 1, 3)  # in memory batch, token, head: the heads of one token lie side by side


def normal(rng, *shape, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def whole(rng, *shape, dtype=torch.float32):
    """Small whole numbers: their products are exact in whatever precision and order they are summed."""
    return torch.from_numpy(rng.integers(-2, 3, shape)).to(dtype)


def qkv(rng, queries, keys, d, batch=1, heads=1, dtype=torch.float32):
    return [normal(rng, batch, heads, rows, d, dtype=dtype) for rows in (queries, keys, keys)]


# ------------------------------------------------------------------------------------------- checks


def nothing_around(got, want, asked):
    if not torch.equal(got["around"], want["around"]):
        return mismatch(
            "property",
            en="Something was written outside the output: your kernel stores rows or columns that do not exist.",
            zh="输出之外的内存被写入了：你的核函数写了不存在的行或列。",
        )


def is_finite(got, want, asked):
    found = close(rtol=0, atol=math.inf)({"out": got["out"]}, {"out": want["out"]}, asked)  # shape, dtype
    if found is not None and found.kind != "nan":
        return found
    wrong = int((~torch.isfinite(got["out"])).sum())
    if wrong:
        return mismatch(
            "nan",
            en=f"{wrong} of {got['out'].numel()} outputs are NaN or infinite. Around the inputs memory holds NaN:"
            " either some of it was read, or a sum or an exponential left its range.",
            zh=f"{got['out'].numel()} 个输出里有 {wrong} 个是 NaN 或无穷。输入周围的内存里是 NaN："
            "要么读到了它，要么某个和或指数超出了范围。",
        )


def rows_are_right(got, want, asked):
    """An exponential on an accelerator is right to some units in the last place."""
    tolerance = {torch.float32: (3e-5, 1e-12), torch.float16: (2e-3, 1.2e-7)}[want["out"].dtype]
    return close(*tolerance)(got["out"], want["out"], asked)


def rounded_to_tf32(x, truncate):
    """The 10 bits after the point that an accelerator keeps of each factor, by rounding or by cutting off."""
    bits = x.float().contiguous().view(torch.int32)
    bits = bits if truncate else bits + 0x1000
    return (bits & ~0x1FFF).view(torch.float32).double()


def to_half(x, truncate):
    return x.half().double()


def plain(q, k, v, is_causal, coarse, late):
    """Attention in double precision whose factors are first rounded by `coarse`; `late`: divides at the end."""
    scores = coarse(q) @ coarse(k).transpose(-2, -1) / math.sqrt(q.size(-1))
    if is_causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    total = powers.sum(-1, keepdim=True)
    return coarse(powers) @ coarse(v) / total if late else coarse(powers / total) @ coarse(v)


def as_exact_as_its_products(got, want, asked):
    """At most twice the error of the plain formula with its factors rounded as tensor cores round them."""
    q, k, v = (tensor.double() for tensor in asked.args)
    causal = asked.kwargs.get("is_causal", False)
    exact = plain(q, k, v, causal, lambda x: x, False)
    coarse, half = (to_half, True) if got["out"].dtype == torch.float16 else (rounded_to_tf32, False)
    errors = [
        (plain(q, k, v, causal, lambda x, t=truncate: coarse(x, t), late) - exact).abs().max().item()
        for truncate in (False, True)
        for late in (False, True)
    ]
    rounding = 2**-11 * exact.abs().max().item() if half else 0.0  # of the answer itself
    allowed = 2 * (max(errors) + rounding) + 1e-5
    error = (got["out"].double() - exact).abs().max().item()
    if not (error <= allowed):
        return mismatch(
            "value",
            en=f"The largest error against exact arithmetic is {error:.2g}; {allowed:.2g} is allowed.",
            zh=f"与精确计算相比，最大误差为 {error:.2g}；允许 {allowed:.2g}。",
        )


ROWS = all_of(is_finite, rows_are_right, nothing_around)
TILES = all_of(is_finite, as_exact_as_its_products, nothing_around)


# -------------------------------------------------------------------------------------------- cases


def samples(rng):
    yield Case("two rows", "softmax", [torch.tensor([[1.0, 2.0, 3.0], [1000.0, 0.0, 1000.0]])], ROWS)
    q, k, v = torch.zeros(1, 1, 2, 16), torch.zeros(1, 1, 3, 16), torch.zeros(1, 1, 3, 16)
    q[..., 0, 0], q[..., 1, 1] = 4.0, 4.0
    k[..., 0, 0], k[..., 1, 1], k[..., 2, :2] = 1.0, 1.0, 1.0
    v[..., 0, 0], v[..., 1, 1], v[..., 2, :2] = 1.0, 1.0, 4.0
    yield Case("two queries, three keys", "attention", [q, k, v], TILES)
    yield Case("the same, causal", "attention", [q, k, v], TILES, kwargs={"is_causal": True})


def cases(rng):
    yield from rows(rng)
    yield from tiles(rng)
    yield from extremes(rng)


def rows(rng):
    for cols in (1, 64, int(rng.integers(65, 128)), int(rng.integers(600, 1000))):
        yield Case("rows of any length", "softmax", [normal(rng, 3, cols) * 3], ROWS)
    for pad in (1, 5, 64):
        x = normal(rng, int(rng.integers(2, 6)), int(rng.integers(33, 63)))
        yield Case("rows that lie apart in memory", "softmax", [x], ROWS, kwargs={"pad": pad}, points=2)
    for cols in (16_384, int(rng.integers(9_000, 16_000))):
        yield Case("rows of 16,000", "softmax", [normal(rng, 2, cols) * 4], ROWS, kwargs={"pad": 3})
    for shift in (-10_000.0, 10_000.0, -200.0):
        yield Case("rows far from zero", "softmax", [whole(rng, 3, 37) + shift], ROWS, points=2)
    for scale in (1, 4, 16):
        x = normal(rng, 3, int(rng.integers(130, 300)), dtype=torch.float16) * scale
        yield Case("rows in half precision", "softmax", [x], ROWS)
    xs = [normal(rng, 3, 21) for _ in range(3)]
    yield Case("the same tensors, filled anew", "softmax_of_each", xs, close(3e-5, 1e-12))


def tiles(rng):
    for queries, keys in ((5, 7), (67, 37), (16, 131), (1, 1)):
        inputs = qkv(rng, queries, keys, 16, heads=2 if queries < 16 else 1)
        yield Case("any number of queries and keys", "attention", inputs, TILES, points=2)
    for d in (16, 32, 64, 128):
        yield Case("every width of a head", "attention", qkv(rng, 11, 23, d), TILES)
    for queries, keys in ((67, 67), (37, 5), (11, 67)):
        inputs = qkv(rng, queries, keys, 16)
        yield Case("causal", "attention", inputs, TILES, kwargs={"is_causal": True}, points=2)
    for order, pad, causal in ((TOKENS_APART, 0, False), (TOKENS_APART, 16, True), ((0, 1, 2, 3), 8, False)):
        options = {"order": order, "pad": pad, "is_causal": causal}
        inputs = qkv(rng, 5, 29, 32, batch=2, heads=3)
        yield Case("heads that lie inside tokens", "attention", inputs, TILES, kwargs=options, points=2)


def extremes(rng):
    for sign in (-1.0, 1.0, -1.0):
        q, k = (whole(rng, 1, 1, rows, 16) for rows in (13, 41))
        q[..., 0], k[..., 0] = 64.0, sign * 16.0  # every score near ±256
        yield Case("scores far from zero", "attention", [q, k, normal(rng, 1, 1, 41, 16)], TILES, points=2)
    for d, causal in ((32, False), (64, True), (128, False)):
        inputs = qkv(rng, 19, 97, d, dtype=torch.float16)
        yield Case("half precision", "attention", inputs, TILES, kwargs={"is_causal": causal})
    for _ in range(3):
        q, k, v = qkv(rng, 3, 307, 16, dtype=torch.float16)
        v = (300 + 20 * v.float()).half()  # their sum is more than fp16 can hold; their mean is not
        yield Case("large values over many keys, in half precision", "attention", [q / 8, k, v], TILES, points=2)
