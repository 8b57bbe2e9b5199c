import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x, out, x_row, out_row, cols, BLOCK: tl.constexpr):
    """One program a row, which is tl.program_id(0): load it, normalise it, store it."""
    ...


def softmax(x: torch.Tensor, out: torch.Tensor) -> None:
    """Softmax over the last dimension. x (rows, cols) → out, of the same shape and dtype."""
    rows, cols = x.shape
    softmax_kernel[(rows,)](x, out, x.stride(0), out.stride(0), cols, BLOCK=triton.next_power_of_2(cols))


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, out: torch.Tensor, is_causal: bool = False) -> None:
    """Attention with the scale 1/√D. q (B, H, Sq, D), k and v (B, H, Sk, D) → out, of the shape and dtype of q."""
    ...
