"""Fit the scheduler's weights to a learner's own reviews, and take them over only where they win."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Count, Q

from learn.reviews import calibration, schedule
from learn.reviews.calibration import Histories, Score
from learn.reviews.fold import RATED
from learn.reviews.models import ParameterSet, ReviewEvent
from learn.reviews.refolding import refold
from learn.reviews.rulebook import weights_of

# A difference of log loss below this is chance.
WORTH = 0.0005


def histories_of(learner=None) -> Histories:
    """All reviews that count, by item: of one learner, or of everyone."""
    rated = ReviewEvent.objects.standing().filter(kind__in=RATED, rating__isnull=False)
    mine = rated if learner is None else rated.filter(learner=learner)
    columns = ("learner_id", "item", "rating", "elapsed", "utc_ms")
    rows = mine.order_by("learner_id", "item", "utc_ms", "id").values_list(*columns).iterator(chunk_size=10_000)
    logs = (
        [(rating, elapsed or 0, ms) for *_, rating, elapsed, ms in log] for _, log in groupby(rows, lambda r: r[:2])
    )
    return calibration.histories(logs)


def fit(learner, now: datetime) -> ParameterSet | None:
    """Fit, compare on unseen reviews, keep the result, adopt it if it is better. None: too few reviews."""
    known = histories_of(learner)
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
            name: {"log_loss": round(s.log_loss, 5), "rmse": round(s.rmse, 5), "count": s.count}
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
    recalls = ReviewEvent.objects.recalls().values_list("learner").annotate(count=Count("pk"))
    enough = dict(recalls.filter(count__gte=calibration.ENOUGH * 2))
    fitted = ParameterSet.objects.filter(Q(learner__in=enough)).order_by("fitted_at").values_list("learner", "reviews")
    last = dict(fitted)
    return [learner for learner, count in enough.items() if count >= 1.5 * last.get(learner, 0)]
