"""How many minutes already wait on the coming days: what the balancing of days weighs."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count

from learn.reviews import places
from learn.reviews.balancing import BALANCED_DAYS, Load
from learn.reviews.items import Kind
from learn.reviews.models import Card

# Until a learner's own times are known.
USUAL_MINUTES = {Kind.CARD: 0.2, Kind.QUESTION: 0.75, Kind.EXERCISE: 12.0}


def between(learner, item: str, today: date, low: int, high: int) -> Load | None:
    """What waits from `low` to `high` days from today, the item itself left out."""
    if low > BALANCED_DAYS:
        return None
    first, last = today + timedelta(days=low - 4), today + timedelta(days=high + 4)
    waiting = Card.objects.filter(learner=learner, due_on__range=(first, last), suspended=False).exclude(item=item)
    minutes: dict[int, float] = {}
    for due_on, kind, count in waiting.values_list("due_on", "kind").annotate(count=Count("pk")):
        day = (due_on - today).days
        minutes[day] = minutes.get(day, 0.0) + count * USUAL_MINUTES[Kind(kind)]
    siblings = waiting.filter(item__in=places.siblings(item)).values_list("due_on", flat=True)
    return Load(minutes, frozenset((due_on - today).days for due_on in siblings))
