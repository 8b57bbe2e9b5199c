"""What is asked of `LoRALinear`. Stays with the judge: only the arguments reach the learner's code.

Random answers (the first A, dropout's mask) are judged by their distribution. All such checks of one
grading together reject a right solution with a probability below 1e-6: every bound is at 5.5 standard
deviations or more, 4e-8 on both sides together, and there are fewer than 20 of them.
"""

import math

import torch

from graders.kit import Case, Step, all_of, close, mismatch

SIGMAS = 5.5


def normal(rng, *shape, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


def layer(rng, d_out, d_in, bias=True, dtype=torch.float32):
    """A base's weight and bias."""
    return [normal(rng, d_out, d_in, dtype=dtype) / math.sqrt(d_in), normal(rng, d_out, dtype=dtype) if bias else None]


def adapter(rng, d_out, d_in, r):
    return [normal(rng, r, d_in) / math.sqrt(d_in), normal(rng, d_out, r)]


def draw_seed(rng):
    return int(rng.integers(2**31))


def scaling(config):
    return config["alpha"] / (math.sqrt(config["r"]) if config.get("use_rslora") else config["r"])


def largest(tensor):
    return tensor.abs().max().item()


def wrong(en, zh, **details):
    return mismatch("property", en=en, zh=zh, **details)


# fp32 within what another order of summation may change: the numbers here are of size 1 to 100.
near = close(rtol=1e-5, atol=5e-5)


# -------------------------------------------------------------------------------- checks: a new layer


def only_the_adapter_is_trained(got, want, asked):
    found, meant = got["parameters"], want["parameters"]
    trained = {name: p["shape"] for name, p in found.items() if p["trained"]}
    expected = {name: p["shape"] for name, p in meant.items() if p["trained"]}
    if trained != expected:
        return wrong(
            f"Trained parameters should be {expected}: r·(d_in + d_out) numbers. Yours are {trained}.",
            f"可训练参数应为 {expected}，共 r·(d_in + d_out) 个数；你的是 {trained}。",
        )
    for name, parameter in meant.items():
        if found.get(name) != parameter:
            return wrong(
                f"The parameter {name} should be {parameter}, and is {found.get(name)}.",
                f"参数 {name} 应为 {parameter}，实际是 {found.get(name)}。",
            )


def changes_nothing_yet(got, want, asked):
    weight, bias, _, x = asked.args
    base = torch.nn.functional.linear(x, weight, bias)
    found = near(got["output"], base, asked)
    if found is not None and found.kind == "value":
        return wrong(
            "A new adapter should change nothing: the layer's first output should be the base's.",
            "新加的适配器不应改变任何东西：层最初的输出应与基座层相同。",
            max_error=largest(got["output"] - base),
        )
    return found


def starts_as_agreed(got, want, asked):
    if largest(got["B"]) != 0:
        return wrong("B should begin as zeros.", "B 应初始化为零。")
    found = kaiming_uniform(got["A"])
    if found is None and asked.before and torch.equal(got["A"], asked.before[0][0]["A"]):
        found = wrong("Two new layers begin with the same A.", "两个新建的层，A 竟然完全相同。")
    return found


def kaiming_uniform(A):
    """Uniform on ±1/√d_in, by its bounds, mean and mean square; and no row a copy of others."""
    r, d_in = A.shape
    n, bound = A.numel(), 1 / math.sqrt(d_in)
    u = A.double() / bound
    # A uniform u on ±1 has E u² = 1/3 and Var u² = 4/45; 0.97 to the power n is below 1e-20 here.
    mean_ok = abs(u.mean().item()) <= SIGMAS * math.sqrt(1 / 3 / n)
    square_ok = abs((u**2).mean().item() - 1 / 3) <= SIGMAS * math.sqrt(4 / 45 / n)
    if not (largest(u) <= 1 + 1e-6 and largest(u) >= 0.97 and mean_ok and square_ok):
        return wrong(
            f"A should begin uniform on ±1/√d_in = ±{bound:.4f} (kaiming_uniform_ with a = √5); yours spans "
            f"{A.min().item():.4f} to {A.max().item():.4f} with a mean square of {(A**2).mean().item():.2e}.",
            f"A 的初值应在 ±1/√d_in = ±{bound:.4f} 上均匀分布（kaiming_uniform_，a = √5）；你的取值范围是 "
            f"{A.min().item():.4f} 到 {A.max().item():.4f}，均方为 {(A**2).mean().item():.2e}。",
        )
    if torch.linalg.matrix_rank(A.double()) < r:
        return wrong("The rows of A should be independent of each other.", "A 的各行应互相独立。")


# ------------------------------------------------------------------------------------ checks: learning


def gradients_where_they_belong(got, want, asked):
    for name in got:
        if name.startswith("base.") and got[name] is not None:
            return wrong(
                f"{name} received a gradient: the base should be frozen.", f"{name} 收到了梯度：基座应当冻结。"
            )
    for name in ("A", "B", "x"):
        if got[name] is None:
            return wrong(f"No gradient reaches {name}.", f"没有梯度传到 {name}。")


def learns_by_the_adapter_alone(got, want, asked):
    weight, bias, config, x, target, steps, rate = asked.args
    if not torch.equal(got["base"], weight):
        return wrong("Training moved the base's weight.", "训练改动了基座的权重。")
    if largest(got["B"]) == 0:
        return wrong(
            "After three steps of training B is still zero: with this beginning nothing can be learned.",
            "训练三步之后 B 仍为零：这样的初始化什么也学不到。",
        )
    A, B = descend(weight, bias, scaling(config), got["A at first"], x, target, steps, rate)
    found = close(rtol=1e-4, atol=1e-5)({"A": got["A"], "B": got["B"]}, {"A": A, "B": B}, asked)
    return found or close(rtol=1e-4, atol=1e-5)(got["merged"], (weight + scaling(config) * B @ A), asked)


def descend(weight, bias, s, A, x, target, steps, rate):
    """The same steps of gradient descent, from the learner's own first A, by the formula and in fp64."""
    A, B = A.double(), torch.zeros(weight.size(0), A.size(0), dtype=torch.float64)
    x, error_of = x.double(), lambda A, B: base + s * (x @ A.T) @ B.T - target.double()
    base = x @ weight.double().T + (0 if bias is None else bias.double())
    for _ in range(steps):
        upstream = 2 * error_of(A, B) / target.numel()
        grad_A, grad_B = s * (upstream @ B).T @ x, s * upstream.T @ (x @ A.T)
        A, B = A - rate * grad_A, B - rate * grad_B
    return A.float(), B.float()


# ------------------------------------------------------------------------------------ checks: merging


def rank_at_most_r(got, want, asked):
    weight, r = asked.args[0], asked.args[2]["r"]
    merged = next(step["weight"] for step in got["steps"] if step["step"] == "merge")
    values = torch.linalg.svdvals((merged - weight).double())
    rank = int((values > 1e-4 * values[0] + 1e-5).sum())
    if rank > r:
        return wrong(f"What merging adds has rank {rank}; r is {r}.", f"合并加上的更新秩为 {rank}，而 r 是 {r}。")


SEEN = (("merged", "the flag", "标志"), ("weight", "the base's weight", "基座的权重"), ("output", "the output", "输出"))


def each_step_as_agreed(got, want, asked):
    for number, (mine, meant) in enumerate(zip(got["steps"], want["steps"], strict=True), start=1):
        path = " → ".join(asked.args[-1][:number])
        for name, en, zh in SEEN:
            found = near(mine[name], meant[name], asked)
            if found is not None:
                return wrong(
                    f"After {path}, {en} is not what it should be. {found.message}",
                    f"{path} 之后，{zh}不对。",
                    **found.details,
                )


def within_the_rounding_of_the_base(got, want, asked):
    """Merging into bf16 rounds. At most twice the error of the plain way to do it, after each step, or what
    one exact rounding a step may cost: by chance the plain way can lose less than that."""
    weight, _, config, A, B, *_ = asked.args
    update = scaling(config) * B.double() @ A.double()
    there = weight + update.to(weight.dtype)
    back = there - update.to(weight.dtype)
    exact = {"merge": (weight.double() + update, there), "unmerge": (weight.double(), back)}
    half = 1.01 * torch.finfo(weight.dtype).eps / 2
    once = half * largest(there.double())
    rounded = {"merge": once, "unmerge": once + half * largest(weight.double())}
    for step in got["steps"]:
        if step["weight"].dtype != weight.dtype:
            return mismatch(
                "dtype", en="Merging changed the dtype of the base's weight.", zh="合并改变了基座权重的 dtype。"
            )
        target, plain = exact[step["step"]]
        error = largest(step["weight"].double() - target)
        allowed = max(2 * largest(plain.double() - target), rounded[step["step"]]) + 1e-5
        if not (error <= allowed):
            return mismatch(
                "value",
                en=f"After {step['step']} the weight is off by {error:.2g}; rounding explains {allowed:.2g}.",
                zh=f"{step['step']} 之后权重偏差 {error:.2g}；舍入只能解释 {allowed:.2g}。",
            )


# --------------------------------------------------------------------------- checks: dropout, precision


def drops_on_the_adapters_path(got, want, asked):
    """A is two unit matrices on top of each other, B one: what the adapter adds shows the dropped x, twice."""
    weight, bias, config, _, _, x = asked.args
    if not torch.equal(got["x"], x):
        return wrong("Dropout changed the caller's x.", "dropout 改动了调用者的 x。")
    p, base = config["dropout"], torch.nn.functional.linear(x.double(), weight.double(), bias.double())
    added = (got["training"].double() - base) / scaling(config)
    one, other = added[:, : x.size(1)], added[:, x.size(1) :]
    dropped = (one.abs() <= 1e-3) & (other.abs() <= 1e-3)
    kept = ((one - x / (1 - p)).abs() <= 1e-3) & ((other - x / (1 - p)).abs() <= 1e-3)
    if not (dropped | kept).all():
        return wrong(
            "While training, what is added to the base's full output is not the adapter applied to dropout(x).",
            "训练时，在基座完整输出之上加的，并不是适配器作用于 dropout(x) 的结果。",
        )
    n, count = x.numel(), int(dropped.sum())
    if not (abs(count - n * p) <= SIGMAS * math.sqrt(n * p * (1 - p))):
        return wrong(
            f"Of {n} entries {count} were dropped; dropout = {p} means about {n * p:.0f}.",
            f"{n} 个元素中丢弃了 {count} 个；dropout = {p} 意味着大约 {n * p:.0f} 个。",
        )
    return near(got["evaluating"], want["evaluating"], asked)


def as_exact_as_low_precision_can(got, want, asked):
    found = close(rtol=0, atol=math.inf)(got, want, asked)  # shape, dtype, NaN
    if found is not None:
        return found
    weight, bias, config, A, B, x = asked.args
    s, dtype = scaling(config), x.dtype
    exact = x.double() @ weight.double().T + bias.double() + s * (x.double() @ A.double().T) @ B.double().T
    plain = torch.nn.functional.linear(x, weight, bias) + s * ((x @ A.to(dtype).T) @ B.to(dtype).T)
    error, allowed = largest(got.double() - exact), 2 * largest(plain.double() - exact) + 1e-5
    if not (error <= allowed):
        return mismatch(
            "value",
            en=f"The error against exact arithmetic is {error:.2g}; this dtype by itself explains {allowed:.2g}.",
            zh=f"与精确计算相比误差为 {error:.2g}；用该精度直接计算也能保持在 {allowed:.2g} 以下。",
        )


# -------------------------------------------------------------------------------------------- cases


def samples(rng):
    weight, bias = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0.5, 0.0])
    A, B, x = torch.tensor([[1.0, -1.0]]), torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0, 1.0]])
    yield Case("two numbers in, two out, rank one", "forward", [weight, bias, {"r": 1, "alpha": 2}, A, B, x])
    args = [weight, bias, {"r": 1, "alpha": 2}, A, B, x, ["merge", "unmerge"]]
    check = all_of(only_the_adapter_is_trained, each_step_as_agreed, close())
    yield Case("the same, merged and unmerged", "life", args, check)
    args = [*layer(rng, 3, 5), {"r": 2, "alpha": 6, "seed": 1}, normal(rng, 4, 5)]
    yield Case("a new layer", "fresh", args, all_of(changes_nothing_yet, only_the_adapter_is_trained))


