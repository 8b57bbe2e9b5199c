"""Our adapter against peft's, with the same numbers in both."""

import copy
import math

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from tests.oracles.loading import reference  # noqa: E402

LoRALinear = reference("lora-linear").LoRALinear
close = torch.testing.assert_close
SEEDS = range(15)


class Pair:
    """The same layer twice: ours and peft's, with the same base, A and B, of random sizes."""

    def __init__(self, seed, dtype=torch.float32, dropout=0.0):
        torch.manual_seed(seed)
        d_in, d_out, r, alpha = torch.randint(1, 24, (4,)).tolist()
        rank_stabilised = bool(seed % 2)
        base = torch.nn.Linear(d_in, d_out, bias=seed % 3 > 0, dtype=dtype)
        self.ours = LoRALinear(copy.deepcopy(base), r, alpha, dropout, rank_stabilised)
        config = peft.LoraConfig(
            r=r, lora_alpha=alpha, lora_dropout=dropout, use_rslora=rank_stabilised, target_modules=["0"]
        )
        self.model = peft.get_peft_model(torch.nn.Sequential(base), config)
        self.theirs = self.model.base_model.model[0]
        self.x = torch.randn(5, d_in, dtype=dtype)

    @property
    def their_A(self):
        return self.theirs.lora_A["default"].weight

    @property
    def their_B(self):
        return self.theirs.lora_B["default"].weight

    def trained(self):
        """Both with the same A and B, as if both had learnt."""
        with torch.no_grad():
            self.ours.lora_A.normal_()
            self.ours.lora_B.normal_()
            self.their_A.copy_(self.ours.lora_A)
            self.their_B.copy_(self.ours.lora_B)
        return self


@pytest.mark.parametrize("seed", SEEDS)
def test_the_output_is_pefts(seed):
    pair = Pair(seed).trained()

    close(pair.ours(pair.x), pair.theirs(pair.x), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_number_of_parameters_is_trained(seed):
    pair = Pair(seed)

    ours = sum(p.numel() for p in pair.ours.parameters() if p.requires_grad)

    assert ours == pair.model.get_nb_trainable_parameters()[0]
    assert ours == pair.ours.lora_A.size(0) * sum(pair.ours.base.weight.shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_pefts(seed):
    pair = Pair(seed).trained()
    upstream = torch.randn(5, pair.ours.base.out_features)

    pair.ours(pair.x).backward(upstream)
    pair.theirs(pair.x).backward(upstream)

    close(pair.ours.lora_A.grad, pair.their_A.grad, rtol=1e-5, atol=1e-3)
    close(pair.ours.lora_B.grad, pair.their_B.grad, rtol=1e-5, atol=1e-3)
    assert all(p.grad is None for p in pair.ours.base.parameters())


@pytest.mark.parametrize("seed", SEEDS)
def test_merging_and_unmerging_leave_the_weights_that_peft_leaves(seed):
    pair = Pair(seed).trained()

    for step in ("merge", "unmerge"):
        getattr(pair.ours, step)()
        getattr(pair.theirs, step)()

        close(pair.ours.base.weight, pair.theirs.get_base_layer().weight, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_the_same_dropped_entries_training_gives_the_same_output(seed):
    pair = Pair(seed, dropout=0.5).trained()

    outputs = []
    for layer in (pair.ours.train(), pair.theirs.train()):
        torch.manual_seed(seed)
        outputs.append(layer(pair.x))

    close(*outputs, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("seed", range(8))
def test_beside_a_half_precision_base_the_adapter_stays_in_fp32_as_in_peft(seed, dtype):
    pair = Pair(seed, dtype).trained()

    assert pair.ours.lora_A.dtype == pair.their_A.dtype == torch.float32
    close(pair.ours(pair.x), pair.theirs(pair.x), rtol=2e-2, atol=2e-2)
    pair.ours.merge()
    pair.theirs.merge()
    close(pair.ours.base.weight, pair.theirs.get_base_layer().weight, rtol=2e-2, atol=2e-2)


def test_A_begins_with_pefts_distribution():
    """Both uniform on the same interval: their mean squares differ by less than five standard deviations."""
    torch.manual_seed(0)
    ours = LoRALinear(torch.nn.Linear(400, 3), 64, 1).lora_A
    model = peft.get_peft_model(
        torch.nn.Sequential(torch.nn.Linear(400, 3)), peft.LoraConfig(r=64, target_modules=["0"])
    )
    theirs = model.base_model.model[0].lora_A["default"].weight

    spread = math.sqrt(2 * 4 / 45 / ours.numel()) / 400
    assert abs(ours.square().mean() - theirs.square().mean()).item() < 5 * spread
    assert max(ours.abs().max(), theirs.abs().max()) <= 1 / math.sqrt(400)
