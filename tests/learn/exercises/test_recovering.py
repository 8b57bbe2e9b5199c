"""What was lost is sent again; what cannot be graded is given up, at our cost."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection

from graders.protocol import QUEUE_SITE, Outcome, claim_key, heartbeat_key
from learn.exercises import queue, recording, recovering
from learn.exercises.models import State, Submission
from tests.learn.exercises.conftest import NOW, SOLUTION
from tests.learn.exercises.test_queue import jobs


@pytest.fixture
def served(broker):
    """A grader says that it serves the queue; what it does is up to the test."""
    broker.set(heartbeat_key("cpu"), json.dumps({"engine": "none"}), ex=60)
    return broker


@pytest.fixture
def sent(send):
    """A submission that the broker had, and whose answer is overdue."""

    def sent(**changes) -> Submission:
        submission = send()
        Submission.objects.filter(pk=submission.pk).update(**{"sent_at": NOW, "deadline": NOW, **changes})
        submission.refresh_from_db()
        return submission

    return sent


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_user("other@example.org")


def test_what_nobody_answered_is_sent_again(sent, served):
    submission = sent()

    assert recovering.resend_lost(NOW) == 1

    (job,) = jobs(served)
    assert (job.submission, job.token, job.grading) == (submission.pk, submission.token, 1)


def test_what_is_not_overdue_is_left_alone(sent, served):
    sent(deadline=NOW + timedelta(seconds=1))

    assert recovering.resend_lost(NOW) == 0
    assert jobs(served) == []


def test_patience_doubles_each_time(sent, served):
    submission, now, waits = sent(patience=60), NOW, []
    for _ in range(3):
        assert recovering.resend_lost(now) == 1
        submission.refresh_from_db()
        waits.append((submission.deadline - now).total_seconds())
        served.delete("cpu")  # a grader took it, and died
        now = submission.deadline

    assert waits == [120, 240, 480]


def test_after_three_resends_it_is_our_fault(sent, served):
    submission = sent(resends=recording.MAX_RESENDS)

    assert recovering.resend_lost(NOW) == 0

    submission.refresh_from_db()
    assert (submission.state, submission.outcome) == (State.GRADED, Outcome.BROKEN)
    assert not Submission.objects.tries().exists()


def test_while_nobody_serves_the_queue_nothing_is_lost(sent, broker):
    submission = sent(resends=recording.MAX_RESENDS)

    for day in range(5):
        assert recovering.resend_lost(NOW + timedelta(days=day)) == 0

    submission.refresh_from_db()
    assert submission.is_waiting
    assert jobs(broker) == []


def test_what_still_lies_in_the_queue_is_not_lost_however_long_that_takes(sent, served):
    submission = sent()
    queue.send(submission, NOW - timedelta(minutes=5))
    Submission.objects.filter(pk=submission.pk).update(deadline=NOW)

    for minutes in range(20):
        recovering.resend_lost(NOW + timedelta(minutes=minutes))

    submission.refresh_from_db()
    assert (submission.resends, submission.is_waiting) == (0, True)
    assert submission.deadline > NOW + timedelta(minutes=19)
    assert len(jobs(served)) == 1


def test_what_was_taken_and_not_answered_is_sent_again_though_a_copy_of_another_is_held(sent, served, send, other):
    taken, waiting = sent(), send(who=other)
    queue.send(taken, NOW)
    served.rpop("cpu")
    queue.send(waiting, NOW)
    Submission.objects.update(deadline=NOW)

    assert recovering.resend_lost(NOW) == 1

    assert [job.submission for job in jobs(served)] == [waiting.pk, taken.pk]


def test_a_job_of_an_earlier_resending_that_is_held_is_enough(sent, served):
    sent()
    assert recovering.resend_lost(NOW) == 1
    Submission.objects.update(deadline=NOW)

    assert recovering.resend_lost(NOW) == 0
    assert len(jobs(served)) == 1


@pytest.fixture
def taken(sent):
    """A submission that a grader took from the broker's list, and has time left to answer."""
    return sent(sent_at=NOW - timedelta(seconds=6), deadline=NOW + timedelta(seconds=50))


