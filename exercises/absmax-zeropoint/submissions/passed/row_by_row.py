"""One slice at a time, each by the plain formula."""

import torch


def one(values, bits, scheme):
    values = values.float()
    top = 2 ** (bits - 1) - 1
    if scheme == "absmax":
        widest = float(values.abs().max())
        scale = torch.tensor(widest) / top if widest else torch.tensor(1.0)
        return torch.round(values / scale).clamp(-top, top), scale, 0
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = torch.tensor(high - low) / (2**bits - 1) if high > low else torch.tensor(1.0)
    zero = int(torch.round(torch.tensor(-low) / scale)) - 2 ** (bits - 1)
    return (torch.round(values / scale) + zero).clamp(-top - 1, top), scale, zero


def quant(x, bits=8, scheme="absmax", axis=None):
    if axis is None:
        codes, scale, zero = one(x, bits, scheme)
        return {
            "codes": codes.to(torch.int8),
            "scale": scale.float(),
            "zero_point": torch.tensor(zero, dtype=torch.int32),
        }
    axis %= x.dim()
    parts = [one(piece, bits, scheme) for piece in x.unbind(axis)]
    shape = [1] * x.dim()
    shape[axis] = len(parts)
    return {
        "codes": torch.stack([codes for codes, _, _ in parts], axis).to(torch.int8),
        "scale": torch.stack([scale for _, scale, _ in parts]).float().reshape(shape),
        "zero_point": torch.tensor([zero for _, _, zero in parts], dtype=torch.int32).reshape(shape),
    }


def dequant(q):
    return q["scale"] * (q["codes"].float() - q["zero_point"].float())
