"""The small map of where an answer differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from graders.grade import grade
from graders.heat import LEVELS, MOST_COLUMNS, MOST_ROWS, NOT_FINITE, heat
from graders.protocol import CaseResult, Verdict
from tests.graders.conftest import job


def test_the_largest_difference_has_the_last_level_and_what_is_right_the_first():
    want = np.zeros((2, 3))
    got = want.copy()
    got[1, 2], got[0, 1] = 4.0, 2.0

    assert heat(got, want, "")["rows"] == ["050", "009"]


def test_of_more_than_two_dimensions_it_is_the_matrix_with_the_largest_difference():
    want = np.zeros((2, 3, 2, 2))
    got = want.copy()
    got[0, 0] = 1.0
    got[1, 2, 0, 1] = 5.0

    drawn = heat(got, want, "")

    assert drawn["plane"] == [1, 2] and drawn["covers"] == [2, 2]
    assert drawn["rows"] == ["09", "00"]


def test_a_large_matrix_is_drawn_in_blocks_that_keep_the_largest_difference():
    want = np.zeros((100, 1000))
    got = want.copy()
    got[99, 999] = 1.0

    rows = heat(got, want, "")["rows"]

    assert (len(rows), len(rows[0])) == (MOST_ROWS, MOST_COLUMNS)
    assert rows[-1][-1] == str(LEVELS) and sum(row.count("0") for row in rows) == MOST_ROWS * MOST_COLUMNS - 1


def test_what_is_not_finite_is_marked_as_such():
    want = np.array([1.0, 2.0, np.inf, np.nan])
    got = np.array([np.nan, 2.5, np.inf, np.nan])

    assert heat(got, want, "")["rows"] == [NOT_FINITE + "900"]


def test_the_place_in_a_nested_answer_is_found():
    want = {"out": [np.zeros(2), np.zeros(3)]}
    got = {"out": [np.ones(2), np.array([0.0, 7.0, 0.0])]}

    assert heat(got, want, "['out'][1]")["rows"] == ["090"]
    assert heat(got, want, "['out'][2]") is None


@pytest.mark.parametrize(
    ("got", "want"),
    [(1.0, 2.0), (np.zeros(2), np.zeros(3)), (np.float64(1), np.float64(2)), (np.zeros(0), np.zeros(0)), (None, [])],
)
def test_where_there_is_nothing_to_draw_nothing_is_drawn(got, want):
    assert heat(got, want, "") is None


@given(
    st.data(),
    arrays.array_shapes(min_dims=1, max_dims=4, max_side=40).filter(lambda shape: np.prod(shape) < 5000),
)
def test_whatever_the_arrays_the_map_stays_small_and_well_formed(data, shape):
    numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)
    got, want = (data.draw(arrays.arrays(np.float32, shape, elements=numbers, fill=numbers)) for _ in range(2))

    rows = heat(got, want, "")["rows"]

    assert 1 <= len(rows) <= MOST_ROWS
    assert {len(row) for row in rows} == {min(shape[-1], MOST_COLUMNS)}
    assert set("".join(rows)) <= set("0123456789" + NOT_FINITE)


SEES_ONE = "def scale(x, by):\n    y = x * by\n    y.view(-1)[0] += 1\n    return y\n"


@pytest.fixture
def wrong(cells, scaled) -> Verdict:
    return grade(job(scaled, SEES_ONE), scaled, cells)


def test_a_wrong_sample_brings_its_map_and_a_hidden_case_none(wrong):
    sample, hidden, *_ = wrong.cases

    assert sample.details["heat"]["rows"] == ["90"]
    assert hidden.kind == "value" and "heat" not in hidden.details
    assert CaseResult.from_dict(sample.to_dict()) == sample


def test_the_reference_s_time_comes_with_the_verdict(wrong):
    assert 0 < wrong.receipt["reference_seconds"] < 5
