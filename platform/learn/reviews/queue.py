"""The day's queue: what to ask now, what waits, and when one is through; pure.

Minutes are the currency. What is due competes by worth per minute for the minutes a learner gives,
and what does not fit is said to wait, with the day on which it will have been asked: no due day is
moved to make a backlog look smaller. Within the day topics alternate and siblings stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from learn.reviews.items import Kind
from learn.reviews.schedule import DEFAULT_WEIGHTS, State
from learn.reviews.value import WORTH, gain

# A step that ends within so many minutes may come early when nothing else is left.
AHEAD_MS = 20 * 60_000
# One new item for so many that are known.
KNOWN_PER_NEW = 4
# Items asked before one of the same topic may come again, if there are others.
APART = 3
# The head is put in order; nobody sees further before it is put in order again.
HEAD = 60


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that may be asked today."""

    item: str
    kind: Kind
    minutes: float
    due_on: date
    topic: str = ""
    state: State = State.REVIEW
    stability: float | None = None
    difficulty: float | None = None
    last_on: date | None = None
    due_ms: int | None = None
    rank: int = 0  # of a new item: its place in the course


@dataclass(frozen=True)
class Wishes:
    """What the day allows."""

    today: date
    now_ms: int
    minutes: float  # that are left of the day's budget, or of the session
    new_left: int
    recent: tuple[str, ...] = ()  # topics of what was just asked, the latest last
    weights: tuple[float, ...] = DEFAULT_WEIGHTS
    first: str = ""  # an item to begin with: just undone, or asked for


@dataclass(frozen=True)
class Queue:
    """`items` to ask now, in order; the others wait for other days or moments."""

    items: tuple[Waiting, ...] = ()
    minutes: float = 0.0
    waiting: tuple[Waiting, ...] = ()  # due, but beyond the minutes
    minutes_waiting: float = 0.0
    new_held: int = 0
    returns_ms: int | None = None  # when the next step of minutes ends, if nothing is left before

    @property
    def is_empty(self) -> bool:
        return not self.items


@dataclass
class _Chosen:
    items: list[Waiting] = field(default_factory=list)
    beyond: list[Waiting] = field(default_factory=list)
    minutes: float = 0.0

    def offer(self, one: Waiting, budget: float) -> None:
        """Take it if it fits. The first fits always while there are minutes: better one than none."""
        fits = self.minutes + one.minutes <= budget or (not self.items and budget > 0)
        (self.items if fits else self.beyond).append(one)
        self.minutes += one.minutes if fits else 0


def queue(candidates: Iterable[Waiting], wishes: Wishes) -> Queue:
    """What to ask now, of everything that is due by the end of today."""
    steps, soon, known, new = _sort_out(candidates, wishes)
    chosen = _Chosen()
    for one in steps:  # begun today: finished today, whatever the budget
        chosen.items.append(one)
        chosen.minutes += one.minutes
    fresh = new[: wishes.new_left]
    for one in _mixed(known, fresh):
        chosen.offer(one, wishes.minutes)
    if not chosen.items:
        ahead = [one for one in soon if (one.due_ms or 0) <= wishes.now_ms + AHEAD_MS]
        chosen.items, chosen.minutes = ahead, sum(one.minutes for one in ahead)
        soon = soon[len(ahead) :]
    return Queue(
        items=tuple(interleaved(chosen.items, wishes.recent, wishes.first)),
        minutes=chosen.minutes,
        waiting=tuple(chosen.beyond),
        minutes_waiting=sum(one.minutes for one in chosen.beyond),
        new_held=len(new) - len(fresh),
        returns_ms=soon[0].due_ms if soon else None,
    )


def _sort_out(candidates: Iterable[Waiting], wishes: Wishes) -> tuple[list[Waiting], ...]:
    """Steps that are over, steps that are not, what is known by worth per minute, what is new by place."""
    steps: list[Waiting] = []
    soon: list[Waiting] = []
    known: list[Waiting] = []
    new: list[Waiting] = []
    for one in candidates:
        if one.item == wishes.first:
            steps.append(one)
        elif one.state is State.NEW:
            new.append(one)
        elif one.due_ms is not None and one.due_on >= wishes.today:
            (steps if one.due_ms <= wishes.now_ms else soon).append(one)
        else:
            known.append(one)
    steps.sort(key=lambda one: (one.due_ms or 0, one.item))
    soon.sort(key=lambda one: (one.due_ms or 0, one.item))
    known.sort(key=lambda one: (-worth(one, wishes), one.due_on, one.item))
    new.sort(key=lambda one: (one.rank, one.item))
    return steps, soon, known, new


def worth(one: Waiting, wishes: Wishes) -> float:
    """Worth per minute of asking it today."""
    if one.stability is None or one.difficulty is None:
        return 0.0
    elapsed = (wishes.today - one.last_on).days if one.last_on else 0
    return WORTH[one.kind] * gain(wishes.weights, one.stability, one.difficulty, elapsed) / max(one.minutes, 0.05)


def _mixed(known: Sequence[Waiting], new: Sequence[Waiting]) -> list[Waiting]:
    """A new one after every few known ones; the rest of the new at the end."""
    mixed, fresh = [], list(new)
    for place, one in enumerate(known, 1):
        mixed.append(one)
        if fresh and place % KNOWN_PER_NEW == 0:
            mixed.append(fresh.pop(0))
    return mixed + fresh


def interleaved(items: Sequence[Waiting], recent: Sequence[str] = (), first: str = "") -> list[Waiting]:
    """The same items, so that those of one topic are not asked one after the other, where others are.

    Of what is left the first whose topic was not among the last few; if all were, the one whose topic
    was asked longest ago. The order given decides otherwise."""
    left, ordered, topics = list(items), [], list(recent)
    for at, one in enumerate(left):
        if one.item == first:
            ordered.append(left.pop(at))
            topics.append(one.topic)
            break
    while left and len(ordered) < HEAD:
        last = {topic: place for place, topic in enumerate(topics[-APART:]) if topic}
        best = min(range(len(left)), key=lambda at: (last.get(left[at].topic, -1), at))
        ordered.append(left.pop(best))
        topics.append(ordered[-1].topic)
    return ordered + left


def days_to_catch_up(waiting: float, forecast: Sequence[float], budget: float) -> int | None:
    """After how many days nothing is left over, at `budget` minutes a day and with what falls due by
    then (`forecast[0]` is tomorrow's). None: not within the forecast."""
    for day, due in enumerate(forecast, 1):
        waiting = max(waiting + due - budget, 0.0)
        if not waiting:
            return day
    return None
