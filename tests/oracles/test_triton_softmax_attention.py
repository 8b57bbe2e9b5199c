"""Our kernels against torch, in Triton's interpreter; and that a compiler for accelerators takes all that we ship."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from tests.oracles.loading import EXERCISES, reference  # noqa: E402

FOLDER = EXERCISES / "triton-softmax-attention"
library = torch.nn.functional.scaled_dot_product_attention
close = torch.testing.assert_close
SEEDS = range(20)


@pytest.fixture(scope="module")
def kernels():
    return reference("triton-softmax-attention")


def loaded(name):
    spec = importlib.util.spec_from_file_location(f"{name}_of_triton", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sizes(seed, *highest):
    torch.manual_seed(seed)
    return [int(torch.randint(1, high + 1, ())) for high in highest]


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_is_torchs(kernels, seed):
    rows, cols = sizes(seed, 5, 700)
    x = torch.randn(rows, cols + 3)[:, :cols] * 5
    out = torch.full_like(x, torch.nan)
    kernels.softmax(x, out)

    close(out, torch.softmax(x, dim=-1))


@pytest.mark.parametrize("seed", SEEDS)
def test_attention_is_torchs_with_any_sizes_strides_and_triangle(kernels, seed):
    batch, heads, queries, keys = sizes(seed, 2, 3, 70, 70)
    d = (16, 32, 64, 128)[seed % 4]
    q, k, v = (torch.randn(batch, n, heads, d).transpose(1, 2) for n in (queries, keys, keys))
    out = torch.full_like(q, torch.nan)
    kernels.attention(q, k, v, out, is_causal=bool(seed % 2))

    close(out, library(q, k, v, is_causal=bool(seed % 2)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_half_precision_is_as_near_as_torchs_own(kernels, seed):
    queries, keys = sizes(seed, 40, 200)
    q, k, v = (torch.randn(1, 2, n, 64).half() for n in (queries, keys, keys))
    out = torch.empty_like(q)
    kernels.attention(q, k, v, out)
    exact = library(q.double(), k.double(), v.double())

    error, theirs = ((one.double() - exact).abs().max() for one in (out, library(q, k, v)))
    assert error <= 2 * theirs + 1e-5


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_allowed_leaves_room_for_the_products_of_an_accelerator(seed):
    """In place of one: factors cut off or rounded to TF32, weights before or after they are divided."""
    cases = loaded("cases")
    torch.manual_seed(seed)
    q, k, v = (torch.randn(1, 1, n, 32) for n in (23, 61, 61))
    asked = cases.Case("", "", [q, k, v])
    for truncate in (False, True):
        for late in (False, True):
            coarse = cases.plain(
                *(tensor.double() for tensor in (q, k, v)),
                False,
                lambda x, t=truncate: cases.rounded_to_tf32(x, t),
                late,
            )
            assert cases.as_exact_as_its_products({"out": coarse.float()}, None, asked) is None
    half = library(q.half(), k.half(), v.half()).float()
    assert (half - coarse).abs().max() > 0  # and yet it is not everything that is allowed:
    assert cases.as_exact_as_its_products({"out": half + 0.01}, None, asked) is not None


def test_the_adapter_puts_something_else_around_every_tensor():
    adapter = loaded("adapter")
    for order in ((0, 1, 2, 3), (0, 2, 1, 3)):
        memory, view = adapter.within((2, 3, 5, 16), order, 77.0, torch.float32, pad=4)
        view.fill_(1.0)

        assert view.shape == (2, 3, 5, 16) and view.stride(-1) == 1
        assert int((memory == 1.0).sum()) == view.numel()
        assert memory[: view.storage_offset()].numel() and bool((memory[-128:] == 77.0).all())


def test_a_compiler_for_accelerators_takes_every_kernel_that_we_ship(tmp_path):
    """So that a submission is not an error on the one queue and wrong or right on the other."""
    files = [
        FOLDER / "reference.py",
        *sorted(FOLDER.glob("submissions/passed/*")),
        *FOLDER.glob("submissions/failed/*"),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path)
    command = [sys.executable, str(Path(__file__).parent / "compile_kernels.py"), *map(str, files)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)

    assert said.returncode == 0, said.stderr[-2000:]
    assert sorted(said.stdout.split("\n"))[1:] == sorted(f"{path.name}: 3 kernels" for path in files)
