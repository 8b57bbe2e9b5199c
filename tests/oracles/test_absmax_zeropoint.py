"""Our reference against torch's own quantisers, over many random tensors."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

PATH = Path(__file__).parents[2] / "exercises" / "absmax-zeropoint" / "reference.py"
spec = importlib.util.spec_from_file_location("absmax_reference", PATH)
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)


def inputs(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    scales = torch.rand(count, generator=generator) * 10
    return [torch.randn(5, 7, generator=generator) * scale + scale.sin() for scale in scales]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scheme", ["absmax", "zeropoint"])
def test_a_whole_tensor_is_coded_as_torch_does(scheme):
    for x in inputs(200):
        q = reference.quant(x, scheme=scheme)
        theirs = torch.quantize_per_tensor(x, float(q["scale"]), int(q["zero_point"]), torch.qint8)

        codes = theirs.int_repr().int()
        # torch multiplies by the reciprocal: a value on a border may fall to the other side.
        assert (codes - q["codes"].int()).abs().max() <= 1
        assert (codes != q["codes"].int()).float().mean() <= 0.03
        same = codes == q["codes"].int()
        assert torch.allclose(theirs.dequantize()[same], reference.dequant(q)[same], rtol=1e-6, atol=1e-7)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scheme", ["absmax", "zeropoint"])
@pytest.mark.parametrize("axis", [0, 1])
def test_channels_are_coded_as_torch_does(scheme, axis):
    for x in inputs(100):
        q = reference.quant(x, scheme=scheme, axis=axis)
        scales, zeros = q["scale"].flatten().double(), q["zero_point"].flatten().long()
        theirs = torch.quantize_per_channel(x, scales, zeros, axis, torch.qint8)

        assert (theirs.int_repr().int() - q["codes"].int()).abs().max() <= 1
        assert (theirs.int_repr() != q["codes"]).float().mean() <= 0.06


def test_scale_and_zero_point_are_those_of_torchs_observer():
    from torch.ao.quantization import MinMaxObserver

    for x in inputs(100):
        observer = MinMaxObserver(dtype=torch.qint8, qscheme=torch.per_tensor_affine, reduce_range=False)
        observer(x)
        scale, zero_point = observer.calculate_qparams()
        q = reference.quant(x, scheme="zeropoint")

        assert torch.allclose(q["scale"], scale.squeeze(), rtol=1e-6)
        assert int(q["zero_point"]) == int(zero_point)
