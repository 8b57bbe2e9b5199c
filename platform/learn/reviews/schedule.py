"""When an item is due again: FSRS-6 behind one function; pure.

`fsrs` (py-fsrs) moves the memory; here is what it leaves open: days counted in the learner's days of
study and not in 24 hours, steps and desired retention for each kind, and no fuzz of its own (it draws
from the global random; `balancing` draws from a seed). Source of the formulas: the FSRS-6 algorithm
of the open-spaced-repetition project, https://github.com/open-spaced-repetition/fsrs4anki/wiki
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache

import fsrs
from fsrs.scheduler import DEFAULT_PARAMETERS

from learn.reviews.items import Kind
from learn.reviews.rating import Rating

ALGORITHM = "FSRS-6"
DEFAULT_WEIGHTS: tuple[float, ...] = tuple(DEFAULT_PARAMETERS)
# fsrs-rs, the other implementation, ends here; py-fsrs has no end and would overflow in time.
MAX_STABILITY = 36500.0
MIN_RETENTION, MAX_RETENTION = 0.70, 0.97
MINUTE = timedelta(minutes=1)


class State(IntEnum):
    NEW = 0
    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """What one learner remembers of one item: stability in days, difficulty 1–10."""

    stability: float | None = None
    difficulty: float | None = None
    state: State = State.NEW
    step: int | None = None
    last: date | None = None  # the day of study of the last review

    def __post_init__(self) -> None:
        if (self.stability is None) != (self.state is State.NEW):
            raise ValueError("a memory has a stability once it is no longer new, and not before")


NOTHING = Memory()


@dataclass(frozen=True)
class Rules:
    """How one kind of item is scheduled for one learner."""

    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    retention: float = 0.90
    maximum: int = 365
    steps: tuple[timedelta, ...] = ()
    again_steps: tuple[timedelta, ...] = ()

    @property
    def decay(self) -> float:
        return -self.weights[20]


# An exercise takes minutes: repeated within the day it teaches little, so it has no steps; and the
# flat curve of FSRS-6 would hide it for a whole course, so it has a lower maximum (0.85 and 120 days).
RULES = {
    Kind.CARD: Rules(steps=(MINUTE, 10 * MINUTE), again_steps=(10 * MINUTE,)),
    Kind.QUESTION: Rules(steps=(10 * MINUTE,), again_steps=(10 * MINUTE,)),
    Kind.EXERCISE: Rules(retention=0.85, maximum=120),
}


def rules_for(kind: Kind, weights: tuple[float, ...] | None = None, retention: float | None = None) -> Rules:
    base = RULES[kind]
    kept = base.retention if retention is None else min(max(retention, MIN_RETENTION), MAX_RETENTION)
    return Rules(weights or base.weights, kept, base.maximum, base.steps, base.again_steps)


@dataclass(frozen=True, slots=True)
class After:
    """A memory after a review, and how long it keeps: whole days, or a step within the day."""

    memory: Memory
    days: int = 0
    step: timedelta | None = None


def after(memory: Memory, rating: Rating, day: date, rules: Rules) -> After:
    """The memory after a review on this day of study. A day before the last one counts as the last
    one: a learner who travels west, or whose clock was put back, has not slept less than not at all.
    """
    card, _ = _scheduler(rules).review_card(_to_fsrs(memory), fsrs.Rating(rating), moment := _noon(memory, day))
    assert card.stability is not None  # a card that was reviewed has one
    wait = card.due - moment
    moved = Memory(
        stability=min(card.stability, MAX_STABILITY),
        difficulty=card.difficulty,
        state=State(card.state),
        step=card.step,
        last=moment.date(),
    )
    return After(moved, wait.days) if card.state == fsrs.State.Review else After(moved, step=wait)


def shortest(then: After, below: After) -> int:
    """The first day that a rating may bring an item back on: past the interval of the rating below it, so
    that a better one never returns sooner however the days are drawn."""
    return max(below.days + 1, 2) if below.days < then.days else 2


def predicted(memory: Memory, day: date, rules: Rules) -> float | None:
    """The probability of recalling it on this day; None when it was never reviewed."""
    if memory.stability is None or memory.last is None:
        return None
    return retrievability((day - memory.last).days, memory.stability, rules.decay)


def retrievability(days: float, stability: float, decay: float = -DEFAULT_WEIGHTS[20]) -> float:
    """R(t, S) = (1 + F·t/S)^D with F chosen so that R(S, S) = 0.9."""
    factor = 0.9 ** (1 / decay) - 1
    return float((1 + factor * max(days, 0) / stability) ** decay)


def interval(stability: float, rules: Rules, retention: float | None = None) -> int:
    """Days until the probability of recall falls to the desired retention: whole, 1 to the maximum."""
    factor = 0.9 ** (1 / rules.decay) - 1
    days = stability / factor * ((retention or rules.retention) ** (1 / rules.decay) - 1)
    return int(min(max(round(days), 1), rules.maximum))


@lru_cache(maxsize=512)
def _scheduler(rules: Rules) -> fsrs.Scheduler:
    return fsrs.Scheduler(
        parameters=rules.weights,
        desired_retention=rules.retention,
        learning_steps=rules.steps,
        relearning_steps=rules.again_steps,
        maximum_interval=rules.maximum,
        enable_fuzzing=False,
    )


def _noon(memory: Memory, day: date) -> datetime:
    """A moment that makes the library's count of 24 hours a count of days of study."""
    return datetime.combine(max(day, memory.last or day), time(12), UTC)


def _to_fsrs(memory: Memory) -> fsrs.Card:
    """The library's card. Its id is given: without one it would sleep a millisecond to make one."""
    if memory.state is State.NEW:
        return fsrs.Card(card_id=1, state=fsrs.State.Learning, step=0, due=_EPOCH)
    return fsrs.Card(
        card_id=1,
        state=fsrs.State(memory.state),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=_EPOCH,
        last_review=datetime.combine(memory.last, time(12), UTC) if memory.last else None,
    )


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
