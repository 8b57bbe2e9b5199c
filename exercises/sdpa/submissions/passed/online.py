"""Key by key with a running maximum and a running sum, as Flash Attention does over blocks."""

import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    wide = torch.promote_types(q.dtype, torch.float32)
    scale = 1 / math.sqrt(q.size(-1)) if scale is None else scale
    position = torch.arange(q.size(-2))
    top = torch.full(q.shape[:-1], -math.inf, dtype=wide)
    total = torch.zeros(q.shape[:-1], dtype=wide)
    out = torch.zeros(*q.shape[:-1], v.size(-1), dtype=wide)
    for j in range(k.size(-2)):
        score = (q.to(wide) * k[..., j : j + 1, :].to(wide)).sum(-1) * scale
        allowed = position >= j if is_causal else torch.ones_like(position, dtype=torch.bool)
        if attn_mask is not None:
            column = attn_mask[..., j]
            allowed = allowed & (column if column.dtype == torch.bool else column > -math.inf)
            if column.dtype != torch.bool:
                score = score + column.masked_fill(column == -math.inf, 0).to(wide)
        new_top = torch.where(allowed, torch.maximum(top, score.detach()), top)
        shift = new_top.masked_fill(new_top == -math.inf, 0)
        weight = torch.where(allowed, torch.exp(torch.where(allowed, score - shift, 0)), 0)
        decay = torch.exp(top - shift)
        total = total * decay + weight
        out = out * decay.unsqueeze(-1) + weight.unsqueeze(-1) * v[..., j : j + 1, :].to(wide)
        top = new_top
    return (out / total.masked_fill(total == 0, 1).unsqueeze(-1)).to(q.dtype)
