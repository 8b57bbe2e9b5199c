"""The rule that rates graded work, case by case."""

from dataclasses import replace
from itertools import product

import pytest

from learn.reviews.items import Kind
from learn.reviews.rating import RULE_VERSION, Evidence, Rating, Reason, rate

PASSED = Evidence(solved=True, active_seconds=300, own_median=300, own_times=8)
RIGHT = Evidence(kind=Kind.QUESTION, solved=True)


@pytest.mark.parametrize(
    "evidence, rating, reason",
    [
        (PASSED, Rating.GOOD, Reason.FIRST_TRY),
        (Evidence(solved=True), Rating.GOOD, Reason.FIRST_TRY),  # no times known at all
        (replace(PASSED, revealed=True), Rating.AGAIN, Reason.REVEALED),
        (replace(PASSED, gave_up=True), Rating.AGAIN, Reason.GAVE_UP),
        (replace(PASSED, solved=False), Rating.AGAIN, Reason.UNSOLVED),
        (replace(PASSED, solved=False, ended=False), None, Reason.UNSOLVED),
        (replace(PASSED, hint_level=3), Rating.AGAIN, Reason.HINT_WITH_CODE),
        (replace(PASSED, failed_attempts=4), Rating.AGAIN, Reason.MANY_FAILURES),
        (replace(PASSED, failed_attempts=3), Rating.HARD, Reason.SOME_FAILURES),
        (replace(PASSED, failed_attempts=1), Rating.HARD, Reason.SOME_FAILURES),
        (replace(PASSED, hint_level=1), Rating.HARD, Reason.HINT),
        (replace(PASSED, active_seconds=751), Rating.HARD, Reason.SLOW),
        (replace(PASSED, active_seconds=750), Rating.GOOD, Reason.FIRST_TRY),
        (replace(PASSED, active_seconds=149), Rating.EASY, Reason.QUICK),
        (replace(PASSED, active_seconds=150), Rating.GOOD, Reason.FIRST_TRY),
        (replace(PASSED, active_seconds=149, first_exposure=True), Rating.GOOD, Reason.FIRST_TRY),
        (replace(PASSED, active_seconds=149, pasted=True), Rating.GOOD, Reason.PASTED),
        (replace(PASSED, active_seconds=900, pasted=True), Rating.HARD, Reason.SLOW),
        (replace(PASSED, active_seconds=100, own_times=4), Rating.GOOD, Reason.FIRST_TRY),  # too few, no cohort
        (replace(PASSED, active_seconds=100, own_times=4, cohort_median=300), Rating.EASY, Reason.QUICK),
        (replace(PASSED, our_fault=True), None, Reason.OUR_FAULT),
        (replace(PASSED, cancelled=True), None, Reason.CANCELLED),
        (replace(PASSED, graded_anew=True), None, Reason.GRADED_ANEW),
        (replace(PASSED, same_code=True), None, Reason.SAME_CODE),
        (RIGHT, Rating.GOOD, Reason.RIGHT),
        (replace(RIGHT, active_seconds=1, cohort_median=30), Rating.GOOD, Reason.RIGHT),  # a quick guess is no Easy
        (replace(RIGHT, active_seconds=90, cohort_median=30), Rating.HARD, Reason.SLOW),
        (replace(RIGHT, solved=False), Rating.AGAIN, Reason.WRONG),
        (replace(RIGHT, changed=True), Rating.HARD, Reason.CHANGED),
        (replace(RIGHT, unsure=True), Rating.HARD, Reason.UNSURE),
        (replace(RIGHT, key_part_failed=True), Rating.AGAIN, Reason.KEY_PART),
        (replace(RIGHT, revealed=True), Rating.AGAIN, Reason.REVEALED),
    ],
)
def test_what_evidence_deserves(evidence, rating, reason):
    rated = rate(evidence)

    assert (rated.rating, rated.reason, rated.version) == (rating, reason, RULE_VERSION)


ALL = [
    Evidence(kind=kind, solved=solved, revealed=revealed, hint_level=hints, failed_attempts=failed,
             active_seconds=seconds, own_median=100, own_times=9, our_fault=fault)
    for kind, solved, revealed, hints, failed, seconds, fault in product(
        Kind, (True, False), (True, False), range(4), range(6), (None, 10, 100, 1000), (True, False)
    )
]  # fmt: skip


def test_our_own_faults_never_rate():
    assert {rate(evidence).rating for evidence in ALL if evidence.our_fault} == {None}


def test_unsolved_work_is_never_recalled():
    """Hard counts as recalled: a failure rated Hard would make all intervals too long."""
    ratings = {rate(evidence).rating for evidence in ALL if not evidence.solved and not evidence.our_fault}

    assert ratings == {Rating.AGAIN}


def test_time_moves_a_grade_by_one_step_at_most():
    for evidence in ALL:
        with_time, without = rate(evidence).rating, rate(replace(evidence, active_seconds=None)).rating
        assert with_time == without or abs(with_time - without) == 1


def test_more_failures_never_rate_better():
    for evidence in ALL:
        more = rate(replace(evidence, failed_attempts=evidence.failed_attempts + 1)).rating
        assert more == rate(evidence).rating or more < rate(evidence).rating


def test_evidence_survives_the_log_and_fields_of_a_later_version():
    stored = {**PASSED.to_dict(), "kind": "exercise", "mood": "bright"}

    assert Evidence.from_dict(stored) == PASSED
