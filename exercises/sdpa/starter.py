import math

import torch


def sdpa(q, k, v, attn_mask=None, is_causal=False, scale=None):
    """Scaled dot-product attention.

    q (…, Sq, D), k (…, Sk, D), v (…, Sk, Dv) → (…, Sq, Dv), in the dtype of q.
    """
    ...
