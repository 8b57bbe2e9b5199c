"""What the page shows of a submission, without the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from graders.protocol import CaseResult, Mode, Outcome, Verdict, heartbeat_key
from learn.exercises import board as boards
from learn.exercises import recovering
from learn.exercises.board import board
from learn.exercises.models import Submission
from learn.exercises.queue import Progress
from tests.learn.exercises.conftest import NOW, verdict_of

SAMPLE = CaseResult("by two", Outcome.PASSED, sample=True, seconds=0.0004, shown={"args": "scale(x, 2)", "got": ""})
WRONG = CaseResult(
    "random", Outcome.FAILED, worth=2.0, kind="value", details={"max_error": "0.5", "allowed": "1e-5", "share": 0.25}
)


@pytest.fixture(autouse=True)
def forget_case_names():
    boards._case_names.clear()


@pytest.fixture
def served(broker):
    broker.set(heartbeat_key("cpu"), "{}", ex=60)
    return broker


def test_rows_say_what_happened_shape_first(send, record, no_broker):
    submission = send()
    record(submission, Verdict(Outcome.FAILED, 0.0, (SAMPLE, WRONG, CaseResult("last", None, worth=1.0))))

    rows = board(Submission.objects.get(), {}).rows

    assert [row.mark for row in rows] == ["pass", "fail", "skipped"]
    assert [row.points for row in rows] == ["", "0/2", "0/1"]
    assert rows[0].shown == (("Called", "scale(x, 2)"),)
    assert rows[1].facts == (("values that differ", "25 %"),)
    assert (rows[2].time, rows[2].mark, rows[2].opens) == ("not reached", "skipped", False)


def test_the_first_row_that_did_not_pass_stands_open(send, record, no_broker):
    submission = send()
    record(submission, Verdict(Outcome.FAILED, 0.0, (SAMPLE, WRONG, WRONG)))

    shown = board(Submission.objects.get(), {})

    assert shown.opened == shown.rows[1].key


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (verdict_of(Outcome.PASSED), "Passed · 2/2 · 2 ms"),
        (verdict_of(Outcome.PASSED, receipt={"reference_seconds": 0.061}), "Passed · 2/2 · 2 ms, reference 61 ms"),
        (verdict_of(Outcome.FAILED, receipt={"reference_seconds": 0.061}), "Not yet · 1/2 · 2 ms"),
        (verdict_of(Outcome.FAILED, score=0.667), "Not yet · 1/2 · 66 % of the points · 2 ms"),
        (verdict_of(Outcome.TIME, seconds=4.04), "Out of time · 1/2 · 4.0 s"),
        (verdict_of(Outcome.MEMORY, memory_mb=1024.4), "Out of memory · 1/2 · 2 ms · 1024 MB"),
        (verdict_of(Outcome.REFUSED), "Not gradable"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_headline_is_what_one_reads_first(send, record, no_broker, verdict, said):
    submission = send()
    record(submission, verdict)

    assert board(Submission.objects.get(), {}).headline == said


def test_running_the_samples_does_not_say_that_the_exercise_is_passed(send, record, no_broker):
    submission = send(mode=Mode.RUN)
    record(submission)

    shown = board(Submission.objects.get(), {})

    assert shown.headline.startswith("The samples pass")
    assert not shown.has_ways and shown.returns is None


def test_an_error_while_loading_is_shown_with_its_line_and_what_was_printed(send, record, no_broker):
    submission = send()
    record(submission, Verdict(Outcome.ERROR, message="NameError: name 'torch' is not defined", line=3, log="hello"))

    shown = board(Submission.objects.get(), {})

    assert (shown.message, shown.line, shown.log) == ("NameError: name 'torch' is not defined", 3, "hello")


def test_cases_that_are_still_to_come_are_named_once_they_are_known(send, record, no_broker):
    record(send())
    submission = send(now=NOW + timedelta(minutes=1))

    shown = board(submission, {}, Progress("running", 1, cases=(SAMPLE,)))

    assert [row.name for row in shown.rows] == ["by two"]
    assert shown.pending == ("random",)
    assert shown.total == 2


def test_before_anyone_has_passed_nothing_is_known_of_what_comes(send, no_broker):
    shown = board(send(), {}, Progress("running", 1, cases=(SAMPLE,)))

    assert shown.pending == () and shown.total == 0


def test_the_place_in_the_queue_and_the_wait_are_told(send, record, served, django_user_model):
    for n in range(3):
        submission = send(who=django_user_model.objects.create_user(f"{n}@example.org"))
        record(submission, verdict_of(Outcome.PASSED, receipt={"times_ms": {"total": 2000.0}}))
    for n in range(3, 5):
        send(who=django_user_model.objects.create_user(f"{n}@example.org"))
    Submission.objects.waiting().update(sent_at=NOW)

    shown = board(send(now=NOW + timedelta(seconds=1)), {})

    assert shown.note == "2 submissions are before yours; about 4.0 s."
    assert not shown.stuck


def test_a_resend_is_said(send, served):
    submission = send()
    Submission.objects.update(resends=1)
    submission.refresh_from_db()

    assert board(submission, {}).note == "The first grader did not answer; another was asked."


def test_what_lasts_may_be_left(send, no_broker):
    submission = send()
    running = Progress("running", 1)
    submission.sent_at = timezone.now()
    assert not board(submission, {}, running).may_leave

    submission.sent_at -= timedelta(minutes=1)
    assert board(submission, {}, running).may_leave


def test_what_a_grader_began_and_nobody_is_at_any_longer_is_told_as_waiting(send, broker):
    submission, running = send(), Progress("running", 1)
    submission.sent_at = timezone.now()
    assert board(submission, {}, running).phase == "running"  # a grader that has just come may be silent yet

    submission.sent_at -= timedelta(minutes=1)
    left = board(submission, {}, running)
    assert left.phase == "waiting" and left.stuck and "No grader serves" in left.note

    broker.set(heartbeat_key("cpu"), "{}", ex=60)
    assert board(submission, {}, running).phase == "running"


def test_while_it_is_graded_again_the_old_verdict_stands(send, record, no_broker):
    submission = send()
    record(submission, Outcome.FAILED)
    submission.refresh_from_db()
    recovering.grade_again(submission, "mended", NOW)

    shown = board(Submission.objects.get(), {})

    assert shown.headline.startswith("Not yet")
    assert "being graded again" in shown.note
