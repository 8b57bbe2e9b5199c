"""The exercise on the front page: programs that came with it, judged for visitors, whose own code never runs."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta

import pytest
from django.utils import timezone

from graders.package import Package, PackageError
from graders.protocol import TASK_GRADE, CaseResult, Outcome, Verdict
from learn.exercises import demonstrating, tasks
from learn.exercises.models import ANSWERED_WITHIN, ASKED_AGAIN_AFTER, Demonstration, Submission
from tests.learn.exercises.conftest import NOW, open_broker, publish  # noqa: F401

ADDS = "def scale(x, by):\n    return x + by\n"
PIECES = """
[[showcase]]
file = "adds"
title = { en = "Adding", "zh-hans" = "相加" }
says = { en = "Adding is not multiplying.", "zh-hans" = "加不是乘。" }
[[showcase]]
file = "multiplies"
title = { en = "Multiplying" }
says = { en = "So it is." }
"""


@pytest.fixture(scope="session")
def package(package) -> Package:
    files = dict(package.files)
    files["exercise.toml"] += PIECES.encode()
    files["showcase/adds.py"] = ADDS.encode()
    files["showcase/multiplies.py"] = b"def scale(x, by):\n    return x * by\n"
    return Package.from_files("scaled", files)


@pytest.fixture
def front(client, exercise, settings):
    """What a visitor sees of the front page."""
    settings.COURSE = "small"
    return lambda path="/": client.get(path).content.decode()


@pytest.fixture
def ask(exercise, broker):
    return lambda now=NOW, n=0: demonstrating.ask(exercise, exercise.showcase[n], now)


@pytest.fixture
def sent(broker):
    """The jobs that lie in the graders' queue."""

    def sent() -> list[dict]:
        messages = [json.loads(text) for text in broker.lrange("cpu", 0, -1)]
        assert {message["headers"]["task"] for message in messages} <= {TASK_GRADE}
        return [json.loads(b64decode(message["body"]))[1]["job"] for message in messages]

    broker.delete("cpu")
    yield sent
    broker.delete("cpu")


def judged(outcome: Outcome = Outcome.FAILED) -> Verdict:
    heat = {"shape": [1, 2], "plane": [], "covers": [1, 2], "rows": ["09"]}
    details = {"max_error": "1", "allowed": "1e-05", "at": [1], "share": 0.5, "where": "", "heat": heat}
    return Verdict(outcome, 0.0, (CaseResult("by two", outcome, sample=True, kind="value", details=details),))


def answer(row: Demonstration, verdict: Verdict, **forged) -> None:
    """As the graders' message would."""
    told = {"grading": row.grading, "token": row.token} | forged
    tasks.record.run(row.job_id, told["grading"], told["token"], verdict.to_dict())


def test_what_is_judged_is_the_authors_program_on_the_samples(ask, sent):
    ask()

    (job,) = sent()
    assert job["files"] == {"solution.py": ADDS} and job["mode"] == "run"
    assert job["staff"]  # bwrap, which refuses strangers' code, runs it
    assert not Submission.objects.exists()


def test_a_crowd_costs_no_more_than_one_visitor(ask, sent):
    for seconds in (0, 1, 30, 59):  # the grader is slow, and nobody's press takes its work away
        row = ask(NOW + timedelta(seconds=seconds))
    ask(n=1)
    assert len(sent()) == 2

    demonstrating.record(row.job_id, row.grading, row.token, judged(), NOW + timedelta(seconds=59))
    asked = NOW + timedelta(seconds=60)
    for seconds in (0, 5):
        row = ask(asked + timedelta(seconds=seconds))
    assert len(sent()) == 3

    demonstrating.record(row.job_id, row.grading, row.token, judged(), asked + timedelta(seconds=6))
    ask(asked + ASKED_AGAIN_AFTER - timedelta(seconds=1))
    assert len(sent()) == 3
    ask(asked + ASKED_AGAIN_AFTER)
    assert len(sent()) == 4


def test_a_grader_that_does_not_answer_is_not_waited_for(ask, sent):
    row = ask()
    assert row.is_asked(NOW + ANSWERED_WITHIN - timedelta(seconds=1)) and not row.is_asked(NOW + ANSWERED_WITHIN)

    ask(NOW + ANSWERED_WITHIN)
    assert len(sent()) == 2


def test_a_verdict_counts_once_for_each_asking_and_late_ones_do_too(ask, sent):
    row = ask(timezone.now() - timedelta(minutes=2))
    ask(timezone.now() - timedelta(seconds=5))

    answer(row, judged(Outcome.PASSED), token="forged")
    assert Demonstration.objects.get().report is None

    answer(row, judged())  # of the first asking, which took its time
    answer(row, judged(Outcome.PASSED))
    assert Demonstration.objects.get().verdict.outcome is Outcome.FAILED


def test_what_breaks_on_our_side_is_no_verdict(ask, sent):
    answer(ask(), Verdict(Outcome.BROKEN))
    tasks.record.run("demonstration-x", 1, "t", judged().to_dict())

    assert Demonstration.objects.get().report is None


def test_without_a_broker_it_says_so_and_the_next_press_tries_again(exercise, no_broker, front):
    row = demonstrating.ask(exercise, exercise.showcase[0], NOW)

    assert row.asked_at is None
    assert "No grader is at work" in front()


def test_a_visitor_sees_the_program_and_its_verdict(ask, sent, front):
    answer(ask(timezone.now()), judged())

    page = front()

    assert "Adding is not multiplying." in page and "Not yet · 0/1" in page and "judged just now" in page
    assert 'aria-label="Map of the differences' in page
    assert "Multiplying" in page and "So it is." not in page


def test_a_first_visit_asks_for_the_verdict_and_while_it_is_made_the_page_asks_for_it(client, ask, sent, front):
    assert 'hx-trigger="load delay:5s"' in front()  # nobody serves the queue: it waits a little

    fragment = client.post("/exercises/scaled/shown/adds/", headers={"HX-Request": "true"}).content.decode()

    assert 'hx-get="/exercises/scaled/shown/adds/" hx-trigger="load delay:500ms"' in fragment
    assert 'aria-disabled="true"' in fragment and len(sent()) == 1


def test_without_a_script_the_buttons_work_too(client, front, broker):
    answer = client.post("/exercises/scaled/shown/multiplies/")

    assert answer.url == "/?shown=multiplies"
    assert 'aria-current="true">Multiplying' in front(answer.url)


@pytest.mark.parametrize("path", ["scaled/shown/reference/", "scaled/shown/nothing/", "nothing/shown/adds/"])
def test_nothing_else_of_a_package_is_shown(client, exercise, no_broker, path):
    assert client.post("/exercises/" + path).status_code == 404


def test_a_course_without_such_programs_has_a_front_page_without_them(client, db, settings, package):
    files = {name: content for name, content in package.files.items() if not name.startswith("showcase/")}
    files["exercise.toml"] = files["exercise.toml"].replace(PIECES.encode(), b"")
    publish(Package.from_files("scaled", files))
    settings.COURSE = "small"

    assert 'class="showcase"' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('file = "adds"', 'file = "gone"', "showcase/gone.py"),
        ('file = "adds"', "", "showcase has no"),
        ("says = { en", "says = { fr", "says needs"),
    ],
)
def test_a_mistake_in_the_manifest_is_named(package, old, new, words):
    toml = package.files["exercise.toml"].replace(old.encode(), new.encode(), 1)

    with pytest.raises(PackageError, match=words):
        Package.from_files("scaled", {**package.files, "exercise.toml": toml})
