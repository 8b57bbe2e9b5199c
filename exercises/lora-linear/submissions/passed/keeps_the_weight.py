"""The adapter as two functions of x; merging keeps the weight it found and puts it back."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, r, alpha, dropout=0.0, use_rslora=False):
        super().__init__()
        self.base = base
        for parameter in base.parameters():
            parameter.requires_grad = False
        bound = 1 / math.sqrt(base.in_features)
        self.lora_A = nn.Parameter(torch.empty(r, base.in_features).uniform_(-bound, bound))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, r))
        self.s = alpha * (r**-0.5 if use_rslora else 1 / r)
        self.p = dropout
        self.found = None

    @property
    def merged(self):
        return self.found is not None

    def forward(self, x):
        y = F.linear(x, self.base.weight, self.base.bias)
        if not self.merged:
            kept = F.dropout(x, self.p, self.training).to(torch.float32)
            y = y.to(torch.float32) + kept @ self.lora_A.T @ self.lora_B.T * self.s
        return y.to(x.dtype)

    def merge(self):
        if not self.merged:
            self.found = self.base.weight.detach().clone()
            wide = self.found.float() + self.s * (self.lora_B @ self.lora_A).detach()
            self.base.weight.data.copy_(wide)

    def unmerge(self):
        if self.merged:
            self.base.weight.data.copy_(self.found)
            self.found = None
