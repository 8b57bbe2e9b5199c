import torch
from torch import nn


class LoRALinear(nn.Module):
    """y = base(x) + s · (dropout(x) Aᵀ) Bᵀ, with A (r, d_in) and B (d_out, r)."""

    def __init__(
        self,
        base: nn.Linear,
        r: int,
        alpha: float,
        dropout: float = 0.0,
        use_rslora: bool = False,
    ):
        super().__init__()
        self.base = base
        ...

    def forward(self, x: torch.Tensor) -> torch.Tensor: ...

    def merge(self) -> None: ...

    def unmerge(self) -> None: ...
