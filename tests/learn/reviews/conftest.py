"""A small course with cards, questions and an exercise, published, and a learner who has begun it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

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
