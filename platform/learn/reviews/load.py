"""How many minutes already wait on the coming days: what the balancing of days weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from learn.reviews.balancing import BALANCED_DAYS, Load
from learn.reviews.items import Kind, kind_of
from learn.reviews.models import Card
from learn.reviews.pace import USUAL_MINUTES
from learn.reviews.places import Map

# Siblings this many days apart do not know of each other.
NEAR = 5


@dataclass(frozen=True)
class Loads:
    """The coming days of one learner, as several items ask for them."""

    minutes: dict[int, float]
    days_of: dict[str, int]  # by item: of those asked about, and of their siblings
    map: Map

    def of(self, item: str) -> Load:
        """Without the item itself, which is about to leave its day."""
        minutes, own = self.minutes, self.days_of.get(item)
        if own in minutes:
            minutes = {**minutes, own: minutes[own] - USUAL_MINUTES[kind_of(item)]}
        siblings = (self.days_of[other] for other in self.map.siblings(item) if other in self.days_of)
        return Load(minutes, frozenset(siblings))


def loads(learner, items: Sequence[str], today: date, known: Map | None = None) -> Loads:
    """What waits on the coming days. As many queries for one item as for all."""
    horizon = today + timedelta(days=BALANCED_DAYS + NEAR)
    waiting = Card.objects.filter(learner=learner, due_on__gt=today, due_on__lte=horizon, suspended=False)
    minutes: dict[int, float] = {}
    for due_on, kind, count in waiting.values_list("due_on", "kind").annotate(count=Count("pk")):
        day = (due_on - today).days
        minutes[day] = minutes.get(day, 0.0) + count * USUAL_MINUTES[Kind(kind)]
    map = known or Map.of(items)
    near = {other for item in items for other in (item, *map.siblings(item))}
    rows = waiting.filter(item__in=near).values_list("item", "due_on")
    return Loads(minutes, {item: (due_on - today).days for item, due_on in rows}, map)
