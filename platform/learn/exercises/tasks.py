"""The door back: what graders and the clock call. One line each; what is worth testing is elsewhere."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from graders.protocol import TASK_RECORD, Verdict
from learn.exercises import demonstrating, recording, recovering
from learn.exercises.models import DEMONSTRATION


# A database that is busy or restarting is asked again; if it stays away, the sweep sends the job again.
@shared_task(name=TASK_RECORD, ignore_result=True, autoretry_for=(OperationalError,), retry_backoff=1, max_retries=5)
def record(submission: str, grading: int, token: str, verdict: dict[str, Any]) -> None:
    keep = demonstrating.record if submission.startswith(DEMONSTRATION) else recording.record
    keep(submission, grading, token, Verdict.from_dict(verdict), timezone.now())


@shared_task(name="learn.exercises.resend_lost", ignore_result=True)
def resend_lost() -> None:
    recovering.resend_lost(timezone.now())
