"""How graded work becomes a rating: one pure, versioned rule over evidence.

A rating says how well something was *recalled*, and the scheduler treats Hard as recalled; so work
that did not succeed is Again. Our own faults never rate. The reason travels with the rating, and
`reasons.py` puts it into words: the learner sees why, and may lower it.
Sources: shared research notes on grading by attempts and time (Runestone's practice tool, Execute
Program); the thresholds are ours and stored with every review under RULE_VERSION.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any

from learn.reviews.items import Kind

RULE_VERSION = 1

SLOW = 2.5  # times the usual active time: one step down
QUICK = 0.5  # of the usual active time: one step up, under conditions
ENOUGH_OWN_TIMES = 5  # before that, the cohort's median says what is usual
TOO_MANY_FAILURES = 4


class Rating(IntEnum):
    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class Reason(StrEnum):
    """Why a rating is what it is; `reasons.py` has the sentences."""

    OUR_FAULT = "our-fault"
    CANCELLED = "cancelled"
    GRADED_ANEW = "graded-anew"
    SAME_CODE = "same-code"
    REVEALED = "revealed"
    GAVE_UP = "gave-up"
    UNSOLVED = "unsolved"
    HINT_WITH_CODE = "hint-with-code"
    MANY_FAILURES = "many-failures"
    SOME_FAILURES = "some-failures"
    HINT = "hint"
    SLOW = "slow"
    QUICK = "quick"
    FIRST_TRY = "first-try"
    PASTED = "pasted"
    WRONG = "wrong"
    KEY_PART = "key-part"
    CHANGED = "changed"
    UNSURE = "unsure"
    RIGHT = "right"
    OWN_RATING = "own-rating"


@dataclass(frozen=True)
class Evidence:
    """What was seen of one piece of graded work. Times are active seconds, never wall time."""

    kind: Kind = Kind.EXERCISE
    solved: bool = False
    # Not the learner's doing: such work is never rated.
    our_fault: bool = False
    cancelled: bool = False
    graded_anew: bool = False  # the same submission, after the exercise was mended
    same_code: bool = False  # the same text as one that was rated before
    # Exercises.
    revealed: bool = False  # the solution was shown before this
    gave_up: bool = False
    ended: bool = True  # False: still being worked on, and so not rated while unsolved
    hint_level: int = 0  # 1 and 2 name the idea, 3 shows code
    failed_attempts: int = 0  # distinct normalised syntax trees that failed a test
    first_exposure: bool = False  # the first time after the lesson
    pasted: bool = False  # the same tree as one's own solution of an earlier day
    # Questions.
    changed: bool = False  # the answer was changed before it was sent
    unsure: bool = False  # the learner said so
    key_part_failed: bool = False  # of a question in parts, the one that matters
    # Time.
    active_seconds: float | None = None
    own_median: float | None = None  # of this family of items
    own_times: int = 0  # how many the own median stands on
    cohort_median: float | None = None

    @property
    def usual_seconds(self) -> float | None:
        """What is usual: one's own median once it stands on enough, else the cohort's."""
        if self.own_times >= ENOUGH_OWN_TIMES and self.own_median:
            return self.own_median
        return self.cohort_median or None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evidence:
        """From a log, of this version or another: fields this one does not know are passed over."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**{**known, "kind": Kind(known.get("kind", Kind.EXERCISE))})


@dataclass(frozen=True)
class Rated:
    """A rating, or None when the work says nothing about memory; and why."""

    rating: Rating | None
    reason: Reason
    version: int = RULE_VERSION


def rate(evidence: Evidence) -> Rated:
    """The rating that evidence deserves, by version 1 of the rule."""
    for said, reason in (
        (evidence.our_fault, Reason.OUR_FAULT),
        (evidence.cancelled, Reason.CANCELLED),
        (evidence.graded_anew, Reason.GRADED_ANEW),
        (evidence.same_code, Reason.SAME_CODE),
    ):
        if said:
            return Rated(None, reason)
    return _rate_answer(evidence) if evidence.kind is not Kind.EXERCISE else _rate_exercise(evidence)


def _rate_exercise(evidence: Evidence) -> Rated:
    if evidence.revealed:
        return Rated(Rating.AGAIN, Reason.REVEALED)
    if evidence.gave_up:
        return Rated(Rating.AGAIN, Reason.GAVE_UP)
    if evidence.hint_level >= 3:
        return Rated(Rating.AGAIN, Reason.HINT_WITH_CODE)
    if evidence.failed_attempts >= TOO_MANY_FAILURES:
        return Rated(Rating.AGAIN, Reason.MANY_FAILURES)
    if not evidence.solved:
        return Rated(Rating.AGAIN if evidence.ended else None, Reason.UNSOLVED)
    if evidence.failed_attempts:
        return Rated(Rating.HARD, Reason.SOME_FAILURES)
    if evidence.hint_level:
        return Rated(Rating.HARD, Reason.HINT)
    return _rate_first_try(evidence)


def _rate_first_try(evidence: Evidence) -> Rated:
    """Passed at once: time may move the grade by one step, and no more."""
    if _took(evidence, more_than=SLOW):
        return Rated(Rating.HARD, Reason.SLOW)
    if evidence.pasted:  # it may have been written anew: short code is often the same
        return Rated(Rating.GOOD, Reason.PASTED)
    if _took(evidence, less_than=QUICK) and not evidence.first_exposure:
        return Rated(Rating.EASY, Reason.QUICK)
    return Rated(Rating.GOOD, Reason.FIRST_TRY)


def _rate_answer(evidence: Evidence) -> Rated:
    """A right choice among few may be a guess: Good, never Easy."""
    if evidence.revealed:
        return Rated(Rating.AGAIN, Reason.REVEALED)
    if evidence.key_part_failed:
        return Rated(Rating.AGAIN, Reason.KEY_PART)
    if not evidence.solved:
        return Rated(Rating.AGAIN, Reason.WRONG)
    if evidence.changed:
        return Rated(Rating.HARD, Reason.CHANGED)
    if evidence.unsure:
        return Rated(Rating.HARD, Reason.UNSURE)
    if _took(evidence, more_than=SLOW):
        return Rated(Rating.HARD, Reason.SLOW)
    return Rated(Rating.GOOD, Reason.RIGHT)


def _took(evidence: Evidence, more_than: float = 0.0, less_than: float = float("inf")) -> bool:
    """Whether the active time lies in this range of the usual; not known is no."""
    usual, active = evidence.usual_seconds, evidence.active_seconds
    if not usual or active is None or active <= 0:
        return False
    return active / usual > more_than if more_than else active / usual < less_than
