"""Has the programs that came with an exercise judged, for visitors to see: by the same graders as everyone's code.

A visitor chooses a program and never sends one, so nothing of theirs reaches a sandbox. Each program is
judged at most three times a minute, whoever asks: a crowd costs the graders no more than one visitor.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from graders.protocol import Job, Mode, Outcome, Verdict
from learn.exercises import queue
from learn.exercises.models import (
    ANSWERED_WITHIN,
    ASKED_AGAIN_AFTER,
    DEMONSTRATION,
    SOLUTION,
    Demonstration,
    new_seed,
)
from learn.exercises.recording import storable


def ask(exercise, piece, now: datetime) -> Demonstration:
    """Have the program judged on the samples, unless a grader has it, or answered a moment ago."""
    row, _ = Demonstration.objects.get_or_create(package=exercise.digest, name=piece["file"])
    answered = Q(graded_at__gte=F("asked_at"), asked_at__lte=now - ASKED_AGAIN_AFTER)
    free = Q(asked_at__isnull=True) | answered | Q(asked_at__lte=now - ANSWERED_WITHIN)
    # Of two that ask at once one finds nothing to update.
    taken = Demonstration.objects.filter(free, pk=row.pk).update(asked_at=now, grading=F("grading") + 1)
    row.refresh_from_db()
    if taken and not queue.publish(_job(row, exercise, piece, now), exercise.queue):
        Demonstration.objects.filter(pk=row.pk, grading=row.grading).update(asked_at=None)
        row.asked_at = None
    return row


def _job(row: Demonstration, exercise, piece, now: datetime) -> Job:
    return Job(
        submission=row.job_id,
        grading=row.grading,
        token=row.token,
        exercise=exercise.key,
        package=exercise.digest,
        files={SOLUTION: piece["text"]},
        seed=new_seed(),
        mode=Mode.RUN,
        staff=True,  # not a visitor's code but the course's
        deadline=(now + ANSWERED_WITHIN).timestamp(),
    )


def record(job_id: str, grading: int, token: str, verdict: Verdict, now: datetime) -> bool:
    """Keep what the grader says, once for each asking. What broke on our side says nothing.

    Of which grading it is does not matter: the program is the same, and a late answer is better than none.
    """
    number = job_id.removeprefix(DEMONSTRATION)
    if verdict.outcome is Outcome.BROKEN or not number.isdigit():
        return False
    unanswered = Q(graded_at__isnull=True) | Q(graded_at__lt=F("asked_at"))
    row = Demonstration.objects.filter(unanswered, pk=int(number), token=token)
    return bool(row.update(report=storable(verdict.to_dict()), graded_at=now))
