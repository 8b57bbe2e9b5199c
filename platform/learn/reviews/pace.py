"""How many minutes each kind of item takes a learner: their own times, as far as they are known."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Count, Q, Sum

from learn.reviews.items import Kind
from learn.reviews.models import ReviewEvent

# Until a learner's own times are known.
USUAL_MINUTES = {Kind.CARD: 0.2, Kind.QUESTION: 0.75, Kind.EXERCISE: 12.0}
# Longer than this was a break: somebody was at the door.
LONGEST_MS = {Kind.CARD: 180_000, Kind.QUESTION: 600_000, Kind.EXERCISE: 7_200_000}
WINDOW = timedelta(days=30)
# The usual counts like so many reviews of one's own.
PRIOR = 5

_OF_KIND = {
    Kind.CARD: Q(item__contains="/card:"),
    Kind.EXERCISE: Q(item__contains="/exercise:"),
    Kind.QUESTION: ~Q(item__contains=":"),
}


def pace_of(learner, today: date) -> dict[Kind, float]:
    """Minutes by kind, from the last month's reviews. One query."""
    recent = ReviewEvent.objects.standing().filter(learner=learner, study_date__gt=today - WINDOW)
    wanted = {}
    for kind in Kind:
        counted = _OF_KIND[kind] & Q(duration_ms__gt=0, duration_ms__lte=LONGEST_MS[kind])
        wanted[f"{kind}_ms"] = Sum("duration_ms", filter=counted)
        wanted[f"{kind}_n"] = Count("pk", filter=counted)
    found = recent.aggregate(**wanted)
    return {
        kind: (((found[f"{kind}_ms"] or 0) / 60_000) + PRIOR * USUAL_MINUTES[kind]) / (found[f"{kind}_n"] + PRIOR)
        for kind in Kind
    }