def cases(rng):
    yield from beginnings(rng)
    yield from outputs(rng)
    yield from learning(rng)
    yield from merging(rng)
    yield from dropping(rng)
    yield from precisions(rng)


def beginnings(rng):
    for bias, leading in ((True, (7,)), (False, (2, 3)), (True, ())):
        config = {"r": 3, "alpha": 16, "seed": draw_seed(rng)}
        args = [*layer(rng, 13, 11, bias), config, normal(rng, *leading, 11)]
        yield Case("a new layer changes nothing yet", "fresh", args, changes_nothing_yet)
        yield Case("what is trained and what is frozen", "fresh", args, only_the_adapter_is_trained)
    for _ in range(3):
        base, x = layer(rng, 13, 193), normal(rng, 2, 193)
        one, other = ([*base, {"r": 11, "alpha": 4, "seed": draw_seed(rng)}, x] for _ in range(2))
        yield Case("how A and B begin", "fresh", other, starts_as_agreed, before=[Step("fresh", one)])


def outputs(rng):
    for r, alpha, bias, leading in ((4, 16, True, (7,)), (5, 2.5, False, (2, 3)), (1, 3, True, ())):
        config, x = {"r": r, "alpha": alpha}, normal(rng, *leading, 11)
        args = [*layer(rng, 13, 11, bias), config, *adapter(rng, 13, 11, r), x]
        yield Case("the output, scaled by alpha over r", "forward", args, near, points=2)
    for r in (4, 5, 9):
        config = {"r": r, "alpha": 16, "use_rslora": True}
        args = [*layer(rng, 13, 11), config, *adapter(rng, 13, 11, r), normal(rng, 7, 11)]
        yield Case("rank-stabilised scaling", "forward", args, near)
    for _ in range(3):
        yield Case("B and A are never multiplied with each other", "forward", too_large_to_multiply(rng), near)


