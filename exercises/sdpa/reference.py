"""Scaled dot-product attention (Vaswani et al., 2017, §3.2.1), with masks and an answer for empty rows."""

import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    """q (…, Sq, D), k (…, Sk, D), v (…, Sk, Dv) → (…, Sq, Dv), in the dtype of q."""
    if scale is None:
        scale = 1 / math.sqrt(q.size(-1))
    # Half precisions are too coarse for the sums inside: compute wide, round once at the end.
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(wide) @ k.to(wide).transpose(-2, -1) * scale  # (…, Sq, Sk)

    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device)
    if is_causal:
        allowed = allowed.tril()  # query i sees keys 0 … i, whatever Sq and Sk are
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        allowed = allowed & attn_mask
    elif attn_mask is not None:
        finite = attn_mask > -math.inf
        allowed = allowed & finite
        scores = scores + attn_mask.to(wide).masked_fill(~finite, 0)

    # A row with nothing allowed would be softmax of nothing, 0/0. It keeps its scores here, so that no
    # NaN ever arises, not even in the gradients, and its output is set to zero below.
    empty = ~allowed.any(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(~(allowed | empty), -math.inf), dim=-1)
    return (weights @ v.to(wide)).masked_fill(empty, 0).to(q.dtype)
