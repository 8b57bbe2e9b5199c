"""The door to the graders, with a real broker and with none."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from graders.protocol import TASK_GRADE, CaseResult, Job, Outcome, heartbeat_key, progress_channel
from learn.exercises import queue, recovering
from learn.exercises.models import Submission
from tests.learn.exercises.conftest import NOW, open_broker


def jobs(broker, name: str = "cpu") -> list[Job]:
    """What lies in a queue, oldest first, as a grader would read it."""
    import base64

    messages = [json.loads(raw) for raw in broker.lrange(name, 0, -1)]
    assert all(message["headers"]["task"] == TASK_GRADE for message in messages)
    bodies = [json.loads(base64.b64decode(message["body"])) for message in messages]
    return [Job.from_dict(kwargs["job"]) for _, kwargs, _ in reversed(bodies)]


def test_a_submission_wakes_a_grader_with_all_it_needs(send, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        submission = send("def scale(x, by):\n    return x\n")

    (job,) = jobs(broker)
    assert job.files == {"solution.py": "def scale(x, by):\n    return x\n"}
    assert (job.submission, job.grading, job.token) == (submission.pk, 1, submission.token)
    assert (job.exercise, job.package, job.mode) == ("scaled", submission.package, "submit")
    assert len(job.seed) == 32 and int(job.seed, 16) >= 0
    submission.refresh_from_db()
    assert submission.sent_at is not None
    assert job.deadline > time.time()


def test_no_grader_hears_of_a_row_that_was_rolled_back(send, broker, django_capture_on_commit_callbacks):
    send()  # the test's own transaction never commits

    assert jobs(broker) == []


def test_every_grading_has_a_seed_and_a_token_of_its_own(send, record, no_broker):
    first = send()
    record(first)
    second = send()

    assert first.seed != second.seed
    assert first.token != second.token


def test_without_a_broker_the_row_is_kept_and_the_learner_does_not_wait(
    send, no_broker, django_capture_on_commit_callbacks
):
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        submission = send()

    assert time.monotonic() - began < 2.5
    submission.refresh_from_db()
    assert submission.is_waiting
    assert submission.sent_at is None


def test_a_broker_that_hangs_does_not_hold_the_learner(send, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        process = broker.info("server")["process_id"]
        submission = send()
        os.kill(process, signal.SIGSTOP)
        began = time.monotonic()
    waited = time.monotonic() - began
    os.kill(process, signal.SIGCONT)

    assert waited < 3
    submission.refresh_from_db()
    assert submission.sent_at is None
    assert queue.send(submission)


def test_what_was_kept_is_sent_when_the_broker_is_back(send, no_broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        submission = send()
    Submission.objects.update(deadline=NOW)
    assert recovering.resend_lost(NOW) == 0

    with open_broker() as broker:
        assert recovering.resend_lost(NOW) == 1
        assert [job.submission for job in jobs(broker)] == [submission.pk]
    submission.refresh_from_db()
    assert submission.resends == 0  # it was never lost


def test_a_broker_that_was_restarted_is_found_again(send, record, django_capture_on_commit_callbacks):
    with open_broker():
        with django_capture_on_commit_callbacks(execute=True):
            first = send()
    record(first)
    with open_broker() as broker, django_capture_on_commit_callbacks(execute=True):
        second = send()

        assert queue.send(second)
        assert jobs(broker)[-1].submission == second.pk


def test_a_queue_is_served_while_a_grader_says_so(broker):
    assert queue.serving("cpu") == queue.Serving(reachable=True)

    broker.set(heartbeat_key("cpu"), json.dumps({"engine": "docker", "host": "g1"}), ex=30)

    assert queue.serving("cpu").grader == {"engine": "docker", "host": "g1"}
    assert not queue.serving("gpu")


def test_without_a_broker_nobody_knows_who_serves(no_broker):
    assert queue.serving("cpu") == queue.Serving(reachable=False)


def test_the_last_progress_is_read_by_who_comes_later(send, broker):
    submission = send()
    case = CaseResult("by two", Outcome.PASSED, sample=True)
    told = {"state": "running", "grading": 1, "done": 1, "cases": [case.to_dict()]}
    broker.set(queue.last_key(submission.pk), json.dumps(told), ex=60)

    progress = queue.progress(submission)

    assert (progress.state, progress.cases) == ("running", (case,))


def test_the_progress_of_an_earlier_grading_is_not_shown(send, broker):
    submission = send()
    broker.set(queue.last_key(submission.pk), '{"state": "running", "grading": 7, "cases": []}', ex=60)

    assert queue.progress(submission) is None


@pytest.mark.parametrize(
    "told",
    [None, b"", b"nonsense", b"[1]", b"{}", b'{"state": "running", "cases": 3}', b'{"state": 1, "cases": [{"x": 1}]}'],
)
def test_nonsense_is_no_progress(told):
    assert queue.Progress.read(told) is None


def test_those_who_watch_are_told_of_the_verdict(send, record, broker, django_capture_on_commit_callbacks):
    submission = send()
    watch = broker.pubsub(ignore_subscribe_messages=True)
    watch.subscribe(progress_channel(submission.pk))
    watch.get_message(timeout=1)

    with django_capture_on_commit_callbacks(execute=True):
        record(submission)

    assert json.loads(watch.get_message(timeout=2)["data"]) == {"state": "recorded"}
    watch.close()
