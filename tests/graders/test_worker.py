"""The grader as a Celery worker: what it does before and around a grading."""

from __future__ import annotations

import time
from dataclasses import replace

from graders import worker
from graders.protocol import Outcome
from graders.store import Store
from tests.graders.conftest import job


class Counting:
    """In the place of a Grader: counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def grade(self, wanted):
        self.asked += 1
        raise LookupError("asked")


def test_a_job_that_nobody_waits_for_any_longer_is_dropped(scaled, monkeypatch):
    counting = Counting()
    monkeypatch.setattr(worker, "grader", counting)

    worker.grade_task(replace(job(scaled, "x = 1"), deadline=time.time() - 1).to_dict())

    assert counting.asked == 0


def test_a_job_that_somebody_waits_for_is_graded(scaled, monkeypatch):
    counting = Counting()
    monkeypatch.setattr(worker, "grader", counting)

    try:
        worker.grade_task(replace(job(scaled, "x = 1"), deadline=time.time() + 60).to_dict())
    except LookupError:
        pass

    assert counting.asked == 1


def test_a_package_that_is_not_here_is_our_fault_and_says_what_to_do(scaled, cells, tmp_path):
    import redis

    nowhere = redis.Redis.from_url(f"unix://{tmp_path}/none.sock")
    grader = worker.Grader(None, cells, Store(tmp_path), nowhere)

    verdict = grader.grade(job(scaled, "x = 1"))

    assert verdict.outcome is Outcome.BROKEN
    assert "publish the exercise again" in verdict.message
