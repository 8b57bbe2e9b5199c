"""Today for one learner: what is due, in which order, and what each button would mean. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q, Sum

from learn.reviews import days, load, places, schedule
from learn.reviews.days import Clock
from learn.reviews.fold import RATED, What, choose_days
from learn.reviews.items import Kind, key_of, kind_of
from learn.reviews.models import Card, Plan, ReviewEvent
from learn.reviews.pace import LONGEST_MS, USUAL_MINUTES, pace_of
from learn.reviews.queue import Queue, Waiting, Wishes, days_to_catch_up, queue
from learn.reviews.rating import Rating
from learn.reviews.reviewing import seed_of
from learn.reviews.rulebook import plan_of, rules_of
from learn.reviews.schedule import Rules, State

# More that is due than this is a backlog of weeks; the longest overdue are looked at first.
LOOKED_AT = 1500
# What is asked today but an author gives an exercise more time than a review of it takes.
REVIEW_SHARE = 0.6
_COLUMNS = (
    "item", "kind", "due_on", "state", "stability", "difficulty", "last_on", "due_at",
)  # fmt: skip


def clock_of(learner) -> Clock:
    return days.clock(learner.zone, learner.rollover_hour)


def today_of(learner, now: datetime) -> date:
    return days.study_date(now, clock_of(learner))


@dataclass(frozen=True)
class Session:
    """What a learner asked for: the day's plan, so many minutes, or practice of a topic."""

    minutes: int | None = None  # "I have 15 minutes"
    since_ms: int | None = None  # when they said so
    topic: str | None = None  # practice: of this topic, whatever is due; memory is left alone
    first: str = ""
    although_away: bool = False
    only: tuple[str, ...] = ()  # a refresher: of these items, whether due or not
    then: str = ""  # the lesson it opens: course/topic

    @property
    def is_practice(self) -> bool:
        return self.topic is not None


class Today:
    """Everything the review page shows, in a fixed number of queries."""

    def __init__(self, learner, now: datetime, session: Session | None = None):
        self.learner, self.now = learner, now
        self.session = session or Session()
        self.clock = clock_of(learner)
        self.date = days.study_date(now, self.clock)
        self.plan: Plan = plan_of(learner)
        self.rules: dict[Kind, Rules] = rules_of(learner, self.plan)

    @cached_property
    def is_away(self) -> bool:
        asked_for = self.session.although_away or self.session.minutes or self.session.only
        return self.plan.is_away(self.date) and not asked_for

    @cached_property
    def pace(self) -> dict[Kind, float]:
        return pace_of(self.learner)

    @cached_property
    def _rows(self) -> list[tuple]:
        cards = Card.objects.of(self.learner)
        if self.session.only:
            asked = Q(last_ms__gte=self.session.since_ms or 0)
            cards = cards.filter(item__in=self.session.only, suspended=False).exclude(asked)
            return list(cards.order_by("due_on", "item").values_list(*_COLUMNS))
        cards = cards.askable(self.date)
        if not self.session.is_practice:
            cards = cards.filter(due_on__lte=self.date)
        return list(cards.order_by("due_on", "item").values_list(*_COLUMNS)[:LOOKED_AT])

    @cached_property
    def map(self) -> places.Map:
        return places.Map.of(row[0] for row in self._rows)

    @cached_property
    def _done(self) -> dict[str, float]:
        """What was done today, and since the session began: milliseconds, reviews."""
        today = ReviewEvent.objects.standing().filter(learner=self.learner, study_date=self.date)
        timed = Q(duration_ms__lte=max(LONGEST_MS.values()))
        since = Q(utc_ms__gte=self.session.since_ms or 0) & timed
        found = today.aggregate(
            all_ms=Sum("duration_ms", filter=timed),
            session_ms=Sum("duration_ms", filter=since),
            reviews=Count("pk", filter=Q(kind__in=RATED)),
        )
        return {key: value or 0 for key, value in found.items()}

    @property
    def reviews_done(self) -> int:
        return int(self._done["reviews"])

    @property
    def minutes_done(self) -> float:
        return self._done["all_ms"] / 60_000

    @cached_property
    def minutes_left(self) -> float:
        if self.session.is_practice or self.session.only:
            return 10_000.0
        if self.session.minutes is not None:
            return max(self.session.minutes - self._done["session_ms"] / 60_000, 0.0)
        return max(self.plan.minutes_a_day - self.minutes_done, 0.0)

    @cached_property
    def _recent(self) -> tuple[str, ...]:
        """Topics of what was asked last."""
        last = ReviewEvent.objects.standing().filter(learner=self.learner, study_date=self.date, rating__isnull=False)
        items = list(last.order_by("-utc_ms", "-id").values_list("item", flat=True)[:3])
        return tuple(self.map.place(item).topic for item in reversed(items))

    @cached_property
    def queue(self) -> Queue:
        if self.is_away:
            return Queue()
        wishes = Wishes(
            today=self.date,
            now_ms=days.to_ms(self.now),
            minutes=self.minutes_left,
            new_left=new_left(self.learner, self.plan, self.date),
            recent=self._recent,
            weights=self.rules[Kind.CARD].weights,
            first=self.session.first,
        )
        return queue(self._practised() if self.session.is_practice else self._waiting(), wishes)

    def _waiting(self) -> list[Waiting]:
        """What is due and still in the course: an item without words cannot be asked."""
        placed = ((row, self.map.place(row[0])) for row in self._rows)
        return [self._one(row, place) for row, place in placed if place.topic]

    def _one(self, row: tuple, place: places.Place) -> Waiting:
        item, name, due_on, state, stability, difficulty, last_on, due_at = row
        kind = Kind(name)
        return Waiting(
            item=item,
            kind=kind,
            minutes=self._minutes(item, kind),
            due_on=due_on,
            topic=place.topic,
            state=State(state),
            stability=stability,
            difficulty=difficulty,
            last_on=last_on,
            due_ms=days.to_ms(due_at) if due_at else None,
            rank=place.rank,
        )

    def _minutes(self, item: str, kind: Kind) -> float:
        if kind is not Kind.EXERCISE:
            return self.pace[kind]
        edition = self.map.edition(item)
        exercise = edition.exercise(key_of(item)) if edition else None
        if exercise is None:
            return self.pace[kind]
        # The learner's pace says how their times compare with the usual ones.
        return exercise.minutes * REVIEW_SHARE * self.pace[kind] / USUAL_MINUTES[kind]

    def _practised(self) -> list[Waiting]:
        """Everything of the topic, but for what was practised within the hour; as known. An exercise that is due
        is left to the day's plan: to solve it is to recall it, whatever it was opened for."""
        hour_ago = days.to_ms(self.now - timedelta(hours=1))
        again = ReviewEvent.objects.filter(learner=self.learner, kind=What.CRAM, utc_ms__gt=hour_ago)
        done = set(again.values_list("item", flat=True))
        placed = ((row, self.map.place(row[0])) for row in self._rows if row[0] not in done)
        found = (
            self._one(row, place) for row, place in placed if place.topic and self.session.topic in ("", place.topic)
        )
        return [replace(one, due_ms=None, state=State.REVIEW) for one in found if not self._would_count(one)]

    def _would_count(self, one: Waiting) -> bool:
        return one.kind is Kind.EXERCISE and (one.state is State.NEW or one.due_on <= self.date)

    # ------------------------------------------------------------------------- what comes after today

    @cached_property
    def forecast(self) -> list[float]:
        """Minutes that fall due on each of the next thirty days, tomorrow first."""
        return forecast(self.learner, self.date, self.pace, 30)

    @property
    def caught_up_on(self) -> date | None:
        """The day by which what does not fit today will have been asked."""
        left = days_to_catch_up(self.queue.minutes_waiting, self.forecast, self.plan.minutes_a_day)
        return None if left is None else self.date + timedelta(days=left)


