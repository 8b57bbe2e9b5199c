"""What is asked of `quant` and `dequant`. Stays with the judge: only the arguments reach the learner's code.

The scale is compared with the reference's; zero points and codes are recomputed from the input and the
learner's own zero point, because a value that lies on the border between two codes may go either way.
"""

import torch

from graders.kit import Case, close, mismatch

SLACK = 1e-3  # of a step: what float32 may do to a value on a border


def normal(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape)).to(torch.float32)


# ------------------------------------------------------------------------------------------- checks


def quantised(got, want, asked):
    """codes, scale and zero_point of `quant`; with `back`, also what `dequant` made of them."""
    x, bits = asked.args[0].double(), asked.kwargs.get("bits", 8)
    symmetric = asked.kwargs.get("scheme", "absmax") == "absmax"
    found = same_form(got, want) or close(rtol=2e-6, atol=0.0)(got["scale"], want["scale"], asked)
    if found:
        return found
    scale, zero = want["scale"].double(), got["zero_point"].double()
    top = 2 ** (bits - 1) - 1
    bottom = -top if symmetric else -top - 1
    ideal = torch.zeros_like(scale) if symmetric else -lowest(x, scale) / scale + bottom
    if not bool(((zero - ideal).abs() <= 0.5 + SLACK).all()):
        return mismatch(
            "property",
            en="A zero point is not the code that stands for 0.",
            zh="有一个零点不是代表 0 的那个编码。",
        )
    return codes_fit(got["codes"].double(), (x / scale + zero).clamp(bottom, top), bottom, top) or came_back(
        got, x, scale, zero
    )


def same_form(got, want):
    """Keys, shapes and dtypes; the values are judged elsewhere."""
    if not isinstance(got, dict) or got.keys() != want.keys():
        return close()(got, want, None)
    for name, tensor in want.items():
        blank = torch.zeros_like(tensor)
        other = got[name]
        found = close()(torch.zeros_like(other) if isinstance(other, torch.Tensor) else other, blank, None)
        if found:
            return mismatch(
                found.kind,
                en=f"{name}: {found.message}",
                zh=f"{name}：形状或 dtype 不对，应为 {list(tensor.shape)}、{str(tensor.dtype)[6:]}。",
                **found.details,
            )


def lowest(x, scale):
    """The lower end of the range, zero at most; one for each scale."""
    if scale.dim() == 0:
        return x.amin().clamp(max=0)
    others = [dim for dim in range(x.dim()) if scale.size(dim) == 1 and x.size(dim) != 1]
    return (x.amin(dim=others, keepdim=True) if others else x).clamp(max=0)


def codes_fit(codes, ideal, bottom, top):
    if not bool(((codes >= bottom) & (codes <= top)).all()):
        return mismatch(
            "property",
            en=f"Codes must lie in {bottom} … {top}; yours run from {codes.min():.0f} to {codes.max():.0f}.",
            zh=f"编码应在 {bottom} … {top} 之内，你的编码从 {codes.min():.0f} 到 {codes.max():.0f}。",
        )
    error = (codes - ideal).abs()
    if not bool((error <= 0.5 + SLACK).all()):
        count, worst = int((error > 0.5 + SLACK).sum()), float(error.max())
        return mismatch(
            "property",
            en=f"{count} of {codes.numel()} codes are not the nearest one; the worst is {worst:.2f} steps away.",
            zh=f"{codes.numel()} 个编码中有 {count} 个不是最近的，最差的偏了 {worst:.2f} 步。",
        )


def came_back(got, x, scale, zero):
    if "back" not in got:
        return None
    if not torch.equal(got["x"].double(), x):
        return mismatch("property", en="quant changed its input.", zh="quant 改动了它的输入。")
    meant = (got["codes"].double() - zero) * scale
    back = got["back"].double()
    if not bool(((back - meant).abs() <= 1e-6 * meant.abs() + 1e-9 * scale).all()):
        return mismatch(
            "property",
            en="dequant does not give the values that its codes stand for.",
            zh="dequant 还原出的不是这些编码所代表的值。",
        )
    error = ((back - x).abs() / scale).max().item()
    if not (error <= 0.5 + SLACK):
        return mismatch(
            "property",
            en=f"A value comes back {error:.2f} steps from where it was; half a step is the most that rounding costs.",
            zh=f"有一个值还原后偏了 {error:.2f} 步；舍入至多只应偏半步。",
        )


def zeros_stay(got, want, asked):
    found = quantised(got, want, asked)
    if found is None and bool((got["back"][asked.args[0] == 0] != 0).any()):
        return mismatch("property", en="A zero does not come back as zero.", zh="有一个零还原后不再是零。")
    return found


