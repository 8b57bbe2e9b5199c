"""What a verdict means for the memory of an exercise."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from graders.protocol import Mode, Outcome
from learn.exercises import recording, recovering, remembering
from learn.exercises.models import Submission
from learn.reviews.fold import What
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Rating
from tests.learn.exercises.conftest import NOW, SOLUTION, verdict_of

pytestmark = pytest.mark.usefixtures("no_broker")

WRONG = "def scale(x, by):\n    return x + {}\n"


@pytest.fixture
def attempt(send, record):
    """Submit and judge, one minute after the one before."""
    clock = [NOW]

    def attempt(outcome: Outcome = Outcome.PASSED, text: str = SOLUTION, mode: Mode = Mode.SUBMIT, after=None):
        clock[0] += after or timedelta(minutes=1)
        submission = send(text, mode, now=clock[0])
        record(submission, outcome, now=clock[0])
        return submission

    return attempt


def ratings() -> list[Rating]:
    found = ReviewEvent.objects.filter(kind=What.GRADED).in_order().values_list("rating", flat=True)
    return [Rating(rating) for rating in found]


def test_passing_at_once_is_a_good_review(attempt):
    submission = attempt(Outcome.PASSED)

    assert ratings() == [Rating.GOOD]
    card = Card.objects.get()
    assert (card.item, card.reps) == ("small/exercise:scaled", 1)
    assert remembering.returns(Submission.objects.get(pk=submission.pk)) == card.due > NOW


def test_a_pass_after_failures_is_a_hard_review(attempt):
    attempt(Outcome.FAILED, WRONG.format(1))
    attempt(Outcome.ERROR, WRONG.format(2))
    attempt(Outcome.PASSED)

    assert ratings() == [Rating.HARD]


def test_the_same_mistake_sent_twice_is_one_failure(attempt):
    for _ in range(5):
        attempt(Outcome.FAILED, WRONG.format(1))
        attempt(Outcome.FAILED, WRONG.format(1) + "# again")
    attempt(Outcome.PASSED)

    assert ratings() == [Rating.HARD]


def test_the_fourth_different_failure_is_a_lapse(attempt):
    for n in range(3):
        attempt(Outcome.FAILED, WRONG.format(n))
    assert ratings() == []

    attempt(Outcome.FAILED, WRONG.format(4))

    assert ratings() == [Rating.AGAIN]


def test_a_failure_lets_the_exercise_join_and_rates_nothing_yet(attempt):
    attempt(Outcome.FAILED, WRONG.format(1))

    assert ratings() == []
    assert Card.objects.get().is_new


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.BROKEN])
def test_what_is_not_the_learners_doing_never_rates(attempt, outcome, send, record):
    submission = send()
    for _ in range(recording.MAX_RESENDS + 1):
        record(submission, outcome)

    assert Submission.objects.get().outcome == outcome
    assert not Card.objects.exists()
    assert not Submission.objects.tries().exists()


def test_running_the_samples_never_rates(attempt):
    attempt(Outcome.FAILED, WRONG.format(1), mode=Mode.RUN)
    attempt(Outcome.PASSED, mode=Mode.RUN)

    assert not Card.objects.exists()


def test_practice_between_reviews_changes_nothing(attempt):
    attempt(Outcome.PASSED)
    due = Card.objects.get().due
    for n in range(5):
        attempt(Outcome.FAILED, WRONG.format(n))
    attempt(Outcome.PASSED)

    assert ratings() == [Rating.GOOD]
    assert Card.objects.get().due == due
    assert ReviewEvent.objects.filter(kind=What.CRAM).count() == 1  # the one that passed, for free practice to know of


def test_when_it_is_due_a_pass_is_the_next_review(attempt):
    attempt(Outcome.PASSED)
    attempt(Outcome.PASSED, after=timedelta(days=30))

    assert ratings() == [Rating.GOOD, Rating.GOOD]
    assert Card.objects.get().reps == 2


def test_failures_before_the_last_review_do_not_count_for_the_next(attempt):
    attempt(Outcome.FAILED, WRONG.format(1))
    attempt(Outcome.PASSED)
    attempt(Outcome.PASSED, after=timedelta(days=30))

    assert ratings() == [Rating.HARD, Rating.GOOD]


def test_grading_again_never_rates(attempt, record):
    submission = attempt(Outcome.FAILED)
    submission.refresh_from_db()
    recovering.grade_again(submission, "newpackage", NOW)
    record(submission, Outcome.PASSED)

    assert Submission.objects.get().outcome == "passed"
    assert ratings() == []


def test_what_broke_on_our_side_and_then_passes_is_a_first_try(send, record):
    submission = send()
    for _ in range(recording.MAX_RESENDS + 1):
        record(submission, Outcome.BROKEN)
    submission.refresh_from_db()
    recovering.grade_again(submission, submission.package, NOW)
    record(submission, Outcome.PASSED)

    assert ratings() == [Rating.GOOD]


def test_the_review_says_what_it_stands_on(attempt):
    attempt(Outcome.FAILED, WRONG.format(1))
    submission = attempt(Outcome.PASSED)

    event = ReviewEvent.objects.get(kind=What.GRADED)
    assert event.pk == submission.pk
    assert (event.evidence["failed_attempts"], event.evidence["reason"]) == (1, "some-failures")


def test_a_hint_that_was_shown_is_part_of_the_evidence(attempt, send, record):
    wrong = send(WRONG.format(1), now=NOW)
    record(wrong, verdict_of(Outcome.FAILED, hint={"key": "adds", "en": "Adding is not scaling."}), now=NOW)
    attempt(Outcome.PASSED)

    assert ReviewEvent.objects.get(kind=What.GRADED).evidence["hint_level"] == 1


def test_time_at_work_is_added_up_over_the_tries(send, record):
    for n, seconds in enumerate((100, 50)):
        submission = send(WRONG.format(n), now=NOW + timedelta(minutes=n))
        Submission.objects.filter(pk=submission.pk).update(seconds_at_work=seconds)
        record(submission, Outcome.FAILED if n == 0 else Outcome.PASSED, now=NOW + timedelta(minutes=n))

    event = ReviewEvent.objects.get(kind=What.GRADED)
    assert event.evidence["active_seconds"] == 150
    assert event.duration_ms == 150_000


@pytest.mark.django_db(transaction=True)
def test_many_verdicts_at_once_make_one_review(send):
    submission = send()
    start = threading.Barrier(6)

    def tell() -> None:
        start.wait()
        recording.record(submission.pk, 1, submission.token, verdict_of(Outcome.PASSED), NOW)
        connection.close()

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert ratings() == [Rating.GOOD]


def test_where_the_review_cannot_be_written_the_verdict_is_not_either(send, monkeypatch):
    submission = send()

    def fails(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(remembering.reviewing, "review", fails)
    with pytest.raises(RuntimeError):
        recording.record(submission.pk, 1, submission.token, verdict_of(Outcome.PASSED), NOW)

    submission.refresh_from_db()
    assert submission.is_waiting
    assert not ReviewEvent.objects.exists()
