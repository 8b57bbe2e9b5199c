"""From the log to the memory: everything a card knows is a fold over the item's events; pure.

The order in which events arrive does not matter, only the order in which they happened (their
moment, then their id): two devices that were offline for a week come together to the same memory.
An event is taken back by another that voids it, which may itself be voided: undo of any depth.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from learn.reviews import balancing, days, schedule
from learn.reviews.items import Kind
from learn.reviews.rating import Rating
from learn.reviews.schedule import MAX_STABILITY, NOTHING, Memory, Rules, State

# An exercise costs minutes each time: half as many lapses say that something else is wrong.
LEECH_LAPSES = {Kind.CARD: 8, Kind.QUESTION: 8, Kind.EXERCISE: 4}


class What(StrEnum):
    """The kind of an event."""

    GRADED = "graded"  # rated by the rule, from evidence
    MANUAL = "manual"  # rated by the learner
    IMPLICIT = "implicit"  # credit from a harder item that contains this one; evidence.weight in (0, 1]
    CRAM = "cram"  # practised without moving the memory
    RESET = "reset"  # forgotten on purpose: as new
    IMPORT = "import"  # a review from elsewhere, or a whole memory (evidence.stability, .difficulty)
    JOIN = "join"  # the item begins
    MOVE = "move"  # due on another day, memory unchanged
    BURY = "bury"  # not before the day `due_on`
    SUSPEND = "suspend"  # not until resumed
    RESUME = "resume"
    VOID = "void"  # takes the event `target` back


RATED = (What.GRADED, What.MANUAL, What.IMPORT)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log, as the fold needs it."""

    id: str
    what: What
    utc_ms: int
    study_date: date
    rating: int | None = None
    due_on: date | None = None  # the day that was chosen when it happened
    basis: str = ""  # the history this choice was made upon
    target: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    rollover: int = days.ROLLOVER_HOUR


@dataclass(slots=True)
class Remembered:
    """All that a card knows. Changed in place while a log is walked through; whoever gets it reads it."""

    memory: Memory = NOTHING
    due_on: date | None = None
    due_ms: int | None = None  # of a step within the day
    reps: int = 0
    lapses: int = 0
    first_on: date | None = None
    last_ms: int | None = None
    buried_until: date | None = None
    suspended: bool = False
    leech_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What the memory was just before a review: for true retention, calibration and fitting."""

    elapsed: int | None  # days of study since the review before; None for the first
    predicted: float | None


@dataclass(frozen=True, slots=True)
class Folded:
    state: Remembered
    facts: dict[str, Fact]
    voided_by: dict[str, str]
    basis: str  # of all reviews that count


def fold(events: Iterable[Event], rules: Rules, kind: Kind, seed: str = "") -> Folded:
    """What an item's events add up to. `seed` names learner and item, for the draw of days."""
    log = sorted({event.id: event for event in events}.values(), key=lambda event: (event.utc_ms, event.id))
    voided_by = voids(log)
    walk = _Walk(rules, kind, seed)
    for event in log:
        if event.id not in voided_by:
            walk.take(event)
    walk.settle()
    if walk.state.due_on is None and log:  # all of it was taken back: begun, and never asked
        walk.state.due_on = log[0].study_date
    return Folded(walk.state, walk.facts, voided_by, walk.basis)


def voids(log: Sequence[Event]) -> dict[str, str]:
    """For every event that is taken back, the event that does it. A void that is voided does nothing;
    voids that void each other in a circle do nothing either."""
    target = {event.id: event.target for event in log if event.what == What.VOID}
    if not target:
        return {}
    by_target: dict[str, list[str]] = {}
    for event in log:
        if event.id in target and not _is_circular(event.id, target):
            by_target.setdefault(event.target, []).append(event.id)

    standing: dict[str, str | None] = {}  # event → the void that takes it back, if any stands

    def taken_back_by(event: str) -> str | None:
        chain = [event]
        while chain:  # without recursion: undo and redo may be pressed a thousand times
            asked = [void for void in by_target.get(chain[-1], []) if void not in standing]
            if asked:
                chain += asked
                continue
            last = chain.pop()
            standing[last] = next((void for void in by_target.get(last, []) if standing[void] is None), None)
        return standing[event]

    return {event.id: by for event in log if (by := taken_back_by(event.id))}


def _is_circular(event: str, target: Mapping[str, str]) -> bool:
    at, seen = event, {event}
    while at in target:
        at = target[at]
        if at == event:
            return True
        if at in seen:
            return False  # leads into a circle without being part of it
        seen.add(at)
    return False


