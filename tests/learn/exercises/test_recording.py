"""Exactly one verdict is recorded, whatever the messages do."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from django.db import connection

from graders.protocol import CaseResult, Outcome, Verdict
from learn.exercises import recording, recovering, submitting
from learn.exercises.models import State, Submission
from tests.learn.exercises.conftest import NOW, verdict_of

pytestmark = pytest.mark.usefixtures("no_broker")


def test_a_verdict_is_kept_whole(send, record):
    submission = send()
    verdict = verdict_of(Outcome.FAILED, hint={"key": "adds", "en": "Adding is not multiplying."})

    assert record(submission, verdict)

    submission = Submission.objects.get(pk=submission.pk)
    assert (submission.state, submission.outcome, submission.score) == (State.GRADED, "failed", 0.0)
    assert submission.verdict == verdict
    assert submission.graded_at == NOW


def test_a_doubled_verdict_counts_once(send, record):
    submission = send()

    assert record(submission, Outcome.PASSED)
    assert not record(submission, Outcome.PASSED)
    assert not record(submission, Outcome.FAILED)
    assert Submission.objects.get().outcome == "passed"


def test_a_forged_token_counts_for_nothing(send, record):
    submission = send()

    assert not record(submission, Outcome.PASSED, token="guessed")
    assert not record(submission, Outcome.PASSED, token="")
    assert Submission.objects.get().is_waiting


def test_a_verdict_for_nobody_counts_for_nothing(db):
    assert not recording.record("01AAAAAAAAAAAAAAAAAAAAAAAA", 1, "token", verdict_of(Outcome.PASSED), NOW)


def test_a_verdict_of_an_earlier_grading_is_void(send, record):
    submission = send()
    first = submission.token
    recovering.grade_again(submission, submission.package, NOW)

    assert not record(submission, Outcome.FAILED, grading=1, token=first)
    assert not record(submission, Outcome.FAILED, grading=2, token=first)
    assert record(submission, Outcome.PASSED)


def test_a_verdict_after_a_resend_still_counts(send, record, broker):
    submission = send()
    serve(broker)
    Submission.objects.update(sent_at=NOW, deadline=NOW)
    token = submission.token
    assert recovering.resend_lost(NOW) == 1

    assert record(submission, Outcome.PASSED, token=token, grading=1)
    assert not record(submission, Outcome.FAILED)


def serve(broker, queue: str = "cpu") -> None:
    from graders.protocol import heartbeat_key

    broker.set(heartbeat_key(queue), '{"engine": "none"}', ex=30)


def test_a_verdict_after_it_was_given_up_is_too_late(send, record, broker):
    submission = send()
    serve(broker)
    Submission.objects.update(sent_at=NOW, deadline=NOW, resends=recording.MAX_RESENDS)
    recovering.resend_lost(NOW)

    assert not record(submission, Outcome.PASSED)
    assert Submission.objects.get().outcome == "broken"


def test_a_withdrawn_submission_takes_no_verdict(send, record):
    submission = send()
    submitting.withdraw(submission, NOW)

    assert not record(submission, Outcome.PASSED)
    assert Submission.objects.get().state == State.WITHDRAWN


def test_our_own_fault_is_tried_again_three_times_and_then_told(send, record):
    submission = send()
    seen = set()

    for resends in (1, 2, 3):
        seen.add(submission.token)
        assert not record(submission, Outcome.BROKEN)
        submission.refresh_from_db()
        assert (submission.is_waiting, submission.resends, submission.sent_at) == (True, resends, None)
    assert submission.token not in seen
    assert record(submission, Outcome.BROKEN)
    assert Submission.objects.get().outcome == "broken"


def test_a_doubled_broken_verdict_uses_up_one_try(send, record):
    submission = send()
    token = submission.token

    record(submission, Outcome.BROKEN)
    assert not record(submission, Outcome.BROKEN, token=token)

    assert Submission.objects.get().resends == 1


@pytest.mark.parametrize("text", ["a\x00b", "half a pair \ud83d"])
def test_what_no_database_takes_is_made_storable(send, record, text):
    cases = (
        CaseResult("by two", Outcome.ERROR, kind="raised", message=text, details={"n": float("nan"), text: [text]}),
    )

    assert record(submission := send(), Verdict(Outcome.ERROR, float("nan"), cases, log=text))

    submission.refresh_from_db()
    assert submission.score == 0.0
    assert submission.report["cases"][0]["details"]["n"] == "nan"
    assert "\x00" not in submission.report["log"]
    submission.report["log"].encode()


@pytest.mark.parametrize("score", [-1.0, 7.0, float("inf")])
def test_a_score_outside_its_range_is_brought_into_it(send, record, score):
    submission = send()

    assert record(submission, replace(verdict_of(Outcome.PASSED), score=score))

    submission.refresh_from_db()
    assert 0 <= submission.score <= 1


@pytest.mark.django_db(transaction=True)
def test_of_many_verdicts_at_once_exactly_one_is_recorded(send):
    submission = send()
    outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.TIME] * 3
    told, start = [], threading.Barrier(len(outcomes))

    def tell(outcome: Outcome) -> None:
        start.wait()
        try:
            told.append((recording.record(submission.pk, 1, submission.token, verdict_of(outcome), NOW), outcome))
        finally:
            connection.close()

    run_all([threading.Thread(target=tell, args=[outcome]) for outcome in outcomes])

    counted = [outcome for recorded, outcome in told if recorded]
    assert len(told) == len(outcomes)
    assert counted == [Submission.objects.get().outcome]


@pytest.mark.django_db(transaction=True)
def test_a_verdict_and_a_new_grading_at_once_never_mix(send):
    """Either the verdict was first and the new grading waits beside it, or it came too late and is void."""
    for _ in range(5):
        Submission.objects.all().delete()
        submission = send()
        token, start, recorded = submission.token, threading.Barrier(2), []

        def tell(submission=submission, token=token, start=start, recorded=recorded) -> None:
            start.wait()
            recorded.append(recording.record(submission.pk, 1, token, verdict_of(Outcome.PASSED), NOW))
            connection.close()

        def again(submission=submission, start=start) -> None:
            start.wait()
            recovering.grade_again(submission, "other", NOW)
            connection.close()

        run_all([threading.Thread(target=tell), threading.Thread(target=again)])

        submission.refresh_from_db()
        assert (submission.grading, submission.state) == (2, State.QUEUED)
        assert bool(submission.outcome) == recorded[0]


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
