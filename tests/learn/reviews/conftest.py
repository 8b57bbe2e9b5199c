"""A small course with cards, questions and an exercise, published, and learners who have begun or reviewed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def words(en: str, zh: str = "") -> dict[str, str]:
    return {"en": en} | ({"zh-hans": zh} if zh else {})


def small_course():
    """Two modules, three topics: each with four cards and two questions; the first with the exercise."""
    from learn.courses.content import Card, Course, Lesson, Line, Module, Option, Question, Topic

    def lesson(key: str, title: str, zh: str) -> Lesson:
        cards = tuple(
            Card(
                f"{key}-{n}",
                words(f"What is number {n} of *{title}*?", f"*{zh}* 的第 {n} 点是什么？"),
                words(f"It is $x^{n}$.", f"是 $x^{n}$。"),
            )
            for n in range(4)
        )
        options = (
            Option("yes", words("Yes", "是"), True, words("So it is.", "正是。")),
            Option("no", words("No", "否"), False, words("It is not.", "不是。")),
        )
        questions = tuple(
            Question(
                f"{key}-q{n}",
                "single",
                words(f"Is {title} {n} so?", f"{zh} {n} 是这样吗？"),
                words("It is."),
                options=options,
            )
            for n in range(2)
        )
        exercises = ("scaled",) if key == "attention" else ()
        return Lesson(key, words(title, zh), 12, words("Text."), questions, cards, exercises)

    def topic(key: str, title: str, zh: str, *needs: str) -> Topic:
        return Topic(key, words(title, zh), needs, lesson(key, title, zh))

    modules = (
        Module("maths", 11, words("Mathematics", "数学"), "one", topics=(topic("vectors", "Vectors", "向量"),)),
        Module(
            "architecture",
            21,
            words("Architecture", "架构"),
            "one",
            topics=(topic("attention", "Attention", "注意力", "vectors"), topic("masks", "Masks", "掩码", "attention")),
        ),
    )
    return Course("small", words("Small", "小课程"), words("A course."), (Line("one", words("One", "一")),), modules)


@pytest.fixture
def course(db):
    """The small course, live."""
    from pathlib import Path

    from graders.package import Package
    from learn.courses import library, models

    package = Package.read(Path(__file__).parents[2] / "graders" / "exercises" / "scaled")
    models.Package.objects.create(digest=package.digest, key="scaled", manifest=library.manifest(package))
    content = small_course()
    row = models.Course.objects.create(key="small")
    document = {"course": content.to_dict(), "packages": {"scaled": package.digest}}
    row.live = row.editions.create(number=1, digest="small-1", document=document)
    row.save()
    library._by_digest.cache_clear()
    return content


@pytest.fixture
def begun(course, learner):
    """All of the small course joined at noon of 10 March 2026, nothing asked yet."""
    from learn.courses.content import items_of
    from learn.reviews.reviewing import join_all

    items = [item for lesson in course.lessons.values() for item in items_of("small", lesson)]
    join_all(learner, items, NOON)
    return items


@pytest.fixture
def learnt(learner, begun):
    """A little of everything: reviews, lapses, steps, an undo, a burial, a changed rating, something set aside."""
    from learn.reviews import reviewing
    from learn.reviews.fold import What

    for number, item in enumerate(begun[:8]):
        for place, gap in enumerate((0, 1, 4, 12)):
            rating = 1 + (number + place * 2) % 4
            reviewing.review(
                learner, item, rating, NOON - timedelta(days=20 - gap, minutes=number), duration_ms=4000 + number,
                evidence={"reason": "right", "n": number},
            )  # fmt: skip
    reviewing.undo_last(learner, NOON - timedelta(hours=2))
    reviewing.note(learner, begun[0], What.SUSPEND, NOON - timedelta(hours=1))
    reviewing.note(learner, begun[1], What.BURY, NOON - timedelta(hours=1))
    reviewing.review(learner, "small/exercise:scaled", 3, NOON - timedelta(days=2), event_id=(id := "01KK" + "A" * 22))
    reviewing.rerate(learner, id, 2, NOON - timedelta(days=1))
    return learner


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_user("grace@example.org", "another long password")


def packed(learner) -> bytes:
    """The package of all that a learner has, as Anki reads it."""
    from learn.reviews import packages

    return packages.package_of(learner, NOON, "en")


@pytest.fixture
def at_noon():
    """The clock stands at noon; a test may move it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def get(client, name: str, **query) -> str:
    """A page of reviews."""
    answer = client.get(reverse(f"reviews:{name}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def state_of(card) -> dict:
    """All columns but those that only say when the row was written."""
    from learn.reviews.models import Card

    card = Card.objects.get(pk=card.pk)
    return {field.name: getattr(card, field.attname) for field in Card._meta.fields}


def days_after(count: float) -> datetime:
    return NOON + timedelta(days=count)