def too_large_to_multiply(rng):
    """Whole numbers times 2^±100: the output fits into fp32 with room to spare, an entry of B·A does not."""
    whole = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]
    A, B, x = (torch.from_numpy(rng.choice(whole, shape)).float() for shape in ((4, 11), (13, 4), (7, 11)))
    weight, _ = layer(rng, 13, 11, bias=False)
    return [weight, None, {"r": 4, "alpha": 8}, A * 2.0**100, B * 2.0**100, x * 2.0**-100]


def learning(rng):
    for config in ({"r": 4, "alpha": 16}, {"r": 3, "alpha": 1.5}, {"r": 5, "alpha": 4, "use_rslora": True}):
        x, upstream = normal(rng, 2, 7, 11), normal(rng, 2, 7, 13)
        args = [*layer(rng, 13, 11), config, *adapter(rng, 13, 11, config["r"]), x, upstream]
        check = all_of(gradients_where_they_belong, near)
        yield Case("gradients where they belong", "gradients", args, check, points=2)
    for bias in (True, False, True):
        config = {"r": 2, "alpha": 6, "seed": draw_seed(rng)}
        args = [*layer(rng, 13, 11, bias), config, normal(rng, 17, 11), normal(rng, 17, 13), 3, 0.5]
        yield Case("three steps of training", "train", args, learns_by_the_adapter_alone, points=2)


