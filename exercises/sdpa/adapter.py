"""How `sdpa` is asked. Tensors in, tensors out; runs beside the solution and decides nothing."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F


@contextmanager
def library_switched_off():
    """The library's own attention raises while the solution runs. A reminder, not a lock."""

    def refuse(*args, **kwargs):
        raise RuntimeError("scaled_dot_product_attention is what you write here: build it from smaller operations")

    original = F.scaled_dot_product_attention
    F.scaled_dot_product_attention = refuse
    try:
        yield
    finally:
        F.scaled_dot_product_attention = original


def sdpa(solution, q, k, v, **options):
    with library_switched_off():
        return solution.sdpa(q, k, v, **options)


def gradients(solution, q, k, v, upstream, **options):
    """The output, and what arrives at q, k and v when `upstream` arrives at the output."""
    leaves = {"q": q.requires_grad_(), "k": k.requires_grad_(), "v": v.requires_grad_()}
    # Not the leaves themselves: autograd forbids writing into those, and that is not asked here.
    out = sdpa(solution, *(leaf * 1 for leaf in leaves.values()), **options)
    if not (isinstance(out, torch.Tensor) and out.requires_grad):
        return {"out": out, **dict.fromkeys(leaves)}
    # As a product, and not `grad(out, …, upstream)`, whose first use in a process imports four hundred modules.
    found = torch.autograd.grad((out * upstream).sum(), list(leaves.values()), allow_unused=True)
    return {"out": out, **dict(zip(leaves, found, strict=True))}


def two_endings(solution, q, k, v, other_q, other_k, other_v):
    """Causal attention over two sequences that begin alike."""
    return [sdpa(solution, q, k, v, is_causal=True), sdpa(solution, other_q, other_k, other_v, is_causal=True)]


def from_views(solution, q, k, v, attn_mask):
    """Called with views: heads split off by a transpose, one mask expanded. And what the inputs then hold."""
    q, k, v = (tensor.transpose(-3, -2) for tensor in (q, k, v))
    mask = attn_mask.expand(*q.shape[:-2], *attn_mask.shape)
    out = sdpa(solution, q, k, v, attn_mask=mask)
    return {"out": out, "q": q, "k": k, "v": v, "attn_mask": mask}
