"""Has the programs that came with an exercise judged, for visitors to see: by the same graders as everyone's code.

A visitor chooses a program and never sends one, so nothing of theirs reaches a sandbox. Each program is
judged at most once a minute, whoever asks: a crowd costs the graders no more than one visitor.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from graders.protocol import Job, Mode, Outcome, Verdict
from learn.exercises import queue
from learn.exercises.models import ASKED_AGAIN_AFTER, DEMONSTRATION, SOLUTION, Demonstration, new_seed, new_token
from learn.exercises.recording import storable


def ask(exercise, piece, now: datetime) -> Demonstration:
    """Have the program judged on the samples, unless that was asked within the last minute."""
    row, _ = Demonstration.objects.get_or_create(package=exercise.digest, name=piece["file"])
    free = Q(asked_at__isnull=True) | Q(asked_at__lte=now - ASKED_AGAIN_AFTER)
    # Of two that ask at once one finds nothing to update.
    taken = Demonstration.objects.filter(free, pk=row.pk).update(
        asked_at=now, token=new_token(), grading=F("grading") + 1
    )
    row.refresh_from_db()
    if taken and not queue.publish(_job(row, exercise, piece, now), exercise.queue):
        Demonstration.objects.filter(pk=row.pk, token=row.token).update(asked_at=None)
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
        deadline=(now + ASKED_AGAIN_AFTER).timestamp(),
    )


def record(job_id: str, grading: int, token: str, verdict: Verdict, now: datetime) -> bool:
    """Keep what the grader says, if it is of the last asking. What broke on our side says nothing."""
    number = job_id.removeprefix(DEMONSTRATION)
    if verdict.outcome is Outcome.BROKEN or not number.isdigit():
        return False
    row = Demonstration.objects.filter(pk=int(number), grading=grading, token=token)
    report = storable(verdict.to_dict())
    return bool(
        row.filter(Q(graded_at__isnull=True) | Q(graded_at__lt=F("asked_at"))).update(report=report, graded_at=now)
    )