class _Walk:
    """The state while the log is walked through once."""

    def __init__(self, rules: Rules, kind: Kind, seed: str):
        self.rules, self.kind, self.seed = rules, kind, seed
        self.state = Remembered()
        self.facts: dict[str, Fact] = {}
        self.basis = ""
        # The review whose day of return is not worked out yet: only that of the last one matters.
        self.pending: tuple[Event, Memory, schedule.After, int, str] | None = None

    def take(self, event: Event) -> None:
        if event.what in (What.IMPLICIT, What.MOVE):
            self.settle()
        match event.what:
            case What.GRADED | What.MANUAL | What.IMPORT if event.rating is not None:
                self._review(event)
            case What.IMPORT:
                self._import(event)
            case What.IMPLICIT:
                self._credit(event)
            case What.JOIN:
                if self.state.due_on is None:
                    self.state.due_on = event.due_on or event.study_date
            case What.RESET:
                self.state, self.pending = Remembered(due_on=event.study_date, suspended=self.state.suspended), None
                self._follow(event)
            case What.MOVE:
                self.state.due_on, self.state.due_ms = event.due_on or self.state.due_on, None
            case What.BURY:
                self.state.buried_until = event.due_on or event.study_date + timedelta(days=1)
            case What.SUSPEND:
                self.state.suspended = True
            case What.RESUME:
                self.state.suspended, self.state.leech_ms, self.state.buried_until = False, None, None

    def _follow(self, event: Event) -> None:
        self.basis = follow(self.basis, event.id)

    def _review(self, event: Event) -> None:
        state, rating = self.state, Rating(event.rating or 0)
        before = state.memory
        self.facts[event.id] = fact(before, event.study_date, self.rules)
        then = schedule.after(before, rating, event.study_date, self.rules)
        self.pending = event, before, then, state.reps, self.basis
        state.memory, state.last_ms, state.buried_until = then.memory, event.utc_ms, None
        state.reps += 1
        state.first_on = state.first_on or event.study_date
        if before.state is State.REVIEW and rating is Rating.AGAIN:
            state.lapses += 1
            if is_leech(state.lapses, self.kind):
                state.suspended, state.leech_ms = True, event.utc_ms
        self._follow(event)

    def settle(self) -> None:
        """The day the last reviewed item returns. What was chosen at the time stands, as long as it was chosen
        upon this very history; else a day is drawn, the same one whenever it is worked out again."""
        if self.pending is None:
            return
        event, before, then, reps, basis = self.pending
        self.pending, due_ms = None, None
        if then.step is not None:
            due_on, due_ms = step_due(event, then.step)
        elif event.due_on and event.basis == basis:
            due_on = event.due_on
        else:
            days_on = choose_days(
                before, Rating(event.rating or 0), then, event.study_date, self.rules, self.seed, reps
            )
            due_on = event.study_date + timedelta(days=days_on)
        self.state.due_on, self.state.due_ms = due_on, due_ms

    def _import(self, event: Event) -> None:
        """A memory that another program had: its stability and difficulty, and when it was due there."""
        told = event.evidence
        stability, difficulty = _number(told.get("stability"), MAX_STABILITY), _number(told.get("difficulty"), 10.0)
        if not stability or not difficulty:
            return
        last = event.study_date  # the line stands at the moment of the last review there
        memory = Memory(stability, max(difficulty, 1.0), State.REVIEW, None, last)
        due = event.due_on or last + timedelta(days=schedule.interval(stability, self.rules))
        self.pending, state = None, self.state
        state.memory, state.due_on, state.due_ms, state.last_ms = memory, due, None, event.utc_ms
        state.reps = max(state.reps, int(_number(told.get("reps"), 1e6)), 1)
        state.lapses = max(state.lapses, int(_number(told.get("lapses"), 1e6)))
        state.first_on = state.first_on or last
        self._follow(event)

    def _credit(self, event: Event) -> None:
        """A harder item that contains this one was recalled: a share of a review of its own. FSRS
        gives little for an early repetition by itself, and the due day moves later only."""
        memory, weight = self.state.memory, _number(event.evidence.get("weight"), 2.0)
        if memory.state is not State.REVIEW or not 0 < weight <= 1 or memory.stability is None:
            return
        good = schedule.after(memory, Rating.GOOD, event.study_date, self.rules).memory
        stability = memory.stability ** (1 - weight) * (good.stability or memory.stability) ** weight
        due = (memory.last or event.study_date) + timedelta(days=schedule.interval(stability, self.rules))
        self.state.memory, self.state.due_on = replace(memory, stability=stability), max(due, self.state.due_on or due)
        self._follow(event)


def _number(value: Any, most: float) -> float:
    """A number that a file told, or 0: what another program wrote is not to be trusted."""
    return min(float(value), most) if isinstance(value, int | float) and 0 < value < math.inf else 0.0


def choose_days(
    before: Memory,
    rating: Rating,
    then: schedule.After,
    day: date,
    rules: Rules,
    seed: str,
    reps: int,
    load: balancing.Load | None = None,
    below: schedule.After | None = None,
) -> int:
    """After how many days an item returns: drawn from days equally good, by the item's own seed. `below`
    is what the rating below would do, where that is known already."""
    if then.days < 3:
        return then.days
    if rating is Rating.AGAIN:
        minimum = 2
    else:
        minimum = schedule.shortest(then, below or schedule.after(before, Rating(rating - 1), day, rules))
    return balancing.choose(then.days, rules.maximum, f"{seed}:{reps}", load, minimum)


def fact(memory: Memory, day: date, rules: Rules) -> Fact:
    if memory.last is None:
        return Fact(None, None)
    return Fact(max((day - memory.last).days, 0), schedule.predicted(memory, day, rules))


def step_due(event: Event, step: timedelta) -> tuple[date, int]:
    """The moment a step ends, and the day of study it falls on."""
    due_ms = event.utc_ms + round(step.total_seconds() * 1000)
    clock = days.clock(event.zone, event.rollover)
    return max(event.study_date, days.study_date(days.from_ms(due_ms), clock)), due_ms


def is_leech(lapses: int, kind: Kind) -> bool:
    """At so many lapses, and again each half as many: something other than time is the matter."""
    limit = LEECH_LAPSES[kind]
    return lapses >= limit and (lapses - limit) % -(-limit // 2) == 0


def follow(basis: str, event: str) -> str:
    """The name of a history that goes on with this event."""
    return hashlib.blake2b(f"{basis}:{event}".encode(), digest_size=6).hexdigest()
