"""A linear layer with a low-rank adapter (Hu et al., 2021), merged and unmerged as peft does it."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    """y = base(x) + s · (dropout(x) Aᵀ) Bᵀ with A (r, d_in), B (d_out, r), s = alpha/r or alpha/√r."""

    def __init__(self, base: nn.Linear, r: int, alpha: float, dropout: float = 0.0, use_rslora: bool = False):
        super().__init__()
        self.base = base.requires_grad_(False)
        # The adapter stays in fp32 whatever the base is: its updates are small, and bf16 would round them away.
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features, dtype=torch.float32))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r, dtype=torch.float32))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scaling = alpha / (math.sqrt(r) if use_rslora else r)
        self.dropout = nn.Dropout(dropout)
        self.merged = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result = self.base(x)
        if self.merged:
            return result
        # First down to r numbers, then up: B·A, as large as the base's weight, is never formed here.
        low = F.linear(self.dropout(x).to(self.lora_A.dtype), self.lora_A)
        return (result + self.scaling * F.linear(low, self.lora_B)).to(x.dtype)

    @torch.no_grad()
    def update(self) -> torch.Tensor:
        """What merging adds to the base's weight, in that weight's dtype."""
        return (self.scaling * self.lora_B @ self.lora_A).to(self.base.weight.dtype)

    def merge(self) -> None:
        if not self.merged:
            self.base.weight.data += self.update()
            self.merged = True

    def unmerge(self) -> None:
        if self.merged:
            self.base.weight.data -= self.update()
            self.merged = False
