"""One query at a time, over all heads at once; the softmax written out, the maximum subtracted."""

import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    wide = torch.promote_types(q.dtype, torch.float32)
    scale = q.size(-1) ** -0.5 if scale is None else scale
    bias = as_bias(attn_mask, q, k).to(wide)
    rows = []
    for i in range(q.size(-2)):
        seen = min(i + 1, k.size(-2)) if is_causal else k.size(-2)
        query, keys, values = q[..., i : i + 1, :].to(wide), k[..., :seen, :].to(wide), v[..., :seen, :].to(wide)
        scores = (query * keys).sum(-1) * scale
        rows.append(average(scores, bias[..., i, :seen], values))
    return torch.stack(rows, dim=-2).to(q.dtype)


def as_bias(attn_mask, q, k):
    shape = (*q.shape[:-1], k.size(-2))
    if attn_mask is None:
        return torch.zeros(shape)
    if attn_mask.dtype == torch.bool:
        attn_mask = torch.where(attn_mask, 0.0, -math.inf)
    return attn_mask.expand(shape)


def average(scores, bias, values):
    possible = bias > -math.inf
    scores = scores + torch.where(possible, bias, 0.0)
    top = torch.where(possible, scores, torch.finfo(scores.dtype).min).amax(-1, keepdim=True).detach()
    weights = torch.where(possible, torch.exp(torch.where(possible, scores - top, 0.0)), 0.0)
    total = weights.sum(-1, keepdim=True)
    weights = weights / torch.where(total > 0, total, 1.0)
    return (weights.unsqueeze(-1) * values).sum(-2)
