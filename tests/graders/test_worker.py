"""The grader as a Celery worker: what it does before and around a grading."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest
import redis

from graders import worker
from graders.protocol import Outcome
from graders.store import Store
from sandbox import CellEnded, Ended, SandboxUnavailable
from tests.graders.conftest import job
from tests.local_sandbox import LocalEngine


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
    nowhere = redis.Redis.from_url(f"unix://{tmp_path}/none.sock")
    grader = worker.Grader(LocalEngine(), cells, Store(tmp_path), nowhere)

    verdict = grader.grade(job(scaled, "x = 1"))

    assert verdict.outcome is Outcome.BROKEN
    assert "publish the exercise again" in verdict.message


class Weak(LocalEngine):
    """An engine whose cells are for people one knows, as bwrap's are."""

    for_strangers = False


@pytest.fixture
def weak(scaled, cells, tmp_path, monkeypatch):
    """What a grader with such an engine says to staff, and to anybody else."""
    monkeypatch.delenv("ANNEAL_ALLOW_WEAK_SANDBOX", raising=False)
    grader = worker.Grader(Weak(), cells, Store(tmp_path), redis.Redis.from_url(f"unix://{tmp_path}/none.sock"))
    # Its store is empty: whoever gets as far as the package is told that it is missing.
    return lambda staff: grader.grade(replace(job(scaled, "x = 1"), staff=staff))


def test_a_weak_sandbox_runs_nothing_of_strangers_and_charges_them_nothing(weak):
    assert weak(staff=False).outcome is Outcome.REFUSED
    assert "staff" in weak(staff=False).message


def test_a_weak_sandbox_runs_what_staff_sends(weak):
    assert weak(staff=True).outcome is Outcome.BROKEN


def test_an_operator_may_open_a_weak_sandbox_to_everybody(weak, monkeypatch):
    monkeypatch.setenv("ANNEAL_ALLOW_WEAK_SANDBOX", "1")
    assert weak(staff=False).outcome is Outcome.BROKEN
    monkeypatch.setenv("ANNEAL_ALLOW_WEAK_SANDBOX", "")
    assert weak(staff=False).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "reason",
    [
        SandboxUnavailable("the image 'python' is missing; build it with: python -m sandbox setup"),
        CellEnded(Ended.LOST, "the engine started no container: seccomp (a kernel with CONFIG_SECCOMP_FILTER does)"),
    ],
    ids=["no engine", "no cell"],
)
def test_a_sandbox_that_cannot_work_is_an_error_at_the_start_with_its_remedy_and_no_queue_is_served(
    monkeypatch, caplog, reason
):
    def fail(*arguments, **options):
        raise reason

    monkeypatch.setattr("sandbox.choosing.choose", lambda *arguments, **options: LocalEngine())
    monkeypatch.setattr("sandbox.doctor.attack", fail)
    monkeypatch.setattr(worker.app, "Worker", lambda **options: pytest.fail("a queue is served"))

    assert worker.serve(["cpu"], 1, None) == 3
    (said,) = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert "python -m sandbox setup" in said and "Traceback" not in caplog.text
