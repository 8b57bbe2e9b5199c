"""The scale goes to A's side, dropout is a mask of our own, merging is one in-place addmm."""

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0, use_rslora=False):
        super().__init__()
        base.weight.requires_grad_(False)
        if base.bias is not None:
            base.bias.requires_grad_(False)
        self.base, self.dropout, self.merged = base, dropout, False
        self.scale = alpha / r**0.5 if use_rslora else alpha / r
        A = torch.empty(r, base.in_features)
        nn.init.kaiming_uniform_(A, a=5**0.5)
        self.lora_A = nn.Parameter(A)
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))

    def thinned(self, x):
        x = x.float()
        if not self.training or self.dropout == 0:
            return x
        return x * (torch.rand_like(x) >= self.dropout) / (1 - self.dropout)

    def forward(self, x):
        y = self.base(x)
        if self.merged:
            return y
        low = torch.einsum("...i,ri->...r", self.thinned(x) * self.scale, self.lora_A)
        return (y + torch.einsum("...r,or->...o", low, self.lora_B)).to(y.dtype)

    @torch.no_grad()
    def add(self, sign):
        weight = self.base.weight
        total = torch.addmm(weight.float(), self.lora_B, self.lora_A, alpha=sign * self.scale)
        weight.copy_(total.to(weight.dtype))

    def merge(self):
        if not self.merged:
            self.add(+1)
        self.merged = True

    def unmerge(self):
        if self.merged:
            self.add(-1)
        self.merged = False
