"""The review that a verdict causes: what is known of the learner's work, handed to the rule that rates it.

Called inside the transaction that records the verdict: both are written or neither.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from django.db.models import Q
from django.utils.translation import get_language

from graders.protocol import Mode, Outcome
from learn.courses.content import DEFAULT_LOCALE
from learn.exercises.models import COUNTING, Submission, SubmissionQuerySet
from learn.reviews import asking, reviewing
from learn.reviews.asking import Rated
from learn.reviews.fold import What
from learn.reviews.items import Kind
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Evidence, rate
from learn.reviews.today import today_of

# Times of older work say little about what is usual now.
TIMES_KEPT = 50


def remember(submission: Submission, now: datetime) -> None:
    """Let the exercise join what is remembered, and review it if this verdict says something about memory."""
    if submission.mode != Mode.SUBMIT or not submission.item or submission.outcome not in COUNTING:
        return
    reviewing.join(submission.learner, submission.item, now)
    if not _is_asked(submission, now):
        if submission.has_passed:  # practice between reviews: written down, and memory stays as it is
            reviewing.note(submission.learner, submission.item, What.CRAM, now, event_id=submission.pk)
        return
    evidence = evidence_of(submission)
    rated = rate(evidence)
    if rated.rating is not None:
        reviewing.review(
            submission.learner,
            submission.item,
            rated.rating,
            now,
            event_id=submission.pk,
            evidence=evidence.to_dict() | {"reason": rated.reason},
            duration_ms=1000 * int(evidence.active_seconds or 0) or None,
        )


def _is_asked(submission: Submission, now: datetime) -> bool:
    """Whether the exercise is new to the learner, or due."""
    card = Card.objects.of(submission.learner).get(item=submission.item)
    return card.is_new or card.due <= now


def evidence_of(submission: Submission) -> Evidence:
    """What was seen of the work since the last review of the exercise."""
    since = _tries_since_review(submission)
    tries = list(since.without_report())
    before = _solutions_before(submission)
    failed = {one.meaning for one in tries if one.outcome != Outcome.PASSED}
    own = _seconds(Submission.objects.filter(learner=submission.learner))
    return Evidence(
        kind=Kind.EXERCISE,
        solved=submission.has_passed,
        ended=False,
        graded_anew=any(grading["outcome"] in COUNTING for grading in submission.earlier),
        hint_level=int(bool(failed) and since.filter(report__hint__has_key="key").exists()),  # the idea, no code
        failed_attempts=len(failed),
        first_exposure=not before,
        pasted=submission.meaning in before,
        active_seconds=sum(one.seconds_at_work or 0 for one in tries) or None,
        own_median=median(own) if own else None,
        own_times=len(own),
        cohort_median=_median(_seconds(Submission.objects.exclude(learner=submission.learner), submission.exercise)),
    )


def _tries_since_review(submission: Submission) -> SubmissionQuerySet:
    """The tries that belong to this review, this one included."""
    tries = Submission.objects.tries().of(submission.learner, submission.exercise)
    last = Card.objects.of(submission.learner).filter(item=submission.item).values_list("last_ms", flat=True).first()
    if last:
        tries = tries.filter(created_at__gt=datetime.fromtimestamp(last / 1000, tz=submission.created_at.tzinfo))
    return tries.filter(created_at__lte=submission.created_at)


def _solutions_before(submission: Submission) -> set[str]:
    """The learner's own solutions of earlier days."""
    yesterday = submission.created_at - timedelta(hours=12)
    passed = Submission.objects.tries().of(submission.learner, submission.exercise).filter(outcome=Outcome.PASSED)
    return set(passed.filter(created_at__lt=yesterday).values_list("meaning", flat=True))


def _seconds(submissions, exercise: str | None = None) -> list[int]:
    """Active times of solved work, the newest first."""
    solved = submissions.tries().filter(outcome=Outcome.PASSED, seconds_at_work__gt=0)
    if exercise:
        solved = solved.filter(exercise=exercise)
    return list(solved.order_by("-created_at").values_list("seconds_at_work", flat=True)[:TIMES_KEPT])


def _median(values: list[int]) -> float | None:
    return median(values) if values else None


def is_due(learner, item: str, now: datetime) -> bool:
    """Whether the exercise is to be recalled again."""
    card = _card(learner, item)
    return card is not None and not card.is_new and card.due <= now


def _card(learner, item: str) -> Card | None:
    return Card.objects.select_related("learner").filter(learner=learner, item=item).first() if item else None


def returns(submission: Submission) -> datetime | None:
    """When the exercise is asked again, as known now."""
    if not submission.has_passed or submission.is_run:
        return None
    card = _card(submission.learner_id, submission.item)
    return card.due if card else None


def rated(submission: Submission, now: datetime) -> Rated | None:
    """How this very verdict was rated, and why; nothing once the day of study is over."""
    if submission.is_run or submission.outcome not in COUNTING:
        return None
    event = ReviewEvent.objects.filter(learner=submission.learner_id, item=submission.item, rating__isnull=False)
    # The learner may have said otherwise since: then another line stands in its place.
    standing = event.standing().filter(Q(pk=submission.pk) | Q(evidence__rerates=submission.pk)).last()
    today = today_of(submission.learner, now)
    if standing is None or standing.study_date != today:
        return None
    return asking.rated(submission.learner, standing, today, get_language() or DEFAULT_LOCALE)
