def sdpa(q, k, v, attn_mask=None, is_causal=False):
    scores = q @ k.transpose(-2, -1)
    weights = scores.softmax(dim=-1)
    return weights @ v
