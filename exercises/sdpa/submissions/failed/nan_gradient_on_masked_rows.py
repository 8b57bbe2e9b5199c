"""Wrong: the NaN of an empty row is repaired in the output, and still flows back through the gradient."""

import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    scale = 1 / math.sqrt(q.size(-1)) if scale is None else scale
    scores = q @ k.transpose(-2, -1) * scale
    bias = torch.zeros(scores.shape, dtype=scores.dtype)
    if is_causal:
        bias = bias.masked_fill(~torch.ones_like(bias, dtype=torch.bool).tril(), -math.inf)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        bias = bias.masked_fill(~attn_mask, -math.inf)
    elif attn_mask is not None:
        bias = bias + attn_mask
    weights = torch.softmax(scores + bias, dim=-1)
    return torch.nan_to_num(weights) @ v
