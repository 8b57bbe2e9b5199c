import torch


def quant(x: torch.Tensor, bits: int = 8, scheme: str = "absmax", axis: int | None = None) -> dict:
    """x → {"codes": int8, "scale": float32, "zero_point": int32}."""
    ...


def dequant(q: dict) -> torch.Tensor:
    """What `quant` returned → float32, in the shape of the codes."""
    ...