def merging(rng):
    for plan in ("merge unmerge merge", "merge merge unmerge unmerge", "unmerge merge unmerge"):
        config = {"r": 3, "alpha": 12, "dropout": 0.5}
        args = [*layer(rng, 13, 11), config, *adapter(rng, 13, 11, 3), normal(rng, 7, 11), plan.split()]
        check = all_of(rank_at_most_r, each_step_as_agreed)
        yield Case("merge and unmerge, again and again", "life", args, check, points=2)
        yield Case("merging leaves the base frozen", "life", args, only_the_adapter_is_trained)


def dropping(rng):
    for p in (0.1, 0.25, 0.5):
        unit, d_in = torch.eye(23), 23
        config = {"r": 2 * d_in, "alpha": 3 * d_in, "dropout": p, "seed": draw_seed(rng)}
        x = normal(rng, 101, d_in)
        x = x + 0.1 * torch.sign(x)  # away from zero, so that dropped and kept cannot be confused
        args = [*layer(rng, 2 * d_in, d_in), config, torch.cat([unit, unit]), torch.eye(2 * d_in), x]
        yield Case("dropout on the adapter's path alone", "drop", args, drops_on_the_adapters_path)


def precisions(rng):
    for dtype in (torch.bfloat16, torch.bfloat16, torch.float16):
        base, x = layer(rng, 37, 31, dtype=dtype), normal(rng, 41, 31, dtype=dtype)
        config = {"r": 4, "alpha": 16, "seed": draw_seed(rng)}
        yield Case("a base in half precision", "fresh", [*base, config, x], only_the_adapter_is_trained)
        args = [*base, config, *adapter(rng, 37, 31, 4), x]
        yield Case("a base in half precision", "forward", args, as_exact_as_low_precision_can)
        plan = ["merge", "unmerge"]
        yield Case("merging into half precision", "life", [*args, plan], within_the_rounding_of_the_base)
