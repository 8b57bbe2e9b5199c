"""Fit the scheduler's weights to a learner's own reviews, or to everyone's as the point where new learners
begin, and take them over only where they win."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Count, Q

from learn.reviews import calibration, schedule
from learn.reviews.balancing import draw
from learn.reviews.calibration import Histories, Score
from learn.reviews.fold import RATED
from learn.reviews.models import Card, ParameterSet, Plan, ReviewEvent
from learn.reviews.refolding import refold
from learn.reviews.rulebook import weights_of

# A difference of log loss below this is chance.
WORTH = 0.0005
# So many times the reviews of the last fitting, and another may tell more.
GROWN = 1.5
# Of fewer than this, weights for everyone would be somebody's own.
ENOUGH_LEARNERS = 3
MOST_POOLED = 300_000


def histories_of(*learners) -> Histories:
    """All reviews of these learners that count, by item."""
    rated = ReviewEvent.objects.standing().filter(kind__in=RATED, rating__isnull=False, learner__in=learners)
    columns = ("learner_id", "item", "rating", "elapsed", "utc_ms")
    rows = rated.order_by("learner_id", "item", "utc_ms", "id").values_list(*columns).iterator(chunk_size=10_000)
    logs = (
        [(rating, elapsed or 0, ms) for *_, rating, elapsed, ms in log] for _, log in groupby(rows, lambda r: r[:2])
    )
    return calibration.histories(logs)


def fit(learner, now: datetime) -> ParameterSet | None:
    """Fit, compare on unseen reviews, keep the result, adopt it if it is better. None: too few reviews."""
    return _fit(learner, histories_of(learner), now)


def fit_everyone(now: datetime) -> ParameterSet | None:
    """Where new learners begin: weights fitted to all who let their reviews count. None: there are too few
    of them, or hardly more reviews than last time. Who has no weights of their own is to be refolded then."""
    counts = _recalls_by_learner()
    pooled = _pooled(counts)
    last = ParameterSet.objects.filter(learner=None).order_by("-fitted_at").first()
    reviews = sum(counts[learner] for learner in pooled)
    if len(pooled) < ENOUGH_LEARNERS or (last and reviews < GROWN * last.reviews):
        return None
    return _fit(None, histories_of(*pooled), now)


def _recalls_by_learner() -> dict[int, int]:
    recalls = ReviewEvent.objects.recalls().values_list("learner").annotate(count=Count("pk"))
    return dict(recalls.filter(count__gte=calibration.ENOUGH * 2))


def _pooled(counts: dict[int, int]) -> list[int]:
    """Whose reviews count for everyone: a few hundred thousand of them say all there is to say."""
    private = set(Plan.objects.filter(learner__in=counts, pooled=False).values_list("learner", flat=True))
    chosen, total = [], 0
    for learner in sorted(counts.keys() - private, key=lambda learner: draw(f"pooled:{learner}")):
        if total < MOST_POOLED:
            chosen.append(learner)
            total += counts[learner]
    return chosen


def without_weights() -> list[int]:
    """Learners with cards whose memories follow the weights of everyone."""
    own = ParameterSet.objects.filter(adopted=True, learner__isnull=False).values("learner")
    return list(Card.objects.exclude(learner__in=own).values_list("learner", flat=True).distinct().order_by("learner"))


def _fit(learner, known: Histories, now: datetime) -> ParameterSet | None:
    if len(known.recalls) < calibration.ENOUGH * 2:
        return None
    before = weights_of(learner) or schedule.DEFAULT_WEIGHTS
    scores = calibration.compare(known, before)
    weights = calibration.fit(known)
    is_better = scores["fitted"].log_loss < scores["before"].log_loss - WORTH and _is_valid(weights)
    return _keep(learner, weights, known, scores, is_better, now)


@transaction.atomic
def _keep(
    learner, weights: tuple[float, ...], known: Histories, scores: dict[str, Score], adopted: bool, now: datetime
) -> ParameterSet:
    """With new weights every memory is worked out anew; the days on which items return stay as they are."""
    kept = ParameterSet.objects.create(
        learner=learner,
        weights=list(weights),
        reviews=len(known.recalls),
        calibration={
            name: {
                "log_loss": round(s.log_loss, 5),
                "rmse": round(s.rmse, 5),
                "count": s.count,
                "curve": [(round(point.predicted, 4), round(point.recalled, 4), point.count) for point in s.curve],
            }
            for name, s in scores.items()
        },
        adopted=adopted,
        fitted_at=now,
    )
    if adopted and learner is not None:
        refold(learner)
    return kept


def _is_valid(weights: tuple[float, ...]) -> bool:
    """py-fsrs has bounds of its own; weights outside them could not schedule."""
    try:
        schedule.after(schedule.NOTHING, schedule.Rating.GOOD, datetime.min.date(), schedule.Rules(weights))
    except ValueError:
        return False
    return True


def learners_to_fit(now: datetime) -> list[int]:
    """Who has so many more recalls than at their last fitting that another may tell more: half as many again."""
    enough = _recalls_by_learner()
    fitted = ParameterSet.objects.filter(Q(learner__in=enough)).order_by("fitted_at").values_list("learner", "reviews")
    last = dict(fitted)
    return [learner for learner, count in enough.items() if count >= GROWN * last.get(learner, 0)]
