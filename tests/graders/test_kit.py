"""Checks: what differs is found and named; what is right passes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graders.kit import Asked, alike, all_of, close, equal, mismatch, show
from graders.values import Unsupported

NOTHING = Asked((), {})


def kind(got, want, check=None):
    found = (check or close())(got, want, NOTHING)
    return found and found.kind


t = torch.tensor


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (t([1.0]), t([1.0]), None),
        (t([1.0 + 5e-6]), t([1.0]), None),
        (t([1.001]), t([1.0]), "value"),
        (t([1.0], dtype=torch.float64), t([1.0]), "dtype"),
        (t([[1.0]]), t([1.0]), "shape"),
        (t(1.0), t([1.0]), "shape"),
        (np.array([1.0]), t([1.0], dtype=torch.float64), "type"),
        ([1.0], t([1.0]), "type"),
        (t([math.nan]), t([1.0]), "nan"),
        (t([math.nan]), t([math.nan]), None),
        (t([1.0]), t([math.nan]), "value"),
        (t([math.inf]), t([math.inf]), None),
        (t([math.inf]), t([-math.inf]), "value"),
        (t([1e30]), t([math.inf]), "value"),
        (t([math.inf]), t([1.0]), "value"),
        (t([1, 2]), t([1, 3]), "value"),
        (t([True]), t([1]), "dtype"),
        ([1, 2], [1, 2, 3], "structure"),
        ([1, 2], (1, 2), "type"),
        ({"a": 1}, {"b": 1}, "structure"),
        ({"a": t([1.0])}, {"a": t([2.0])}, "value"),
        (1, 1.0, None),
        (True, 1.0, "type"),
        (math.nan, 1.0, "nan"),
        ("a", "b", "value"),
        (None, t([1.0]), "type"),
        (Unsupported("Odd"), 1, "type"),
        (torch.zeros(0, 3), torch.zeros(0, 3), None),
    ],
)
def test_close(got, want, expected):
    assert kind(got, want) == expected


@given(st.floats(allow_nan=True, allow_infinity=True, width=32), st.floats(allow_nan=True, width=32))
def test_a_float_and_a_tensor_of_it_are_judged_alike(got, want):
    as_tensors = kind(t([got], dtype=torch.float64), t([want], dtype=torch.float64))

    assert (as_tensors is None) == (kind(float(got), float(want)) is None)


def test_zeros_do_not_pass_for_small_values():
    want = torch.full((4,), 4e-6)

    assert kind(torch.zeros(4), want, close(rtol=1e-5, atol=0)) == "value"


def test_the_worst_place_and_the_share_are_told():
    found = close()(t([1.0, 5.0, 3.0]), t([1.0, 2.0, 3.0]), NOTHING)

    assert found.details["at"] == [1]
    assert found.details["max_error"] == "3"
    assert found.details["share"] == pytest.approx(1 / 3)


def test_equal_allows_no_difference():
    assert kind(t([1.0 + 1e-6]), t([1.0]), equal()) == "value"


def test_the_first_mismatch_of_several_checks_counts():
    mine = mismatch("property", en="never", zh="从不")

    assert all_of(close(), lambda *_: mine)(1, 1, NOTHING) is mine
    assert kind(1, 2, all_of(close(), lambda *_: mine)) == "value"


def test_answers_that_round_differently_in_half_precision_are_alike():
    exact = torch.linspace(-3, 3, 50)
    one, other = exact.bfloat16(), (exact + 0.03).bfloat16()

    assert kind(one, other) == "value"
    assert alike({"out": [one]}, {"out": [other]})
    assert not alike(one, -other)
    assert not alike(one, one.float())
    assert not alike([one], [one, one])


def test_single_precision_is_compared_closely_even_for_a_hint():
    assert alike(t([1.0 + 5e-6]), t([1.0]))
    assert not alike(t([1.01]), t([1.0]))
    assert alike(3, 3) and not alike(3, 4)


def test_showing_is_bounded():
    assert len(show([torch.rand(100, 100)] * 50)) <= 1200
    assert show({"a": None}) == "{'a': None}"
