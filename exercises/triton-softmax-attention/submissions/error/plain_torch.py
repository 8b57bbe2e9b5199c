import torch


def softmax(x, out):
    out.copy_(torch.softmax(x, dim=-1))


def attention(q, k, v, out, is_causal=False):
    out.copy_(torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal))
