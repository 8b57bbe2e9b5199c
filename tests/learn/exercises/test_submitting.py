"""What happens between pressing Submit and waking a grader."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from graders.protocol import Mode, Outcome
from learn.exercises import source, submitting
from learn.exercises.models import Draft, State, Submission
from tests.learn.exercises.conftest import NOW, SOLUTION

pytestmark = pytest.mark.usefixtures("no_broker")


def test_a_submission_keeps_what_was_sent(send, exercise):
    submission = send("def scale(x, by):\r\n    return x\r\n")

    submission.refresh_from_db()
    assert submission.text == "def scale(x, by):\n    return x\n"
    assert (submission.package, submission.queue, submission.mode) == (exercise.digest, "cpu", "submit")
    assert submission.item == "small/exercise:scaled"


def test_what_cannot_be_graded_is_never_kept(send):
    for text in ("", "def scale(:", "x = 1", "#" * 300_000):
        with pytest.raises(source.Refused):
            send(text)

    assert not Submission.objects.exists()


def test_two_tabs_get_one_grading(learner, exercise):
    first = submitting.submit(learner, exercise, SOLUTION, Mode.SUBMIT, NOW)
    second = submitting.submit(learner, exercise, SOLUTION + "# other tab", Mode.SUBMIT, NOW)

    assert first.fresh and not second.fresh
    assert second.submission == first.submission


def test_run_and_submit_do_not_wait_for_each_other(send):
    assert send(mode=Mode.RUN) != send(mode=Mode.SUBMIT)


def test_after_the_verdict_there_is_room_again(send, record):
    first = send()
    record(first, Outcome.FAILED)

    assert send() != first


def test_while_an_old_one_is_graded_again_a_new_one_may_be_sent(send, record):
    from learn.exercises import recovering

    old = send()
    record(old, Outcome.FAILED)
    old.refresh_from_db()
    recovering.grade_again(old, old.package, NOW)

    assert send() != old


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_the_same_moment_get_one_grading(learner, exercise):
    sent, start = [], threading.Barrier(8)

    def press() -> None:
        start.wait()
        sent.append(submitting.submit(learner, exercise, SOLUTION, Mode.SUBMIT, NOW))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(one.fresh for one in sent) == [False] * 7 + [True]
    assert Submission.objects.count() == 1


def test_the_database_itself_refuses_a_second_in_flight(send):
    submission = send()
    submission.pk = "01BBBBBBBBBBBBBBBBBBBBBBBB"

    with pytest.raises(IntegrityError), transaction.atomic():
        submission.save(force_insert=True)


def test_the_database_refuses_a_graded_row_without_a_verdict(send):
    send()

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.update(state=State.GRADED)


def test_too_much_in_a_minute_has_to_wait(send, record):
    for n in range(submitting.PER_MINUTE[Mode.SUBMIT]):
        record(send(now=NOW + timedelta(seconds=n)))

    with pytest.raises(submitting.TooMany) as caught:
        send(now=NOW + timedelta(seconds=20))

    assert caught.value.seconds == 40
    assert send(now=NOW + timedelta(seconds=61))


def test_another_learner_does_not_wait_for_it(send, record, django_user_model):
    for _ in range(submitting.PER_MINUTE[Mode.SUBMIT]):
        record(send())

    assert send(who=django_user_model.objects.create_user("other@example.org"))


def test_what_was_withdrawn_makes_room_and_still_counts_for_the_rate(send):
    for _ in range(submitting.PER_MINUTE[Mode.SUBMIT]):
        assert submitting.withdraw(send(), NOW)

    with pytest.raises(submitting.TooMany):
        send()


def test_what_is_judged_cannot_be_withdrawn(send, record):
    submission = send()
    record(submission)

    assert not submitting.withdraw(submission, NOW)
    assert Submission.objects.get().outcome == "passed"


def test_a_draft_is_kept_and_counted(learner, db):
    first = submitting.save_draft(learner, "scaled", "a", 0, NOW)
    second = submitting.save_draft(learner, "scaled", "b", first.revision, NOW)

    assert (first.revision, second.revision) == (1, 2)
    assert Draft.objects.get().text == "b"


def test_an_older_device_does_not_overwrite_a_newer_text(learner, db):
    submitting.save_draft(learner, "scaled", "a", 0, NOW)
    submitting.save_draft(learner, "scaled", "from the phone", 1, NOW)

    with pytest.raises(submitting.Outdated) as caught:
        submitting.save_draft(learner, "scaled", "from the desk", 1, NOW)

    assert (caught.value.draft.text, caught.value.draft.revision) == ("from the phone", 2)
    assert Draft.objects.get().text == "from the phone"


def test_saving_the_same_text_twice_changes_nothing(learner, db):
    submitting.save_draft(learner, "scaled", "a", 0, NOW)

    assert submitting.save_draft(learner, "scaled", "a", 0, NOW).revision == 1
