def sdpa(q, k, v, attn_mask=None, is_causal=False):
    scores = q @ k.transpose(-2, -1)
    scores = scores / q.size(-1) ** 0.5
    weights = scores.softmax(dim=-1)
    return weights @ v
