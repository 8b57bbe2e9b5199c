"""Keeps what a learner sends, and asks for a grader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from graders.protocol import Mode
from learn.exercises import queue, source
from learn.exercises.models import SOLUTION, Draft, State, Submission

# More in a minute is not learning, and would keep others waiting.
PER_MINUTE = {Mode.RUN: 20, Mode.SUBMIT: 10}
# Starting a cell without a pool, and judging, beside the time the exercise allows the code itself.
STARTING = 30


class TooMany(Exception):
    """The learner has sent too much within a minute; `seconds` until the next may come."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Submitted:
    submission: Submission
    fresh: bool  # False: one of this exercise was already on its way, and this is that one


def submit(learner, exercise, raw: str | bytes, mode: Mode, now: datetime, **about) -> Submitted:
    """One grading of `raw` for `learner`. Raises source.Refused and TooMany; both cost nothing.

    `exercise` is the published package; `about` goes into the row as it is: item, locale, seconds_at_work, and
    `queue` where it is one of the exercise's.
    """
    if about.get("queue") not in exercise.queues:
        about["queue"] = exercise.queue
    read = source.read(raw, exercise.functions)
    _hold_to_rate(learner, mode, now)
    for _ in range(3):
        try:
            return Submitted(_insert(learner, exercise, read, mode, now, about), fresh=True)
        except IntegrityError:
            # Another tab was first. If that one has been graded since, there is room again.
            existing = Submission.objects.of(learner, exercise.key).waiting().filter(mode=mode, grading=1).first()
            if existing is not None:
                return Submitted(existing, fresh=False)
    raise TooMany(1)


@transaction.atomic
def _insert(learner, exercise, read: source.Source, mode: Mode, now: datetime, about: dict) -> Submission:
    submission = Submission.objects.create(
        learner=learner,
        exercise=exercise.key,
        package=exercise.digest,
        files={SOLUTION: read.text},
        meaning=read.meaning,
        mode=mode,
        patience=patience(exercise.limits),
        deadline=now + queue.UNSENT,
        created_at=now,
        **about,
    )
    queue.wake_grader(submission)
    return submission


def patience(limits) -> int:
    """Seconds after which a grading that nobody answered is worth sending again."""
    return int(STARTING + limits.load_seconds + 2 * limits.seconds)


def _hold_to_rate(learner, mode: Mode, now: datetime) -> None:
    since = now - timedelta(minutes=1)
    recent = Submission.objects.filter(learner=learner, mode=mode, created_at__gt=since)
    times = list(recent.order_by("-created_at").values_list("created_at", flat=True)[: PER_MINUTE[mode]])
    if len(times) == PER_MINUTE[mode]:
        raise TooMany(max(1, round((times[-1] - since).total_seconds())))


def withdraw(submission: Submission, now: datetime) -> bool:
    """Stop waiting for a first grading. A verdict that still comes is dropped."""
    found = Submission.objects.waiting().filter(pk=submission.pk, grading=1)
    return bool(found.update(state=State.WITHDRAWN, graded_at=now))


def keep_sent(learner, exercise_key: str, text: str, now: datetime) -> None:
    """What was sent from a page without a script is the draft too."""
    draft = Draft.objects.filter(learner=learner, exercise=exercise_key).first()
    save_draft(learner, exercise_key, text, draft.revision if draft else 0, now)


class Outdated(Exception):
    """Another device saved a newer text. Carries that draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(str(draft))
        self.draft = draft


@transaction.atomic
def save_draft(learner, exercise_key: str, text: str, revision: int, now: datetime) -> Draft:
    """Keep `text`, which was written on top of `revision` (0: there was none). Raises Outdated."""
    text = text.replace("\x00", "").replace("\r\n", "\n")
    draft, created = Draft.objects.select_for_update().get_or_create(
        learner=learner, exercise=exercise_key, defaults={"text": text, "saved_at": now}
    )
    if created or draft.text == text:
        return draft
    if draft.revision != revision:
        raise Outdated(draft)
    draft.text, draft.revision, draft.saved_at = text, draft.revision + 1, now
    draft.save(update_fields=["text", "revision", "saved_at"])
    return draft
