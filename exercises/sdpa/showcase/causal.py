def sdpa(q, k, v, attn_mask=None, is_causal=False):
    scores = q @ k.mT / q.size(-1) ** 0.5
    if is_causal:
        later = scores.new_ones(scores.shape).triu(1) > 0
        scores = scores.masked_fill(later, -float("inf"))
    return scores.softmax(dim=-1) @ v
