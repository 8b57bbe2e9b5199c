"""A course with three lines, of which not every lesson is written, published; and ways to walk in it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from learn.courses.content import Card, Course, Lesson, Line, Module, Option, Question, Topic

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def words(en: str, zh: str = "") -> dict[str, str]:
    return {"en": en, "zh-hans": zh} if zh else {"en": en}


def lesson(key: str, exercises: tuple[str, ...] = (), questions: int = 2) -> Lesson:
    options = (
        Option("yes", words("Yes"), True, words("So it is.")),
        Option("no", words("No"), False, words("It is not.")),
    )
    asked = tuple(
        Question(f"{key}-q{n}", "single", words(f"Is {key} {n} so?"), words("It is."), options=options)
        for n in range(questions)
    )
    body = words(f"## What {key} is\n\nThe text of {key}.", f"## {key} 是什么\n\n{key} 的正文。")
    return Lesson(
        key, words(key.title(), f"{key} 课"), 15, body, asked, (Card(f"{key}-c", words("F"), words("B")),), exercises
    )


def topic(key: str, *needs: str, written: bool = True, exercises: tuple[str, ...] = ()) -> Topic:
    return Topic(key, words(key.title(), f"{key} 课"), needs, lesson(key, exercises) if written else None)


def course_of(*modules: Module) -> Course:
    lines = (
        Line("base", words("Base", "基础")),
        Line("left", words("Left", "左")),
        Line("right", words("Right", "右")),
    )
    return Course("small", words("Small", "小课程"), words("A small course."), lines, modules)


def small_course() -> Course:
    """vectors → calculus → (attention, not written: rnn) → lora; rag stands on the unwritten rnn."""
    return course_of(
        Module("maths", 11, words("Maths", "数学"), "base", topics=(topic("vectors"), topic("calculus", "vectors"))),
        Module(
            "models",
            21,
            words("Models", "模型"),
            "left",
            topics=(
                topic("attention", "calculus", exercises=("scaled",)),
                topic("rnn", "calculus", written=False),
                topic("lora", "attention"),
            ),
        ),
        Module("products", 31, words("Products", "产品"), "right", topics=(topic("rag", "rnn"),)),
    )


def publish(course: Course) -> None:
    from pathlib import Path

    from graders.package import Package
    from learn.courses import library, models

    package = Package.read(Path(__file__).parents[2] / "graders" / "exercises" / "scaled")
    manifest = library.manifest(package)
    models.Package.objects.get_or_create(digest=package.digest, defaults={"key": "scaled", "manifest": manifest})
    packages = {"scaled": package.digest} if course.exercises else {}
    document = {"course": course.to_dict(), "packages": packages}
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    row, _ = models.Course.objects.get_or_create(key=course.key)
    row.live = row.editions.create(number=row.editions.count() + 1, digest=digest, document=document)
    row.save()


@pytest.fixture
def course(db, settings):
    settings.COURSE = "small"
    course = small_course()
    publish(course)
    return course


@pytest.fixture
def edition(course):
    from learn.courses import library

    return library.live("small")


@pytest.fixture
def pass_exercise(learner, edition):
    """The learner's code for an exercise, sent and passed."""
    from graders.protocol import Outcome, Verdict
    from learn.exercises import catalogue, recording, submitting

    def pass_exercise(key: str = "scaled", now: datetime = NOW) -> None:
        exercise = catalogue.find(key)
        text = "def scale(x, by):\n    return x * by\n"
        sent = submitting.submit(learner, exercise, text, "submit", now, item=exercise.item).submission
        recording.record(sent.pk, sent.grading, sent.token, Verdict(Outcome.PASSED, 1.0), now)

    return pass_exercise


@pytest.fixture
def answer(learner, edition):
    """An answer to a question, marked as the page would."""
    from learn.courses import content
    from learn.quizzes import answering

    def answer(key: str, choice: str = "yes", now: datetime = NOW) -> None:
        question = edition.course.questions[key]
        item = content.question_item("small", key)
        seed = answering.next_seed(learner, item)
        answering.answer(learner, item, question, seed, {"choice": [choice]}, now, edition=edition.number)

    return answer
