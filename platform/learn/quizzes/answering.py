"""Writes an answer down, and the review it is: both or neither, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db import transaction
from ulid import ULID

from learn.courses.content import Question
from learn.quizzes import asking, grading
from learn.quizzes.models import Attempt
from learn.reviews import days, reviewing
from learn.reviews.fold import What
from learn.reviews.items import Kind
from learn.reviews.models import Card
from learn.reviews.rating import Evidence, rate

# Times of older answers say little about what is usual now.
TIMES_KEPT = 50


@dataclass(frozen=True)
class Answered:
    attempt: Attempt
    card: Card | None  # what is remembered now; None when the item is in nobody's memory yet
    is_new: bool  # False: this asking had been answered, and that answer stands


def next_seed(learner, item: str) -> str:
    """What the next asking of this item is made from: the same until it is answered, then another."""
    return seed_after(learner, item, Attempt.objects.of(learner, item).count())


def seed_after(learner, item: str, answered: int) -> str:
    return asking.new_seed(learner.pk, item, answered)


@transaction.atomic
def answer(
    learner,
    item: str,
    question: Question,
    seed: str,
    given: Mapping[str, Any],
    now: datetime,
    *,
    edition: int,
    unsure: bool = False,
    duration_ms: int | None = None,
    for_practice: bool = False,
) -> Answered:
    """Mark what `grading.read` made of an answer and keep it. The same asking again changes nothing."""
    mark = grading.grade(asking.ask(question, seed), given)
    attempt, is_new = Attempt.objects.get_or_create(
        learner=learner,
        item=item,
        seed=seed,
        defaults={
            "edition": edition,
            "given": dict(given),
            "mark": mark.to_dict(),
            "right": mark.right,
            "unsure": unsure,
            "duration_ms": duration_ms,
            "at": now,
        },
    )
    card = Card.objects.filter(learner=learner, item=item).first()
    if is_new and for_practice:
        card = card and reviewing.note(learner, item, What.CRAM, now, evidence={"attempt": attempt.pk})
    elif is_new and counts(learner, card, now):
        card = _review(learner, attempt, now)
    return Answered(attempt, card, is_new)


def counts(learner, card: Card | None, now: datetime) -> bool:
    """Whether an answer is a recall. Once more on the same day, before it is due, is practice:
    the explanation has just been read, so it says nothing about memory."""
    if card is None or card.last_on is None:
        return True
    today = days.study_date(now, days.clock(learner.zone, learner.rollover_hour))
    return card.last_on < today or card.due <= now


def _usual_seconds(learner, attempt: Attempt) -> list[float]:
    """How long the learner took for their last right answers, this one left out."""
    timed = Attempt.objects.filter(learner=learner, right=True, duration_ms__gt=0).exclude(pk=attempt.pk)
    return [ms / 1000 for ms in timed.order_by("-at").values_list("duration_ms", flat=True)[:TIMES_KEPT]]


def _review(learner, attempt: Attempt, now: datetime) -> Card:
    seconds = attempt.duration_ms / 1000 if attempt.duration_ms else None
    own = _usual_seconds(learner, attempt)
    evidence = Evidence(
        kind=Kind.QUESTION,
        solved=attempt.right,
        unsure=attempt.unsure,
        active_seconds=seconds,
        own_median=median(own) if own else None,
        own_times=len(own),
    )
    rated = rate(evidence)
    assert rated.rating is not None, "an answer is never our own fault"
    event = str(ULID.from_datetime(now))
    card = reviewing.review(
        learner,
        attempt.item,
        rated.rating,
        now,
        event_id=event,
        evidence={**evidence.to_dict(), "reason": rated.reason, "attempt": attempt.pk},
        duration_ms=attempt.duration_ms,
    )
    attempt.review = event
    attempt.save(update_fields=["review"])
    return card
