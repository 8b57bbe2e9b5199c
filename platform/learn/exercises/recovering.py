"""Wakes a grader again for the lost, gives up on what cannot be graded, and grades again what was mended."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from graders.protocol import QUEUE_GPU, Outcome, Verdict
from learn.exercises import queue, recording
from learn.exercises.models import State, Submission, new_token

log = logging.getLogger(__name__)

AT_ONCE = 200
# Between the broker's list and a grader's claim on what it took, a job is nowhere to be seen.
IN_PASSING = timedelta(seconds=5)


def resend_lost(now: datetime) -> int:
    """Send what was passed over, and again what nobody answered in time; how many were sent."""
    _hasten_dropped(now)
    return _send_passed_over(now) + _resend_overdue(now)


def _send_passed_over(now: datetime) -> int:
    turns = Submission.objects.passed_over(now).values_list("learner", "queue").distinct()[:AT_ONCE]
    sent = 0
    for learner, name in turns:
        if not queue.send_next(learner, name, now):
            break  # the broker is away, for the others too
        sent += 1
    return sent


def _hasten_dropped(now: datetime) -> None:
    """What a grader died with is overdue at once: the learner need not wait out what a living one may take."""
    in_hand = Submission.objects.in_hand(now - IN_PASSING, now)
    if looked_at := list(in_hand.only("pk", "queue")[:AT_ONCE]):
        in_hand.filter(pk__in=queue.dropped(looked_at)).update(deadline=now)


def _resend_overdue(now: datetime) -> int:
    sent, overdue = 0, list(Submission.objects.overdue(now)[:AT_ONCE])
    held = queue.still_held(overdue)
    for submission in overdue:
        if not queue.serving(submission.queue):
            continue  # nothing is lost: there is nobody to ask. The page says so.
        if submission.pk in held:  # to send it again would only make a long queue longer
            _wait_on(submission, now)
            continue
        if submission.resends >= recording.MAX_RESENDS:
            _give_up(submission, now)
            continue
        if not _claim(submission, now):
            continue
        if not queue.send(submission, now):
            _release(submission, now)
            break
        sent += 1
    return sent


def _wait_on(submission: Submission, now: datetime) -> None:
    later = now + timedelta(seconds=submission.patience)
    Submission.objects.waiting().filter(pk=submission.pk).update(deadline=later)


def _claim(submission: Submission, now: datetime) -> bool:
    """Take the resending of this row: two sweeps at once send it once."""
    submission.resends += 1
    later = now + timedelta(seconds=submission.patience * 2**submission.resends)
    same = Submission.objects.waiting().filter(pk=submission.pk, deadline=submission.deadline)
    return bool(same.update(resends=submission.resends, deadline=later))


def _release(submission: Submission, now: datetime) -> None:
    """The broker did not take it: the next sweep tries again, and nothing is counted."""
    same = Submission.objects.waiting().filter(pk=submission.pk, resends=submission.resends)
    same.update(deadline=now, resends=submission.resends - 1)


def _give_up(submission: Submission, now: datetime) -> None:
    verdict = Verdict(Outcome.BROKEN, message="No grader answered.")
    recording.record(submission.pk, submission.grading, submission.token, verdict, now)
    log.error("submission %s was given up after %s resends", submission.pk, submission.resends)


@transaction.atomic
def grade_again(submission: Submission, package: str, now: datetime) -> bool:
    """Grade the same code, with the same seed, by the package of digest `package`.

    The earlier verdict stands until the new one comes. A grading in flight is void from now on.
    """
    found = Submission.objects.filter(pk=submission.pk, grading=submission.grading).exclude(state=State.WITHDRAWN)
    written = found.update(
        state=State.QUEUED,
        grading=submission.grading + 1,
        token=new_token(),
        package=package,
        # What was graded with an accelerator is again: graders of the queue regrade have none.
        queue="regrade" if submission.queue != QUEUE_GPU and queue.serving("regrade") else submission.queue,
        resends=0,
        sent_at=None,
        deadline=now,
        earlier=[*submission.earlier, *_summary(submission)],
    )
    if written:
        queue.wake_grader(Submission.objects.get(pk=submission.pk))
    return bool(written)


def _summary(submission: Submission) -> list[dict]:
    if not submission.outcome:
        return []
    about = {name: getattr(submission, name) for name in ("grading", "package", "outcome", "score")}
    return [{**about, "graded_at": submission.graded_at.isoformat()}]


def grade_all_again(exercise: str, package: str, now: datetime) -> int:
    """Grade every counted submission of `exercise` by `package`; how many were sent."""
    counted: Iterable[Submission] = Submission.objects.tries().filter(exercise=exercise, state=State.GRADED)
    return sum(grade_again(submission, package, now) for submission in counted.iterator(chunk_size=100))