def small(got, want, asked):
    """The bytes of everything in the dictionary, as they crossed the wire."""
    found = quantised(got, want, asked)
    if found:
        return found
    held = sum(got[name].numel() * got[name].element_size() for name in ("codes", "scale", "zero_point"))
    had = asked.args[0].numel() * asked.args[0].element_size()
    if not (held <= had * 0.26):
        return mismatch(
            "property",
            en=f"{had:,} bytes became {held:,}: {had / held:.2f} times smaller, and at least 3.85 is asked.",
            zh=f"{had:,} 字节变成了 {held:,} 字节：只小了 {had / held:.2f} 倍，要求至少 3.85 倍。",
            bytes=held,
        )


# -------------------------------------------------------------------------------------------- cases


def samples(rng):
    yield Case("absmax of four numbers", "quant", [torch.tensor([0.0, 0.5, -1.0, 2.54])], quantised)
    four = torch.tensor([1.2, -0.4, 3.1, 0.0])
    yield Case("zero point of four numbers", "quant", [four], quantised, kwargs={"scheme": "zeropoint"})
    rows = torch.tensor([[0.1, -0.2, 0.4], [10.0, 30.0, -20.0]])
    yield Case("two rows, a scale each", "quant", [rows], quantised, kwargs={"axis": 0})


def ask(name, x, check=quantised, points=1.0, **options):
    return Case(name, "there_and_back", [x], check, kwargs=options, points=points)


def cases(rng):
    for _ in range(3):
        # Extreme values of either sign: the largest magnitude is negative in about half of the draws.
        yield ask("absmax, the whole tensor", normal(rng, 7, 11) * float(rng.uniform(0.01, 100)))
    yield ask("absmax, the whole tensor", torch.tensor([0.3, -5.0, 1.0]))
    for _ in range(3):
        shifted = normal(rng, 7, 11) + float(rng.uniform(-1, 1))
        yield ask("zero point, the whole tensor", shifted, scheme="zeropoint")
    yield from channels(rng)
    yield from edges(rng)
    yield from formats(rng)


def channels(rng):
    spread = torch.from_numpy(10.0 ** rng.uniform(-3, 3, (5, 1, 1))).float()
    for axis in (0, 1, -1):
        yield ask("absmax, one scale per channel", normal(rng, 5, 7, 11) * spread, axis=axis, points=2)
        shifted = normal(rng, 5, 7, 11) + spread.log10()
        yield ask("zero point, one pair per channel", shifted, axis=axis, scheme="zeropoint", points=2)
    outlier = normal(rng, 6, 13)
    outlier[rng.integers(6)] *= 1000
    yield ask("an outlier row costs no other row its precision", outlier, axis=0)


def edges(rng):
    positive = torch.from_numpy(rng.uniform(3, 5, (4, 9))).float()
    for x in (positive, -positive):
        for axis in (None, 0):
            yield ask("only positive, only negative", x, zeros_stay, scheme="zeropoint", axis=axis)
            yield ask("only positive, only negative", x, axis=axis)
    sparse = normal(rng, 8, 9) * torch.from_numpy(rng.random((8, 9)) < 0.5)
    for scheme in ("absmax", "zeropoint"):
        yield ask("zero comes back as zero", sparse + 0.0, zeros_stay, scheme=scheme)
        rows = normal(rng, 4, 5)
        rows[rng.integers(4)] = 0
        yield ask("all zeros, and rows of zeros", torch.zeros(3, 5), zeros_stay, scheme=scheme)
        yield ask("all zeros, and rows of zeros", rows, zeros_stay, scheme=scheme, axis=0)
        for value in (float(rng.uniform(0.1, 9)), float(rng.uniform(-9, -0.1))):
            yield ask("constant tensors", torch.full((3, 4), value), scheme=scheme)
    # Range 255 and step 1: low and high both lie on a border, and rounding both up gives 256 steps.
    yield ask("the top code does not wrap around", torch.tensor([-101.5, 0.0, 153.5]), scheme="zeropoint")
    yield ask("the top code does not wrap around", torch.tensor([-1.0, 1.0, 0.996]))


def formats(rng):
    for bits in (4, 2):
        for scheme in ("absmax", "zeropoint"):
            yield ask("four bits and two", normal(rng, 5, 8), bits=bits, scheme=scheme, axis=0)
    for dtype in (torch.bfloat16, torch.float16):
        for scheme in ("absmax", "zeropoint"):
            yield ask("half precisions", normal(rng, 6, 33).to(dtype), scheme=scheme, axis=0)
    yield foreign(rng)
    yield ask("a matrix in a quarter of its bytes", normal(rng, 64, 256), small, scheme="zeropoint", axis=0, points=2)


def foreign(rng):
    q = {
        "codes": torch.from_numpy(rng.integers(-128, 128, (4, 6))).to(torch.int8),
        "scale": torch.from_numpy(rng.uniform(0.01, 2, (4, 1))).float(),
        "zero_point": torch.from_numpy(rng.integers(-128, 128, (4, 1))).to(torch.int32),
    }
    return Case("codes that another program wrote", "dequant", [q], close())
