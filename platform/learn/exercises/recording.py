"""Writes the verdict down, and the review it causes: both or neither, once."""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from graders.protocol import Outcome, Verdict
from learn.exercises import queue, remembering
from learn.exercises.models import State, Submission, new_token

log = logging.getLogger(__name__)

# Gradings that broke on our side, or were never answered, are tried again this often.
MAX_RESENDS = 3


@transaction.atomic
def record(pk: str, grading: int, token: str, verdict: Verdict, now: datetime) -> bool:
    """Record `verdict` if it is the first one of the submission's last grading; whether it was.

    The guard is in the UPDATE itself: of two that come together one finds nothing to update.
    """
    if verdict.outcome is Outcome.BROKEN and _try_again(pk, grading, token, now):
        return False
    written = Submission.objects.filter(pk=pk, grading=grading, token=token, state=State.QUEUED).update(
        state=State.GRADED,
        outcome=verdict.outcome,
        score=min(1.0, max(0.0, verdict.score)) if math.isfinite(verdict.score) else 0.0,
        report=storable(verdict.to_dict()),
        graded_at=now,
    )
    if not written:
        log.info("a verdict for %s, grading %s, was dropped: late, doubled or not ours", pk, grading)
        _leave_place(pk, token)
        return False
    submission = Submission.objects.select_related("learner").get(pk=pk)
    remembering.remember(submission, now)
    transaction.on_commit(lambda: queue.tell_recorded(pk), robust=True)
    queue.wake_for(submission.learner_id, submission.queue)
    return True


def _leave_place(pk: str, token: str) -> None:
    """Of one that was withdrawn the grader has now let go: the learner's next one may be sent."""
    withdrawn = Submission.objects.filter(pk=pk, token=token, state=State.WITHDRAWN, sent_at__isnull=False)
    for submission in withdrawn.only("learner", "queue"):
        withdrawn.update(sent_at=None)
        queue.wake_for(submission.learner_id, submission.queue)


def _try_again(pk: str, grading: int, token: str, now: datetime) -> bool:
    """Our own fault is not the learner's verdict: send the job again, as long as that makes sense."""
    submission = Submission.objects.waiting().filter(pk=pk, grading=grading, token=token).first()
    if submission is None or submission.resends >= MAX_RESENDS:
        return False
    # That job has ended. A new token makes whatever else it may still say count for nothing. The sweep
    # sends it again a little later: what broke may need a moment.
    resends = submission.resends + 1
    renewed = {"token": new_token(), "resends": resends, "sent_at": None, "deadline": now + timedelta(seconds=resends)}
    Submission.objects.waiting().filter(pk=pk, token=token).update(**renewed)
    queue.wake_for(submission.learner_id, submission.queue)  # the learner's next one need not rest
    return True


def storable(value: Any) -> Any:
    """`value` as every database's JSON takes it: no NUL, no lone surrogate, no NaN."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
