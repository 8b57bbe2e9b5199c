"""What a course says, judged: a `Reading` → problems with path and line; pure.

`packages` are the exercises that could be read, `broken` says of the others what is wrong with them;
`plots` are the names of the interactive figures the site has.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from graders.package import Package
from learn.courses import markdown
from learn.courses.content import DEFAULT_LOCALE, LOCALES, Course, Lesson, Text, is_missing
from learn.courses.pages import Surroundings

from .checks_of_questions import check_questions
from .problems import Place, Problem
from .reader import Reading

OTHER_LOCALES = tuple(locale for locale in LOCALES if locale != DEFAULT_LOCALE)


@dataclass
class Checked:
    """What the checks share: the reading, which collects their problems, and what texts may refer to."""

    reading: Reading
    course: Course
    packages: Mapping[str, Package] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    around: Surroundings = field(default_factory=Surroundings)

    @property
    def exercises_path(self) -> str:
        """The exercises' folder as problems name it: from the course's folder on."""
        return os.path.relpath(self.reading.exercises or self.reading.root, self.reading.root)

    def problem(self, message: str, *name: str) -> None:
        self.reading.problems.add(self.reading.place(*name), message)

    def missing(self, words: Text, what: str, *name: str) -> None:
        """Say in which languages a text is not there yet: a note, since the default one is shown."""
        for locale in OTHER_LOCALES:
            if is_missing(words, locale):
                self.reading.problems.add(self.reading.place(*name), f"{what} is not in {locale} yet", blocking=False)

    def text(self, words: Text, lesson: Lesson, *name: str) -> None:
        """Render a text of a question or card in each language it has."""
        for locale, source in words.items():
            around = replace(self.around, locale=locale, figures=lesson.figures)
            _, problems = markdown.render_text(source, around)
            place = self.reading.place(*name, locale)
            for problem in problems:
                self.reading.problems.add(Place(place.path, place.line + problem.line - 1), problem.message)


def check(
    reading: Reading,
    packages: Mapping[str, Package],
    broken: Mapping[str, str],
    plots: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """All problems of a course: those of reading it, and those of what it says."""
    course = reading.course
    if course is None:
        return reading.sorted_problems()
    around = Surroundings(
        topics={key: f"/{key}/" for key in course.topics},
        exercises={key: f"/{key}/" for key in packages},
        plots=frozenset(plots) if plots is not None else None,
    )
    checked = Checked(reading, course, packages, broken, around)
    _check_course(checked)
    _check_needs(checked)
    for lesson in course.lessons.values():
        _check_lesson(lesson, checked)
        check_questions(lesson, checked)
    _check_former_keys(checked)
    return reading.sorted_problems()


def _check_course(checked: Checked) -> None:
    course = checked.course
    lines = {line.key for line in course.lines}
    numbers: dict[int, str] = {}
    checked.missing(course.title, "the course's title")
    for module in course.modules:
        if module.line not in lines:
            checked.problem(f"course.toml has no [[line]] with the key “{module.line}”", "module", module.key, "line")
        if module.number in numbers:
            checked.problem(f"has the number of {numbers[module.number]}", "module", module.key)
        numbers[module.number] = module.key
        checked.missing(module.title, "the module's title", "module", module.key, "title")
        for topic in module.topics:
            checked.missing(topic.title, "the topic's title", "topic", topic.key, "title")


def _check_needs(checked: Checked) -> None:
    topics = checked.course.topics
    for topic in topics.values():
        for need in topic.needs:
            if need not in topics:
                checked.problem(f"needs “{need}”, which is no topic of this course", "topic", topic.key, "needs")
    graph = {key: [need for need in topic.needs if need in topics] for key, topic in topics.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        around = error.args[1]
        checked.problem(f"needs itself in the end: {' → '.join(reversed(around))}", "topic", around[0], "needs")


def _check_lesson(lesson: Lesson, checked: Checked) -> None:
    if not 1 <= lesson.minutes <= 240:
        checked.problem("“minutes” should be between 1 and 240", "lesson", lesson.key)
    checked.missing(lesson.body, "the lesson", "lesson", lesson.key)
    for locale, body in lesson.body.items():
        _check_body(lesson, locale, body, checked)
    for key in lesson.exercises:
        if key in checked.broken:
            checked.problem(f"the exercise {key} cannot be used: {checked.broken[key]}", "exercises", lesson.key)
        elif key not in checked.packages:
            checked.problem(f"there is no exercise {key} in {checked.exercises_path}", "exercises", lesson.key)
        else:
            _check_statement(checked.packages[key], lesson, checked)


def _check_body(lesson: Lesson, locale: str, body: str, checked: Checked) -> None:
    place = checked.reading.place("body", lesson.key, locale)
    if not body.strip():
        checked.reading.problems.add(place, "the lesson is empty")
    around = replace(
        checked.around,
        locale=locale,
        figures=lesson.figures,
        questions=frozenset(question.key for question in lesson.questions),
    )
    for problem in markdown.render(body, around).problems:
        checked.reading.problems.add(Place(place.path, place.line + problem.line - 1), problem.message)


def _check_statement(package: Package, lesson: Lesson, checked: Checked) -> None:
    """The statement's Markdown, in every language it has."""
    for locale in LOCALES:
        name = "statement.md" if locale == DEFAULT_LOCALE else f"statement.{locale}.md"
        path = f"{checked.exercises_path}/{package.key}/{name}"
        if name not in package.files:
            place = checked.reading.place("exercises", lesson.key)
            message = f"the statement of {package.key} is not in {locale} yet"
            checked.reading.problems.add(place, message, blocking=False)
            continue
        _, problems = markdown.render_text(package.text(name), replace(checked.around, locale=locale))
        for problem in problems:
            checked.reading.problems.add(Place(path, problem.line), problem.message)


def _check_former_keys(checked: Checked) -> None:
    """`formerly` names what is gone: a key that is still there was not renamed."""
    course = checked.course
    for kind, things in (("topic", course.topics), ("question", course.questions), ("card", course.cards)):
        claimed: dict[str, str] = {}
        for key, thing in things.items():
            for former in thing.formerly:  # type: ignore[attr-defined]
                if former in things:
                    checked.problem(f"was formerly “{former}”, but that key is still there", kind, key, "formerly")
                elif former in claimed:
                    message = f"was formerly “{former}”, which {claimed[former]} says as well"
                    checked.problem(message, kind, key, "formerly")
                claimed[former] = key
