"""How many minutes each kind of item takes a learner: their own times, as far as they are known."""

from __future__ import annotations

from learn.reviews.items import Kind, kind_of
from learn.reviews.models import ReviewEvent

# Until a learner's own times are known.
USUAL_MINUTES = {Kind.CARD: 0.2, Kind.QUESTION: 0.75, Kind.EXERCISE: 12.0}
# Longer than this was a break: somebody was at the door.
LONGEST_MS = {Kind.CARD: 180_000, Kind.QUESTION: 600_000, Kind.EXERCISE: 7_200_000}
# So many of the last reviews are looked at.
LOOKED_AT = 300
# The usual counts like so many reviews of one's own.
PRIOR = 5


def pace_of(learner) -> dict[Kind, float]:
    """Minutes by kind, from the last reviews. One query."""
    timed = ReviewEvent.objects.standing().filter(learner=learner, duration_ms__gt=0)
    total, count = dict.fromkeys(Kind, 0.0), dict.fromkeys(Kind, 0)
    for item, duration in timed.order_by("-study_date").values_list("item", "duration_ms")[:LOOKED_AT]:
        kind = kind_of(item)
        if duration <= LONGEST_MS[kind]:
            total[kind] += duration / 60_000
            count[kind] += 1
    return {kind: (total[kind] + PRIOR * USUAL_MINUTES[kind]) / (count[kind] + PRIOR) for kind in Kind}
