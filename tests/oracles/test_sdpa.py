"""Our attention against torch's own."""

import math

import pytest

torch = pytest.importorskip("torch")

from tests.oracles.loading import reference  # noqa: E402

sdpa = reference("sdpa").sdpa
library = torch.nn.functional.scaled_dot_product_attention
close = torch.testing.assert_close
SEEDS = range(20)


def draw(seed, dtype=torch.float64):
    """Tensors of random sizes: batches, heads, queries, keys, widths."""
    torch.manual_seed(seed)
    batch, heads, queries, keys, d, dv = torch.randint(1, 12, (6,)).tolist()
    q, k, v = (torch.randn(batch, heads, *size, dtype=dtype) for size in ((queries, d), (keys, d), (keys, dv)))
    return q, k, v


def random_mask(q, k, share=0.6):
    return torch.rand(q.size(0), 1, q.size(-2), k.size(-2)) < share


def upstream_gradients(function, q, k, v, **options):
    leaves = [tensor.clone().requires_grad_() for tensor in (q, k, v)]
    out = function(*leaves, **options)
    torch.manual_seed(0)
    return torch.autograd.grad(out, leaves, torch.randn_like(out))


@pytest.mark.parametrize("seed", SEEDS)
def test_plain_attention_is_the_librarys(seed):
    q, k, v = draw(seed)

    close(sdpa(q, k, v), library(q, k, v))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_causal_triangle_is_aligned_as_the_librarys(seed):
    q, k, v = draw(seed)

    close(sdpa(q, k, v, is_causal=True), library(q, k, v, is_causal=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_boolean_masks_agree_and_so_do_empty_rows(seed):
    """Recent torch answers zeros for a row with nothing to attend to; older ones answered NaN."""
    q, k, v = draw(seed)
    mask = random_mask(q, k, share=0.4)

    close(sdpa(q, k, v, attn_mask=mask), library(q, k, v, attn_mask=mask))


@pytest.mark.parametrize("seed", SEEDS)
def test_additive_masks_and_scales_agree(seed):
    q, k, v = draw(seed)
    mask = torch.randn(q.size(-2), k.size(-2), dtype=q.dtype).masked_fill(~random_mask(q, k)[0, 0], -math.inf)

    close(sdpa(q, k, v, attn_mask=mask, scale=0.3), library(q, k, v, attn_mask=mask, scale=0.3))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mask_and_the_causal_flag_are_one_mask(seed):
    q, k, v = draw(seed)
    mask = random_mask(q, k)
    both = mask & torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).tril()

    close(sdpa(q, k, v, attn_mask=mask, is_causal=True), library(q, k, v, attn_mask=both))


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_agree(seed):
    q, k, v = draw(seed)
    mask = random_mask(q, k)
    mask[..., 0] = True

    ours, theirs = (upstream_gradients(function, q, k, v, attn_mask=mask) for function in (sdpa, library))

    close(ours, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_empty_row_passes_back_zeros(seed):
    q, k, v = draw(seed)
    mask = torch.zeros(q.size(-2), k.size(-2), dtype=q.dtype)
    mask[0] = -math.inf

    to_q, to_k, to_v = upstream_gradients(sdpa, q, k, v, attn_mask=mask)

    assert to_q[..., 0, :].eq(0).all()
    assert all(gradient.isfinite().all() for gradient in (to_q, to_k, to_v))


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, *size, dtype=torch.float64, requires_grad=True) for size in ((2, 3), (3, 3), (3, 2)))

    assert torch.autograd.gradcheck(lambda *qkv: sdpa(*qkv, is_causal=True), (q, k, v))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("seed", range(10))
def test_half_precisions_are_no_worse_than_the_librarys(seed, dtype):
    q, k, v = draw(seed, dtype)
    exact = library(q.double(), k.double(), v.double())

    ours, theirs = ((function(q, k, v).double() - exact).abs().max() for function in (sdpa, library))

    assert sdpa(q, k, v).dtype == dtype
    assert ours <= 2 * theirs + 1e-5
