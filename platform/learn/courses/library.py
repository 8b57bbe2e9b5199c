"""Where pages find what there is to learn: the live edition of a course, and its exercises.

    edition = library.live("llm-roadmap")       # raises library.NotPublished
    edition.course.modules                      # content.Course, frozen
    edition.course.lessons["attention"]         # content.Lesson
    edition.number, edition.digest
    edition.exercise("sdpa")                    # Exercise, or None
    library.exercise("sdpa")                    # the same from whatever live course has it; raises NoSuchExercise

An edition is read from the database once per process and kept by its digest; only the pointer to it
is asked for each time. `rendering.render_lesson(edition, key, locale)` makes its pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import F

from graders.package import GradingLimits, Package
from learn.courses import content, models
from learn.courses.content import Text


class NotPublished(LookupError):
    """No course has this key, or no edition of it is live yet."""


class NoSuchExercise(LookupError):
    """No live edition has an exercise of this key."""


@dataclass(frozen=True)
class Exercise:
    """A published exercise as pages and submissions need it."""

    key: str
    digest: str
    title: Text
    summary: Text
    statement: Text  # Markdown
    starter: str
    size: str
    minutes: int
    queue: str
    functions: tuple[str, ...]
    limits: GradingLimits
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # locale → case name → its translation
    also_on: Sequence[str] = ()  # other queues that grade it, to the same verdict
    # Programs that visitors see judged: {"file", "title", "says", "text"}.
    showcase: Sequence[Mapping[str, Any]] = ()
    course: str = ""  # of the edition it was asked of
    topic: str = ""  # whose lesson has it; empty when none has

    @property
    def queues(self) -> tuple[str, ...]:
        return (self.queue, *self.also_on)

    @property
    def item(self) -> str:
        """The name under which a learner's memory keeps it."""
        return content.exercise_item(self.course, self.key)


@dataclass(frozen=True, eq=False)
class Edition:
    """One edition, readable. Two of the same digest are equal."""

    course: content.Course
    number: int
    digest: str
    packages: Mapping[str, str]  # digests by exercise key
    pk: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edition) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Every exercise its lessons use, in their order."""
        rows = models.Package.objects.in_bulk(list(self.packages.values()))
        topics = {key: topic for topic, lesson in reversed(self.course.lessons.items()) for key in lesson.exercises}
        return {
            key: from_manifest(rows[digest], course=self.course.key, topic=topics.get(key, ""))
            for key, digest in self.packages.items()
            if digest in rows
        }

    def exercise(self, key: str) -> Exercise | None:
        return self.exercises.get(key)


def live(key: str) -> Edition:
    """The edition learners see. Raises NotPublished."""
    row = models.Edition.objects.filter(course__key=key, course__live=F("pk")).only("pk", "digest").first()
    if row is None:
        raise NotPublished(f"no edition of {key} is live: publish one with `manage.py course publish`")
    return _by_digest(row.pk, row.digest)


def numbered(key: str, number: int) -> Edition:
    """An edition that was live once: what was asked then can be shown again. Raises NotPublished."""
    row = models.Edition.objects.filter(course__key=key, number=number).only("pk", "digest").first()
    if row is None:
        raise NotPublished(f"{key} has no edition {number}")
    return _by_digest(row.pk, row.digest)


def edition(pk: int) -> Edition:
    """Any edition, for its authors. Raises models.Edition.DoesNotExist."""
    row = models.Edition.objects.only("pk", "digest").get(pk=pk)
    return _by_digest(row.pk, row.digest)


def live_courses() -> Iterator[Edition]:
    """Every course that has a live edition, by key."""
    for pk, digest in (
        models.Edition.objects.filter(course__live=F("pk")).order_by("course__key").values_list("pk", "digest")
    ):
        yield _by_digest(pk, digest)


def exercise(key: str, course: str | None = None) -> Exercise:
    """A published exercise: of this course, or of the first live one that has it. Raises NoSuchExercise."""
    editions = [live(course)] if course else live_courses()
    for found in (candidate.exercise(key) for candidate in editions):
        if found is not None:
            return found
    raise NoSuchExercise(f"no published course has the exercise {key}")


@lru_cache(maxsize=8)
def _by_digest(pk: int, digest: str) -> Edition:
    row = models.Edition.objects.get(pk=pk)
    return Edition(
        course=content.Course.from_dict(row.document["course"]),
        number=row.number,
        digest=digest,
        packages=row.document["packages"],
        pk=pk,
    )


def manifest(package: Package) -> dict[str, Any]:
    """What `models.Package.manifest` keeps of a folder: nothing that a learner may not see."""
    locales = [locale for locale in content.LOCALES if _statement_name(locale) in package.files]
    return {
        "title": package.title,
        "summary": package.summary,
        "statement": {locale: package.text(_statement_name(locale)) for locale in locales},
        "starter": package.text("starter.py"),
        "size": package.size,
        "minutes": package.minutes,
        "queue": package.queue,
        "also_on": list(package.also_on),
        "functions": list(package.functions),
        "limits": vars(package.limits),
        "names": package.names,
        "formerly": list(package.formerly),
        "showcase": [piece | {"text": package.text(f"showcase/{piece['file']}.py")} for piece in package.showcase],
    }


def _statement_name(locale: str) -> str:
    return "statement.md" if locale == content.DEFAULT_LOCALE else f"statement.{locale}.md"


def from_manifest(row: models.Package, course: str = "", topic: str = "") -> Exercise:
    data = {key: value for key, value in row.manifest.items() if key in Exercise.__dataclass_fields__}
    data["functions"] = tuple(data["functions"])
    data["limits"] = GradingLimits(**data["limits"])
    return Exercise(key=row.key, digest=row.digest, course=course, topic=topic, **data)
