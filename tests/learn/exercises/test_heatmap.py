"""The judge's map of the differences, ready to be drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.protocol import CaseResult, Outcome, Verdict
from learn.exercises import heatmap
from learn.exercises.board import board
from learn.exercises.heatmap import Bar
from learn.exercises.models import Submission

SMALL = {"shape": [2, 3], "plane": [], "covers": [2, 3], "rows": ["055", "0x9"]}


def test_neighbours_of_one_level_are_one_bar_and_what_is_right_is_none():
    drawn = heatmap.read({"heat": SMALL})

    assert drawn.bars == (Bar(10, 0, 20, "5"), Bar(10, 10, 10, "x"), Bar(20, 10, 10, "9"))
    assert (drawn.width, drawn.height) == (30, 20)
    assert drawn.not_finite


def test_who_does_not_see_it_hears_which_rows_and_columns_differ():
    assert heatmap.read({"heat": SMALL}).said == "Map of the differences: in rows 0–1 and columns 1–2."


def test_blocks_are_told_in_the_numbers_of_the_array():
    told = {"shape": [2, 8, 100], "plane": [1], "covers": [8, 100], "rows": ["0009", "0000", "9000", "0000"]}

    drawn = heatmap.read({"heat": told})

    assert drawn.said == "Map of the differences: in rows 0–1, 4–5 and columns 0–24, 75–99."
    assert drawn.caption.startswith("8 × 100 values at [1]")


@pytest.mark.parametrize("told", [None, {}, {"rows": []}, {**SMALL, "covers": []}, {**SMALL, "rows": 3}, "text"])
def test_what_is_no_map_is_not_drawn(told):
    assert heatmap.read({"heat": told}) is None


def verdict(**changes) -> Verdict:
    details = {"max_error": "1.5", "allowed": "1e-05", "at": [1, 1], "share": 0.5, "where": "", "heat": SMALL}
    case = CaseResult("by two", Outcome.FAILED, kind="value", details=details, **changes)
    return Verdict(Outcome.FAILED, 0.0, (case,), seconds=0.01)


def test_a_wrong_sample_is_drawn_and_a_hidden_case_never(send, record, no_broker, signed_in):
    submission = send()
    record(submission, verdict(sample=True))
    page = signed_in.get(f"/exercises/scaled/?submission={submission.pk}").content.decode()
    assert 'aria-label="Map of the differences: in rows 0–1' in page and 'class="off-9"' in page

    hidden = replace(verdict(sample=True), cases=verdict(sample=False).cases)
    Submission.objects.update(report=hidden.to_dict())

    assert board(Submission.objects.get(), {}).rows[0].heatmap is None
