"""What a learner remembers, in numbers: everything the page of that name shows. Reads only.

Two queries whatever the history: days and cards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from statistics import median

from django.db.models import Count, Q, Sum

from learn.courses.content import text
from learn.reviews import schedule
from learn.reviews.fold import RATED
from learn.reviews.items import Kind, course_of
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.pace import pace_of
from learn.reviews.places import Map
from learn.reviews.rating import Rating
from learn.reviews.rulebook import plan_of, rules_of
from learn.reviews.schedule import State
from learn.reviews.streak import Streak, streak
from learn.reviews.today import clock_of, today_of
from learn.reviews.workload import Own

DAYS_AHEAD = 30
MONTHS = 12
# Stability that is called lasting, as elsewhere.
LASTING = 21


@dataclass(frozen=True)
class Day:
    reviews: int = 0
    minutes: float = 0.0


@dataclass(frozen=True)
class Month:
    """Recalls of earlier days in one month: true retention is the share that was recalled."""

    first: date
    asked: int
    recalled: int

    @property
    def retention(self) -> float:
        return self.recalled / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class ModuleMemory:
    name: str  # course/module
    title: str
    items: int
    recall: float  # mean predicted recall today
    stability: float  # median, in days
    weakest: str  # the item most likely forgotten
    weakest_title: str

    @property
    def heat(self) -> int:
        return heat(self.recall)


@dataclass(frozen=True)
class ItemMemory:
    """One item as a list shows it."""

    item: str
    title: str
    kind: Kind
    recall: float
    stability: float
    due_on: date
    is_set_aside: bool

    @property
    def heat(self) -> int:
        return heat(self.recall)


@dataclass(frozen=True)
class TopicMemory:
    key: str
    title: str
    items: tuple[ItemMemory, ...]  # the weakest first


@dataclass(frozen=True, slots=True)
class _Row:
    item: str
    kind: Kind
    due_on: date
    state: int
    stability: float | None
    difficulty: float | None
    last_on: date | None
    suspended: bool


class Memory:
    """One learner's memory as of now."""

    def __init__(self, learner, now: datetime, locale: str):
        self.learner, self.now, self.locale = learner, now, locale
        self.clock, self.today = clock_of(learner), today_of(learner, now)
        self.plan = plan_of(learner)
        self.rules = rules_of(learner, self.plan)
        self.weights = self.rules[Kind.CARD].weights

    # ---- days that were ----

    @cached_property
    def _days(self) -> list[tuple[date, int, int | None, int, int]]:
        """Day of study, reviews, milliseconds, recalls of earlier days, and those that succeeded."""
        reviewed = ReviewEvent.objects.standing().filter(learner=self.learner, kind__in=RATED)
        again = Q(elapsed__gte=1)
        return list(
            reviewed.values_list("study_date")
            .annotate(
                count=Count("pk"),
                ms=Sum("duration_ms"),
                asked=Count("pk", filter=again),
                recalled=Count("pk", filter=again & Q(rating__gt=Rating.AGAIN)),
            )
            .order_by("study_date")
        )

    @cached_property
    def days(self) -> dict[date, Day]:
        """What was done on each day of study."""
        return {day: Day(count, (ms or 0) / 60_000) for day, count, ms, _, _ in self._days}

    @cached_property
    def streak(self) -> Streak:
        return streak(self.days.keys(), self.today, self.plan.absences)

    @cached_property
    def months(self) -> list[Month]:
        """True retention month by month, the last twelve that have any."""
        found: dict[date, tuple[int, int]] = {}
        for day, _, _, asked, recalled in self._days:
            before = found.get(first := day.replace(day=1), (0, 0))
            found[first] = (before[0] + asked, before[1] + recalled)
        return [Month(first, *counts) for first, counts in found.items() if counts[0]][-MONTHS:]

    @property
    def recent(self) -> Month:
        """The last three months together."""
        last = self.months[-3:]
        first = last[0].first if last else self.today
        return Month(first, sum(month.asked for month in last), sum(month.recalled for month in last))

    # ---- what is kept ----

    @cached_property
    def _cards(self) -> list[_Row]:
        """Of the items that the live courses have: others cannot be asked, and come back with their words."""
        return [row for row in self._all if self.map.knows(row.item)]

    @cached_property
    def _all(self) -> list[_Row]:
        columns = ("item", "kind", "due_on", "state", "stability", "difficulty", "last_on", "suspended")
        rows = Card.objects.of(self.learner).values_list(*columns).order_by("item")
        return [_Row(row[0], Kind(row[1]), *row[2:]) for row in rows]

    @cached_property
    def known(self) -> list[_Row]:
        return [row for row in self._cards if row.stability is not None and row.last_on is not None]

    @cached_property
    def map(self) -> Map:
        return Map.of(row.item for row in self._all)

    def recall(self, row: _Row) -> float:
        if row.stability is None or row.last_on is None:
            return 0.0
        return schedule.retrievability((self.today - row.last_on).days, row.stability, -self.weights[20])

    @property
    def counts(self) -> dict[str, int]:
        lasting = sum(1 for row in self.known if (row.stability or 0) >= LASTING)
        return {"items": len(self._cards), "begun": len(self.known), "lasting": lasting}

    @property
    def mean_recall(self) -> float | None:
        known = self.known
        return sum(map(self.recall, known)) / len(known) if known else None

    @cached_property
    def pace(self) -> dict[Kind, float]:
        return pace_of(self.learner)

    @cached_property
    def forecast(self) -> list[float]:
        """Minutes due on each day, today first; what is overdue is due today."""
        minutes = [0.0] * DAYS_AHEAD
        for row in self._cards:
            ahead = max((row.due_on - self.today).days, 0)
            if ahead < DAYS_AHEAD and not row.suspended and row.state != State.NEW:
                minutes[ahead] += self.pace[row.kind]
        return minutes

    @cached_property
    def modules(self) -> list[ModuleMemory]:
        """Every module with something in memory, in the order of the course."""
        rows: dict[tuple[int, str, str], list[_Row]] = {}
        for row in self.known:
            edition, place = self.map.edition(row.item), self.map.place(row.item)
            if edition and place.module:
                module = edition.course.module_of[place.topic]
                title = text(module.title, self.locale)
                rows.setdefault((module.number, f"{edition.course.key}/{module.key}", title), []).append(row)
        return [self._module(name, title, kept) for (_, name, title), kept in sorted(rows.items())]

    def topics(self, name: str) -> list[TopicMemory]:
        """Every topic of one module (`course/module`) with what is in memory of it, in the order of the course."""
        course, _slash, module = name.partition("/")
        found: dict[tuple[str, str], list[ItemMemory]] = {}
        known = sorted(self.known, key=lambda row: self.map.place(row.item).rank)
        for row in (row for row in known if course_of(row.item) == course):
            place = self.map.place(row.item)
            if place.module == module:
                found.setdefault((place.topic, self.map.topic_title(row.item, self.locale)), []).append(self._item(row))
        return [
            TopicMemory(key, title, tuple(sorted(items, key=lambda one: one.recall)))
            for (key, title), items in found.items()
        ]

    def _item(self, row: _Row) -> ItemMemory:
        return ItemMemory(
            item=row.item,
            title=self.map.title(row.item, self.locale),
            kind=row.kind,
            recall=self.recall(row),
            stability=row.stability or 0.0,
            due_on=row.due_on,
            is_set_aside=row.suspended,
        )

    def _module(self, name: str, title: str, rows: list[_Row]) -> ModuleMemory:
        weakest = min(rows, key=self.recall)
        return ModuleMemory(
            name=name,
            title=title,
            items=len(rows),
            recall=sum(map(self.recall, rows)) / len(rows),
            stability=median(row.stability or 0.0 for row in rows),
            weakest=weakest.item,
            weakest_title=self.map.title(weakest.item, self.locale),
        )

    def own(self) -> list[Own]:
        """Memories to simulate the coming months from."""
        return [
            Own(
                row.stability or 1.0,
                row.difficulty or 5.0,
                (self.today - (row.last_on or self.today)).days,
                self.pace[row.kind],
                self.rules[row.kind].maximum,
            )
            for row in self.known
            if not row.suspended
        ]


def heat(recall: float) -> int:
    """The step of the temperature scale: 0 just recalled, 7 at 0.7 and below."""
    return min(max(round(7 * (1.0 - recall) / 0.3), 0), 7)
