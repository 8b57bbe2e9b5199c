"""What is due today, for the header and the roadmap. Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from learn.accounts.models import User
from learn.reviews import days
from learn.reviews.items import Kind
from learn.reviews.models import Card
from learn.reviews.pace import USUAL_MINUTES
from learn.reviews.schedule import State


@dataclass(frozen=True)
class Due:
    items: int = 0
    minutes: int = 0


def due_today(learner: User, now: datetime) -> Due:
    """What has been learnt and is to be asked again; what is new is no debt."""
    today = days.study_date(now, days.clock(learner.zone, learner.rollover_hour))
    kinds = Card.objects.of(learner).due(today, now).exclude(state=State.NEW).values_list("kind", flat=True)
    found = [Kind(kind) for kind in kinds]
    return Due(len(found), round(sum(USUAL_MINUTES[kind] for kind in found)) or min(1, len(found)))