def forecast(learner, today: date, pace: dict[Kind, float], count: int) -> list[float]:
    """Minutes due on each of the next `count` days, tomorrow first."""
    ahead = Card.objects.filter(learner=learner, suspended=False, due_on__gt=today).exclude(state=State.NEW)
    minutes = [0.0] * count
    rows = list(ahead.filter(due_on__lte=today + timedelta(days=count)).values_list("due_on", "kind", "item"))
    map = places.Map.of(item for *_, item in rows)
    for due_on, kind, item in rows:
        minutes[(due_on - today).days - 1] += pace[Kind(kind)] if map.knows(item) else 0.0
    return minutes


def due_count(learner, now: datetime) -> int:
    """How many items are due, for the header of every page: of those that the live courses have."""
    today, plan = today_of(learner, now), plan_of(learner)
    if plan.is_away(today):
        return 0
    due = list(Card.objects.of(learner).due(today, now).values_list("item", "state")[:LOOKED_AT])
    map = places.Map.of(item for item, _ in due)
    states = [state for item, state in due if map.knows(item)]
    new = states.count(State.NEW)
    return len(states) - new + (min(new, new_left(learner, plan, today)) if new else 0)


def new_left(learner, plan: Plan, today: date) -> int:
    """How many new items today may still have."""
    begun = Card.objects.filter(learner=learner, first_on=today).count()
    return int(max(plan.new_a_day - begun, 0))


# ------------------------------------------------------------------------------------ what buttons say


@dataclass(frozen=True)
class Preview:
    """What a rating would do: a step of minutes, or days until the item returns."""

    rating: Rating
    minutes: int = 0
    days: int = 0


def previews(learner, cards: Sequence[Card], today: date, rules: dict[Kind, Rules], map: places.Map):
    """For each item the four buttons, by the same draw of days that a review makes."""
    loads = load.loads(learner, [card.item for card in cards], today, map)
    return {card.item: _previews(learner, card, today, rules[kind_of(card.item)], loads) for card in cards}


def _previews(learner, card: Card, today: date, rules: Rules, loads: load.Loads) -> list[Preview]:
    memory, seed, waiting = card.memory, seed_of(learner, card.item), loads.of(card.item)
    thens = [schedule.after(memory, rating, today, rules) for rating in Rating]
    shown, below = [], None
    for rating, then in zip(Rating, thens, strict=True):
        if then.step is not None:
            shown.append(Preview(rating, minutes=max(round(then.step.total_seconds() / 60), 1)))
        else:
            chosen = choose_days(memory, rating, then, today, rules, seed, card.reps, waiting, below)
            shown.append(Preview(rating, days=chosen))
        below = then
    return shown
