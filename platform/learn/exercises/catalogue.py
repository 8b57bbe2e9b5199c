"""Published exercises as the workbench shows them: in the reader's language, with the way back to the lesson."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from learn.courses import content, library, rendering


@dataclass(frozen=True)
class Exercise:
    """A published exercise. What is not worded here is the library's, by the same name."""

    published: library.Exercise

    def __getattr__(self, name: str):
        return getattr(self.published, name)

    @property
    def title(self) -> str:
        return content.text(self.published.title, locale())

    @property
    def summary(self) -> str:
        return content.text(self.published.summary, locale())

    @cached_property
    def edition(self) -> library.Edition:
        return library.live(self.published.course)

    @property
    def statement_html(self) -> SafeString:
        return rendering.render_text(self.edition, self.published.statement, locale())

    @property
    def is_untranslated(self) -> bool:
        return content.is_missing(self.published.statement, locale())

    @property
    def lesson(self) -> content.Lesson | None:
        return self.edition.course.lessons.get(self.published.topic)

    @property
    def lesson_title(self) -> str:
        return content.text(self.lesson.title, locale()) if self.lesson else ""

    @property
    def lesson_url(self) -> str:
        return reverse("lessons:lesson", args=[self.published.course, self.published.topic]) if self.lesson else ""

    @property
    def size_in_words(self) -> str:
        return {"drill": _("drill"), "build": _("build"), "capstone": _("capstone")}[self.published.size]


def locale() -> str:
    return get_language() or content.DEFAULT_LOCALE


def find(key: str) -> Exercise | None:
    try:
        return Exercise(library.exercise(key))
    except library.NoSuchExercise:
        return None


def names(key: str) -> Mapping[str, Mapping[str, str]]:
    """The translations of an exercise's case names; none for one that is no longer published."""
    exercise = find(key)
    return exercise.published.names if exercise else {}


def everything() -> Iterator[Exercise]:
    """Every published exercise, in the order of its course's lessons; the first course that has it shows it."""
    seen: set[str] = set()
    for edition in library.live_courses():
        for key, published in edition.exercises.items():
            if key not in seen:
                seen.add(key)
                yield Exercise(published)
