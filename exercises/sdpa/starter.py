import torch


def sdpa(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    is_causal: bool = False,
    scale: float | None = None,
) -> torch.Tensor:
    """Scaled dot-product attention.

    q (…, Sq, D), k (…, Sk, D), v (…, Sk, Dv) → (…, Sq, Dv), in the dtype of q.
    """
    ...
