"""Right, and hopeless: every product of two numbers is a Python call of its own."""

import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    scale = 1 / math.sqrt(q.size(-1)) if scale is None else scale
    wide = torch.promote_types(q.dtype, torch.float32)
    shape = (*q.shape[:-1], k.size(-2))
    flat_q, flat_k = q.reshape(-1, *q.shape[-2:]), k.reshape(-1, *k.shape[-2:])
    scores = []
    for head_q, head_k in zip(flat_q, flat_k, strict=True):
        for one_q in head_q:
            for one_k in head_k:
                scores.append(sum(a * b for a, b in zip(one_q.to(wide), one_k.to(wide), strict=True)) * scale)
    scores = torch.stack(scores).reshape(shape)
    allowed = torch.ones(shape, dtype=torch.bool)
    if is_causal:
        allowed = allowed.tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        allowed = allowed & attn_mask
    elif attn_mask is not None:
        allowed = allowed & (attn_mask > -math.inf)
        scores = scores + attn_mask.masked_fill(attn_mask == -math.inf, 0)
    weights = torch.softmax(scores.masked_fill(~allowed, -math.inf), -1).masked_fill(~allowed, 0)
    return (weights @ v.to(weights.dtype)).to(q.dtype)
