"""Everything a lesson's page shows to one learner, of any edition. Reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from learn.accounts.models import User
from learn.courses import content, rendering
from learn.courses.content import Lesson, Module
from learn.courses.library import Edition, Exercise
from learn.exercises.board import Standing as ExerciseStanding
from learn.exercises.board import standings as exercise_standings
from learn.lessons import sequence
from learn.lessons.models import Finished
from learn.lessons.standing import heat
from learn.quizzes import presenting
from learn.quizzes.presenting import Presented
from learn.reviews import gates


@dataclass(frozen=True)
class Piece:
    """A stretch of text, or a question in its place."""

    html: str = ""
    question: Presented | None = None


@dataclass(frozen=True)
class Task:
    """An exercise at the end of the lesson."""

    exercise: Exercise
    title: str
    summary: str
    standing: ExerciseStanding | None


@dataclass(frozen=True)
class Faded:
    """A topic this one builds on that was finished and is fading."""

    key: str
    title: str
    recall: float

    @property
    def heat(self) -> int:
        return heat(self.recall)

    @property
    def percent(self) -> int:
        return round(100 * self.recall)


@dataclass(frozen=True)
class Refresher:
    """The door in the gate: a few minutes of what has faded, and back here."""

    topics: tuple[Faded, ...]
    minutes: int
    url: str


@dataclass(frozen=True)
class Page:
    edition: Edition
    lesson: Lesson
    module: Module
    title: str
    module_title: str
    text: rendering.LessonPage
    pieces: tuple[Piece, ...]
    tasks: tuple[Task, ...]
    missing: tuple[tuple[str, str], ...]  # topics this one builds on that are not finished: key, title
    refresher: Refresher | None  # where such topics are finished and have faded
    following: tuple[str, str] | None  # the next station: key, title
    finished: Finished | None
    answered: int
    questions: int

    @property
    def passed(self) -> int:
        return sum(task.standing is not None and task.standing.passed for task in self.tasks)

    @property
    def is_done(self) -> bool:
        """Nothing on the page is left to do."""
        return self.answered == self.questions and self.passed == len(self.tasks)

    @property
    def is_title_untranslated(self) -> bool:
        return content.is_missing(self.lesson.title, self.text.locale)


def page(learner: User, edition: Edition, topic: str, locale: str, now: datetime) -> Page:
    """Raises KeyError when the edition has no such lesson."""
    course, lesson = edition.course, edition.course.lessons[topic]
    rendered = rendering.render_lesson(edition, topic, locale)
    questions = presenting.of_lesson(learner, edition, topic, locale, now)
    finished = {one.topic: one for one in Finished.objects.filter(learner=learner, course=course.key)}
    following = sequence.after(course, topic, finished)
    gate = gates.gate(learner, edition, [key for key in sequence.needs(course, topic) if key in finished], now)

    def named(key: str) -> tuple[str, str]:
        return key, content.text(course.topics[key].title, locale)

    return Page(
        edition=edition,
        lesson=lesson,
        module=course.module_of[topic],
        title=content.text(lesson.title, locale),
        module_title=content.text(course.module_of[topic].title, locale),
        text=rendered,
        pieces=tuple(
            Piece(question=questions[part.question]) if part.question else Piece(html=part.html)
            for part in rendered.parts
        ),
        tasks=_tasks(learner, edition, lesson, locale),
        missing=tuple(named(key) for key in sequence.missing(course, topic, finished)),
        refresher=None if topic in finished else refresher(edition, topic, gate, locale),
        following=named(following) if following else None,
        finished=finished.get(topic),
        answered=sum(bool(one.attempt or one.before) for one in questions.values()),
        questions=len(questions),
    )


def refresher(edition: Edition, topic: str, gate: gates.Gate, locale: str) -> Refresher | None:
    """What opens this topic again; None while all that it builds on is remembered."""
    if gate.is_open:
        return None
    topics = edition.course.topics
    faded = tuple(
        Faded(need.topic, content.text(topics[need.topic].title, locale), need.recall or 0.0)
        for need in gate.needs
        if need.has_faded
    )
    query = gates.refresher_query(edition.course.key, gate.faded, topic)
    return Refresher(faded, gate.minutes, f"{reverse('reviews:today')}?{query}")


def _tasks(learner: User, edition: Edition, lesson: Lesson, locale: str) -> tuple[Task, ...]:
    known = exercise_standings(learner) if lesson.exercises else {}
    found = (edition.exercise(key) for key in lesson.exercises)
    return tuple(
        Task(one, content.text(one.title, locale), content.text(one.summary, locale), known.get(one.key))
        for one in found
        if one is not None
    )