def test_what_a_grader_died_with_is_sent_again_before_its_patience_is_over(taken, served):
    assert recovering.resend_lost(NOW) == 1

    assert [job.submission for job in jobs(served)] == [taken.pk]
    taken.refresh_from_db()
    assert taken.resends == 1
    assert recovering.resend_lost(NOW + timedelta(seconds=10)) == 0  # it lies in the list now


def test_what_a_living_grader_has_in_hand_is_left_to_it(taken, served):
    served.set(claim_key(taken.pk), "1", ex=60)

    assert recovering.resend_lost(NOW) == 0


def test_what_a_living_grader_has_in_hand_for_long_because_its_engine_is_away_costs_no_try(sent, served):
    submission = sent()
    served.set(claim_key(submission.pk), "1", ex=60)

    assert recovering.resend_lost(NOW) == 0

    submission.refresh_from_db()
    assert (submission.resends, jobs(served)) == (0, [])
    assert submission.deadline > NOW


def test_what_was_sent_just_now_may_be_on_its_way_to_a_grader(taken, served):
    assert recovering.resend_lost(NOW - timedelta(seconds=2)) == 0


def test_while_verdicts_wait_to_be_recorded_nothing_is_taken_for_dropped(taken, served):
    served.lpush(QUEUE_SITE, "{}")

    assert recovering.resend_lost(NOW) == 0


def test_the_silence_of_a_broker_that_is_away_drops_nothing(taken, no_broker):
    assert recovering.resend_lost(NOW) == 0

    taken.refresh_from_db()
    assert taken.deadline == NOW + timedelta(seconds=50)


def test_the_broken_are_sent_again_a_little_later(send, record, served):
    submission = send()
    record(submission, Outcome.BROKEN, now=NOW)

    assert recovering.resend_lost(NOW) == 0
    assert recovering.resend_lost(NOW + timedelta(seconds=1)) == 1

    submission.refresh_from_db()
    (job,) = jobs(served)
    assert job.token == submission.token


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_send_once(sent, served):
    sent()
    served.delete("cpu")  # what submitting sent
    counts, start = [], threading.Barrier(4)

    def sweep() -> None:
        start.wait()
        counts.append(recovering.resend_lost(NOW))
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(counts) == [0, 0, 0, 1]
    assert len(jobs(served)) == 1


def test_a_resend_that_the_broker_did_not_take_is_not_counted(sent, no_broker, monkeypatch):
    submission = sent()
    # The heartbeat was read, and then the broker went away.
    monkeypatch.setattr(recovering.queue, "serving", lambda queue: recovering.queue.Serving(True, {}))

    assert recovering.resend_lost(NOW) == 0

    submission.refresh_from_db()
    assert (submission.resends, submission.deadline) == (0, NOW)


def test_grading_again_keeps_the_earlier_verdict_until_the_new_one(
    send, record, broker, django_capture_on_commit_callbacks
):
    submission = send()
    record(submission, Outcome.FAILED)
    submission.refresh_from_db()

    with django_capture_on_commit_callbacks(execute=True):
        assert recovering.grade_again(submission, "newpackage", NOW)

    (job,) = jobs(broker)
    submission.refresh_from_db()
    assert (job.grading, job.package, job.seed) == (2, "newpackage", submission.seed)
    assert (submission.outcome, submission.is_waiting) == ("failed", True)
    assert [one["outcome"] for one in submission.earlier] == ["failed"]

    record(submission, Outcome.PASSED)
    submission.refresh_from_db()
    assert submission.outcome == "passed"


def test_what_is_graded_again_waits_in_a_queue_of_its_own_where_it_is_served(send, record, broker):
    broker.set(heartbeat_key("regrade"), "{}", ex=60)
    submission = send()
    record(submission)
    submission.refresh_from_db()

    recovering.grade_again(submission, "newpackage", NOW)

    submission.refresh_from_db()
    assert submission.queue == "regrade"


def test_all_that_counted_is_graded_again(send, record, no_broker):
    outcomes = [Outcome.FAILED, Outcome.PASSED, Outcome.REFUSED]
    for minutes, outcome in enumerate(outcomes):
        record(send(f"{SOLUTION}# {minutes}", now=NOW + timedelta(minutes=minutes)), outcome)

    assert recovering.grade_all_again("scaled", "newpackage", NOW) == 2
