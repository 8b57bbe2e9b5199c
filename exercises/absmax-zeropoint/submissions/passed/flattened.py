"""The channel axis moved to the front, everything else flattened; float64 inside."""

import torch


def quant(x, bits=8, scheme="absmax", axis=None):
    shape = [1] * x.dim()
    if axis is None:
        flat, shape = x.double().reshape(1, -1), []
    else:
        flat = x.double().movedim(axis, 0).flatten(1)
        shape[axis] = x.size(axis)

    highest = 2 ** (bits - 1) - 1
    if scheme == "absmax":
        lowest, low = -highest, torch.zeros(len(flat), 1).double()
        span = flat.abs().amax(1, keepdim=True)
        scale = span / highest
        zero = torch.zeros_like(low)
    else:
        lowest = -highest - 1
        low, high = flat.aminmax(dim=1, keepdim=True)
        low, high = low.clamp_max(0), high.clamp_min(0)
        span = high - low
        scale = span / (highest - lowest)
        scale[span == 0] = 1
        zero = (-low / scale).round() + lowest
    scale[span == 0] = 1

    codes = ((flat / scale).round() + zero).clamp(lowest, highest)
    if axis is None:
        codes = codes.reshape(x.shape)
    else:
        moved = x.movedim(axis, 0)
        codes = codes.reshape(moved.shape).movedim(0, axis)
    return {
        "codes": codes.to(torch.int8),
        "scale": scale.float().reshape(shape),
        "zero_point": zero.to(torch.int32).reshape(shape),
    }


def dequant(q):
    return torch.sub(q["codes"].int(), q["zero_point"]).float().mul(q["scale"])
