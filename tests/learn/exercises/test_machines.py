"""An exercise that is graded on more than one kind of machine, and what is told where one is not served."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.urls import reverse

from graders.protocol import Outcome, heartbeat_key
from learn.exercises import catalogue, recovering, submitting
from learn.exercises.board import board
from learn.exercises.machines import choices, notice
from learn.exercises.models import Submission
from tests.learn.exercises.conftest import NOW, SOLUTION, publish, verdict_of


def changed(package, **manifest):
    files = dict(package.files)
    files["exercise.toml"] = "".join(f"{k} = {json.dumps(v)}\n" for k, v in manifest.items()).encode() + files[
        "exercise.toml"
    ].replace(b'queue = "cpu"', b"")
    return type(package).from_files("scaled", files)


@pytest.fixture
def both(db, package):
    publish(changed(package, also_on=["gpu"]))
    return catalogue.find("scaled")


@pytest.fixture
def only_gpu(db, package):
    publish(changed(package, queue="gpu"))
    return catalogue.find("scaled")


def sent_to(learner, exercise, queue):
    return submitting.submit(learner, exercise, SOLUTION, "submit", NOW, item=exercise.item, queue=queue).submission


@pytest.mark.parametrize(("asked", "queue"), [("gpu", "gpu"), ("cpu", "cpu"), ("", "cpu"), ("site", "cpu")])
def test_a_submission_goes_where_its_learner_asked_if_it_can_be_graded_there(learner, both, no_broker, asked, queue):
    submission = sent_to(learner, both, asked)

    assert submission.queue == submission.job(NOW).queue == queue


def test_an_exercise_of_one_machine_offers_no_choice_and_takes_none(learner, exercise, no_broker):
    assert choices(exercise, None) == []
    assert sent_to(learner, exercise, "gpu").queue == "cpu"


def test_the_machine_of_the_last_time_is_chosen(both):
    assert [(one.name, one.chosen) for one in choices(both, None)] == [("CPU", True), ("GPU", False)]
    assert [(one.name, one.chosen) for one in choices(both, "gpu")] == [("CPU", False), ("GPU", True)]
    assert [one.chosen for one in choices(both, "regrade")] == [True, False]


def test_the_page_sends_what_was_chosen(signed_in, both, no_broker):
    page = signed_in.get(reverse("exercises:workbench", args=["scaled"])).content.decode()
    signed_in.post(reverse("exercises:submit", args=["scaled"]), {"source": SOLUTION, "queue": "gpu"})

    assert 'name="queue" value="gpu"' in page and "CPU / GPU" in page
    assert Submission.objects.get().queue == "gpu"


def test_nothing_is_said_of_accelerators_where_none_is_asked_for(signed_in, exercise, broker):
    page = signed_in.get(reverse("exercises:workbench", args=["scaled"])).content.decode()

    assert "GPU" not in page and 'name="queue"' not in page


def test_that_no_accelerator_is_at_work_is_told_with_what_works(both, broker):
    assert notice(both) == (
        "No grader with a GPU is at work at the moment. The CPU judges the same cases, and its verdict counts."
    )
    broker.set(heartbeat_key("gpu"), "{}", ex=60)
    assert notice(both) == ""


def test_where_nothing_else_grades_it_what_is_sent_is_kept(only_gpu, broker):
    assert notice(only_gpu).endswith("what you send is kept and judged when one comes.")


def test_without_a_broker_nobody_knows_who_is_at_work(both, no_broker):
    assert notice(both) == ""


def test_who_waits_for_an_accelerator_that_is_not_there_is_told_of_the_other_machine(learner, both, broker):
    submission = sent_to(learner, both, "gpu")
    assert "choose CPU" not in board(submission, {}).note

    broker.set(heartbeat_key("cpu"), "{}", ex=60)
    shown = board(submission, {})
    assert shown.stuck
    assert "No grader serves the queue “gpu”" in shown.note
    assert "stop waiting, choose CPU and send it again" in shown.note


def test_who_waits_for_the_only_machine_is_told_of_no_other(learner, only_gpu, broker):
    broker.set(heartbeat_key("cpu"), "{}", ex=60)

    assert "choose" not in board(sent_to(learner, only_gpu, ""), {}).note


def test_a_verdict_of_an_accelerator_says_so(learner, both, record, no_broker):
    submission = sent_to(learner, both, "gpu")
    record(submission, replace(verdict_of(Outcome.PASSED)))

    assert board(Submission.objects.get(), {}).note == "Compiled, and run on a GPU."


def test_what_needed_an_accelerator_is_graded_again_with_one(learner, both, record, broker):
    broker.set(heartbeat_key("regrade"), "{}", ex=60)
    for queue, again in (("gpu", "gpu"), ("cpu", "regrade")):
        submission = sent_to(learner, both, queue)
        record(submission)
        submission.refresh_from_db()

        assert recovering.grade_again(submission, both.digest, NOW)
        submission.refresh_from_db()
        assert submission.queue == again
        record(submission)
