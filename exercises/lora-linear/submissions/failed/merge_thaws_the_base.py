"""Wrong: merging puts a new parameter in place, and a new parameter is trained."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0, use_rslora=False):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.scaling = alpha / (math.sqrt(r) if use_rslora else r)
        self.dropout = nn.Dropout(dropout)
        self.merged = False

    def forward(self, x):
        result = self.base(x)
        if self.merged:
            return result
        low = F.linear(self.dropout(x).float(), self.lora_A)
        return (result + self.scaling * F.linear(low, self.lora_B)).to(x.dtype)

    @torch.no_grad()
    def update(self):
        return (self.scaling * self.lora_B @ self.lora_A).to(self.base.weight.dtype)

    def merge(self):
        if not self.merged:
            self.base.weight = nn.Parameter(self.base.weight + self.update())
            self.merged = True

    def unmerge(self):
        if self.merged:
            self.base.weight.data -= self.update()
            self.merged = False
