"""Reduces the axis that should keep its scales."""

import torch


def quant(x, bits=8, scheme="absmax", axis=None):
    """x → codes (int8, shape of x), scale (float32), zero_point (int32); one pair, or one per index of `axis`."""
    wide = x.to(torch.float32)
    others = None if axis is None else [dim for dim in range(x.dim()) if dim == axis % x.dim()]
    top = 2 ** (bits - 1) - 1

    if scheme == "absmax":
        bottom, span = -top, reduced(wide.abs(), others, torch.amax)
        scale = span / top
    else:
        bottom = -top - 1
        # The range takes zero in, so that zero is exactly one of the codes.
        low = reduced(wide, others, torch.amin).clamp(max=0)
        span = reduced(wide, others, torch.amax).clamp(min=0) - low
        scale = span / (2**bits - 1)

    scale = torch.where(span == 0, 1.0, scale)  # nothing but zeros: any scale gives them back
    if scheme == "absmax":
        zero_point = torch.zeros_like(scale, dtype=torch.int32)
    else:
        zero_point = (torch.round(-low / scale) + bottom).to(torch.int32)
    codes = (torch.round(wide / scale) + zero_point).clamp(bottom, top).to(torch.int8)
    return {"codes": codes, "scale": scale, "zero_point": zero_point}


def reduced(x, dims, reduce):
    """Over all dimensions to a scalar, or over `dims`, which stay with size 1."""
    if dims is None:
        return reduce(x)
    return reduce(x, dim=dims, keepdim=True) if dims else x


def dequant(q):
    """What `quant` returned → float32, shape of the codes."""
    return (q["codes"].to(torch.int32) - q["zero_point"]) * q["scale"]
