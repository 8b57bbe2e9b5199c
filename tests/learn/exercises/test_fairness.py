"""One learner's flood delays another's first submission by one grading at most, whoever dies meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from graders.protocol import Job, Mode, Outcome, heartbeat_key
from learn.exercises import queue, recovering, submitting
from learn.exercises.board import board
from learn.exercises.models import State, Submission
from tests.learn.exercises.conftest import NOW, SOLUTION, verdict_of
from tests.learn.exercises.test_queue import jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def many(learner, exercise, broker) -> Callable[..., list[Submission]]:
    """As many submissions of one learner as there are exercises, all at once."""

    def send(count: int, who=None, first: int = 0) -> list[Submission]:
        found = []
        for number in range(first, first + count):
            one = replace(exercise, published=replace(exercise.published, key=f"scaled-{number}"))
            mode = Mode.SUBMIT if number % 2 else Mode.RUN
            now = NOW + timedelta(milliseconds=number)
            found.append(submitting.submit(who or learner, one, SOLUTION, mode, now).submission)
        return found

    return send


@pytest.fixture
def ben(django_user_model):
    return django_user_model.objects.create_user("ben@example.org")


class Grader:
    """Takes the oldest job of the broker's list, as a grader would, and answers it."""

    def __init__(self, broker, record) -> None:
        self.broker, self.record, self.done = broker, record, []

    def take(self) -> Job:
        job = jobs(self.broker)[0]
        self.broker.rpop("cpu")
        return job

    def grade(self) -> str:
        job = self.take()
        self.answer(job)
        return job.submission

    def answer(self, job: Job, outcome: Outcome = Outcome.PASSED) -> bool:
        self.done.append(job.submission)
        submission = Submission.objects.get(pk=job.submission)
        now = timezone.now()
        return self.record(submission, verdict_of(outcome), now, grading=job.grading, token=job.token)


@pytest.fixture
def grader(broker, record) -> Grader:
    return Grader(broker, record)


def test_a_flood_delays_anothers_first_by_one_grading(many, ben, grader, broker):
    flood = many(12)
    (first,) = many(1, ben)
    assert len(jobs(broker)) == 2  # all the others wait in the database

    order = [grader.grade() for _ in range(13)]

    assert order.index(first.pk) <= 1
    assert [pk for pk in order if pk != first.pk] == [one.pk for one in flood]
    assert jobs(broker) == [] and not Submission.objects.waiting().exists()


def test_with_a_flood_of_ten_learners_each_has_one_in_front(many, ben, grader, django_user_model):
    for number in range(10):
        many(4, django_user_model.objects.create_user(f"{number}@example.org"))
    (first,) = many(1, ben)

    order = [grader.grade() for _ in range(41)]

    assert order.index(first.pk) == 10
    assert len(set(order)) == 41


def test_who_is_held_back_reads_how_many_are_before_and_who_is_not_is_not_told_of_them(many, ben, broker):
    flood = many(6)
    (first,) = many(1, ben)
    broker.set(heartbeat_key("cpu"), "{}", ex=60)

    assert board(Submission.objects.get(pk=first.pk), {}).note == "1 submission is before yours."
    assert board(Submission.objects.get(pk=flood[2].pk), {}).note == "3 submissions are before yours."


def test_withdrawing_makes_no_second_place(many, grader, broker):
    first, second, third = many(3)

    submitting.withdraw(first, NOW)
    submitting.withdraw(second, NOW)
    queue.send_next(first.learner_id, "cpu", NOW)
    assert [job.submission for job in jobs(broker)] == [first.pk]  # a grader may have begun with it

    assert not grader.answer(grader.take())
    assert [job.submission for job in jobs(broker)] == [third.pk]
    assert Submission.objects.get(pk=first.pk).state == State.WITHDRAWN


def test_the_place_of_one_that_was_withdrawn_and_never_answered_is_free_after_its_deadline(many, broker):
    first, second = many(2)
    submitting.withdraw(first, NOW)
    later = Submission.objects.get(pk=first.pk).deadline + timedelta(seconds=1)

    assert recovering.resend_lost(later - timedelta(seconds=2)) == 0
    assert recovering.resend_lost(later) == 1

    assert [job.submission for job in jobs(broker)] == [first.pk, second.pk]


def test_what_breaks_rests_and_the_next_one_goes_meanwhile(many, grader, broker):
    first, second, _ = many(3)

    grader.answer(grader.take(), Outcome.BROKEN)

    assert [job.submission for job in jobs(broker)] == [second.pk]
    Submission.objects.filter(pk=first.pk).update(deadline=NOW)
    grader.grade()
    assert [job.submission for job in jobs(broker)] == [first.pk]  # the older one first, when it has rested


def test_the_worker_that_dies_after_recording_is_made_up_for(many, broker):
    first, second = many(2)
    broker.rpop("cpu")
    Submission.objects.filter(pk=first.pk).update(state=State.GRADED, outcome="passed", report={}, graded_at=NOW)

    assert recovering.resend_lost(NOW + timedelta(seconds=6)) == 1
    assert recovering.resend_lost(NOW + timedelta(seconds=6)) == 0
    assert [job.submission for job in jobs(broker)] == [second.pk]


def test_the_web_that_dies_just_before_sending_is_made_up_for(many, broker):
    (first,) = many(1)
    broker.rpop("cpu")
    broker.set(heartbeat_key("cpu"), "{}", ex=60)
    # As `_take_place` leaves it.
    Submission.objects.filter(pk=first.pk).update(sent_at=NOW, deadline=NOW + queue.UNSENT)

    assert recovering.resend_lost(NOW + queue.UNSENT) == 1
    assert [job.submission for job in jobs(broker)] == [first.pk]


def test_without_a_broker_the_place_is_given_back(learner, exercise, no_broker):
    submission = submitting.submit(learner, exercise, SOLUTION, Mode.SUBMIT, NOW).submission

    submission.refresh_from_db()
    assert submission.is_waiting and submission.sent_at is None


def test_what_is_graded_again_gives_way_to_what_a_learner_waits_for(many, grader, broker):
    old = many(2)
    for _ in old:
        grader.grade()
    for one in old:
        recovering.grade_again(Submission.objects.get(pk=one.pk), "mended", NOW)
    (new,) = many(1, first=5)

    order = [grader.grade() for _ in range(3)]

    assert order == [old[0].pk, new.pk, old[1].pk]


def test_two_that_come_at_once_send_one(many, learner, broker):
    many(5)
    broker.delete("cpu")
    Submission.objects.update(sent_at=None)
    sent, start = [], threading.Barrier(4)

    def send() -> None:
        start.wait()
        sent.append(queue.send_next(learner.pk, "cpu", NOW))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(sent) == [False, False, False, True]
    assert len(jobs(broker)) == 1
