"""How `LoRALinear` is driven: numbers in, evidence out. Runs beside the solution and decides nothing.

`config` is a dictionary with r and alpha, and perhaps dropout, use_rslora, and the seed for whatever
the layer draws. A and B, where given, replace what the layer began with.
"""

import torch
from torch import nn


def build(solution, weight, bias, config, A=None, B=None):
    base = nn.Linear(weight.size(1), weight.size(0), bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        base.weight.copy_(weight)
        if bias is not None:
            base.bias.copy_(bias)
    options = dict(config)
    torch.manual_seed(options.pop("seed", 0))
    layer = solution.LoRALinear(base, options.pop("r"), options.pop("alpha"), **options)
    with torch.no_grad():
        for parameter, value in ((layer.lora_A, A), (layer.lora_B, B)):
            if value is not None:
                parameter.copy_(value)
    return layer


def parameters_of(layer):
    """Every parameter by name: shape, dtype, and whether it is trained."""
    return {
        name: {"shape": list(p.shape), "dtype": str(p.dtype).removeprefix("torch."), "trained": p.requires_grad}
        for name, p in sorted(layer.named_parameters())
    }


def fresh(solution, weight, bias, config, x):
    """A layer as it begins: its parameters, their values, its output."""
    layer = build(solution, weight, bias, config).eval()
    return {"parameters": parameters_of(layer), "A": layer.lora_A, "B": layer.lora_B, "output": layer(x)}


def forward(solution, weight, bias, config, A, B, x):
    return build(solution, weight, bias, config, A, B).eval()(x)


def gradients(solution, weight, bias, config, A, B, x, upstream):
    """What arrives at each parameter and at x when `upstream` arrives at the output. None: nothing does."""
    layer = build(solution, weight, bias, config, A, B)
    x = x.requires_grad_()
    # As a product, and not `backward(upstream)`, whose first use in a process imports four hundred modules.
    (layer(x) * upstream).sum().backward()
    return {"x": x.grad, "A": layer.lora_A.grad, "B": layer.lora_B.grad} | {
        f"base.{name}": p.grad for name, p in layer.base.named_parameters()
    }


def train(solution, weight, bias, config, x, target, steps, rate):
    """A few steps of gradient descent on whatever the layer says is trained; then merge."""
    layer = build(solution, weight, bias, config).train()
    start = layer.lora_A.detach().clone()
    # By hand: torch.optim imports eight hundred modules when it is first used.
    trainable = [p for p in layer.parameters() if p.requires_grad]
    for _ in range(steps):
        loss = ((layer(x) - target) ** 2).mean()
        gradients = torch.autograd.grad(loss, trainable, allow_unused=True)
        with torch.no_grad():
            for p, gradient in zip(trainable, gradients, strict=True):
                p -= 0 if gradient is None else rate * gradient
    trained = layer.base.weight.detach().clone()
    layer.merge()
    return {"A at first": start, "A": layer.lora_A, "B": layer.lora_B, "base": trained, "merged": layer.base.weight}


def life(solution, weight, bias, config, A, B, x, plan):
    """Merge and unmerge as `plan` says; after each step the weight, the flag and the output."""
    layer = build(solution, weight, bias, config, A, B).train()
    seen = []
    for step in plan:
        getattr(layer, step)()
        output = layer(x) if layer.merged else layer.eval()(x)
        layer.train()
        seen.append(
            {
                "step": step,
                "merged": layer.merged,
                "weight": layer.base.weight.detach().clone(),
                "output": output.detach(),
            }
        )
    return {"steps": seen, "parameters": parameters_of(layer)}


def drop(solution, weight, bias, config, A, B, x):
    """The output while training, with dropout at work, the output while evaluating, and what x holds then."""
    layer = build(solution, weight, bias, config, A, B)
    return {"training": layer.train()(x), "evaluating": layer.eval()(x), "x": x}
