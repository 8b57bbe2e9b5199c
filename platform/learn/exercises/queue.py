"""The only door to the graders: wakes one, asks who serves a queue, and hears how far one is."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import kombu.exceptions
import redis
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from graders.protocol import QUEUE_SITE, TASK_GRADE, CaseResult, Job, claim_key, heartbeat_key, progress_channel
from learn.celery import app
from learn.exercises.models import State, Submission

log = logging.getLogger(__name__)

# One new attempt on a fresh connection, because a pooled one may have died with the last broker. No
# more: a learner waits for this.
RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
UNREACHABLE = (kombu.exceptions.OperationalError, redis.RedisError, OSError)


# How soon a row that was not sent, or was about to be sent when somebody died, is looked at again.
UNSENT = timedelta(seconds=5)


def wake_grader(submission: Submission) -> None:
    """Send the job once the row is committed: a grader never hears of a row that may vanish."""
    wake_for(submission.learner_id, submission.queue)


def wake_for(learner: int, name: str) -> None:
    transaction.on_commit(lambda: send_next(learner, name), robust=True)


def send_next(learner: int, name: str, now: datetime | None = None) -> bool:
    """Give the broker the learner's next job of queue `name`, unless it has one of theirs. Whether it got it.

    Otherwise the row waits: whoever records the verdict in front calls this again, and so does the sweep.
    """
    now = now or timezone.now()
    mine = Submission.objects.filter(learner=learner, queue=name)
    submission = mine.unsent(now).first()
    if submission is None or not _take_place(submission, now):
        return False
    if not send(submission, now):
        mine.filter(pk=submission.pk, sent_at=now).update(sent_at=None, deadline=submission.deadline)
        return False
    return True


def _take_place(submission: Submission, now: datetime) -> bool:
    """The database decides between two that come at once: a learner has one place in each queue."""
    mine = Submission.objects.filter(learner=submission.learner_id, queue=submission.queue)
    mine.filter(state=State.WITHDRAWN, sent_at__isnull=False, deadline__lte=now).update(sent_at=None)
    try:
        with transaction.atomic():
            taken = mine.waiting().filter(pk=submission.pk, sent_at=None)
            return bool(taken.update(sent_at=now, deadline=now + UNSENT))
    except IntegrityError:
        return False


def send(submission: Submission, now: datetime | None = None) -> bool:
    """Give the job to the broker. False if it cannot be reached."""
    now = now or timezone.now()
    if not publish(submission.job(now), submission.queue):
        return False
    _mark_sent(submission, now)
    return True


def publish(job: Job, queue: str) -> bool:
    """Whether the broker took the job."""
    try:
        broker().ping()  # one that hangs is found out in a second; publishing would wait for many
        app.send_task(
            TASK_GRADE,
            kwargs={"job": job.to_dict()},
            queue=queue,
            task_id=f"{job.submission}:{secrets.token_hex(4)}",  # so that a list of the broker tells whose it holds
            ignore_result=True,
            retry=True,
            retry_policy=RETRY,
        )
    except UNREACHABLE as error:
        log.warning("%s was kept but not sent: %s", job.submission, error)
        return False
    return True


def still_held(submissions: Collection[Submission]) -> set[str]:
    """The ids of those that nobody lost: their job lies in the broker's list, or a living grader claims it."""
    with _best_effort():
        return _held(submissions)
    return set()


def _held(submissions: Collection[Submission]) -> set[str]:
    if not submissions:
        return set()
    found = set()
    for name in {submission.queue for submission in submissions}:
        names = [json.loads(raw)["headers"]["id"] for raw in broker().lrange(name, 0, -1)]
        found.update(name.partition(":")[0] for name in names)
    ids = [submission.pk for submission in submissions]
    claims = broker().mget(map(claim_key, ids))
    return {pk for pk, claim in zip(ids, claims, strict=True) if claim is not None or pk in found}


def dropped(submissions: Collection[Submission]) -> set[str]:
    """The ids of those that nobody holds, with no verdict on its way: their grader is dead.

    Empty where the broker does not say: nothing is lost by silence.
    """
    with _best_effort():
        held = _held(submissions)
        return set() if broker().llen(QUEUE_SITE) else {submission.pk for submission in submissions} - held
    return set()


def _mark_sent(submission: Submission, now: datetime) -> None:
    submission.sent_at = now
    submission.deadline = now + timedelta(seconds=submission.patience * 2**submission.resends)
    # The verdict may have come already: only a row that still waits is touched.
    waiting = Submission.objects.filter(pk=submission.pk, state=State.QUEUED, grading=submission.grading)
    waiting.update(sent_at=submission.sent_at, deadline=submission.deadline)


# --------------------------------------------------------------------------------- what graders tell


@dataclass(frozen=True)
class Serving:
    """Who serves a queue. `reachable` is False where the broker itself does not answer."""

    reachable: bool
    grader: dict | None = None

    def __bool__(self) -> bool:
        return self.grader is not None


def serving(queue: str) -> Serving:
    try:
        told = broker().get(heartbeat_key(queue))
    except UNREACHABLE:
        return Serving(False)
    grader = _read(told)
    return Serving(True, grader if grader is not None or not told else {})


@dataclass(frozen=True)
class Progress:
    """How far a grader is with one submission."""

    state: str
    grading: int | None = None
    total: int = 0  # 0: not known
    cases: tuple[CaseResult, ...] = field(default_factory=tuple)

    @classmethod
    def read(cls, told: bytes | str | None) -> Progress | None:
        """None for anything that is no progress: whoever can publish can publish nonsense."""
        data = _read(told)
        if data is None:
            return None
        try:
            cases = tuple(CaseResult.from_dict(case) for case in data.get("cases", ()))
            return cls(str(data["state"]), data.get("grading"), int(data.get("total") or 0), cases)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def progress(submission: Submission) -> Progress | None:
    """What a grader last told of this grading; nothing while none has started, or the broker is away."""
    return progress_of(submission.pk, submission.grading)


def progress_of(pk: str, grading: int) -> Progress | None:
    try:
        told = Progress.read(broker().get(last_key(pk)))
    except UNREACHABLE:
        return None
    return told if told is not None and told.grading in (None, grading) else None


def last_key(pk: str) -> str:
    return progress_channel(pk) + ":last"


def tell_recorded(pk: str) -> None:
    """Let those who watch know that the row has changed."""
    with _best_effort():
        broker().publish(progress_channel(pk), json.dumps({"state": "recorded"}))


def _read(told: bytes | str | None) -> dict | None:
    try:
        data = json.loads(told) if told else None
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


@contextmanager
def _best_effort() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        log.info("the broker did not answer: %s", error)


@cache
def broker() -> redis.Redis:
    """One pool a process; short timeouts, because a page waits for it."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.5)
