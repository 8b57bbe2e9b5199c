"""Where an item stands in the course: its topic, its siblings, its words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from learn.courses import content, library
from learn.reviews.items import Kind, course_of, key_of, kind_of


@dataclass(frozen=True)
class Place:
    """An item's topic and module. Both are empty for an item the live course no longer has."""

    topic: str = ""
    module: str = ""


NOWHERE = Place()


def edition_of(item: str) -> library.Edition | None:
    try:
        return library.live(course_of(item))
    except library.NotPublished:
        return None


def place_of(item: str) -> Place:
    edition = edition_of(item)
    return _places(edition).get(item, NOWHERE) if edition else NOWHERE


def places_in(course: str) -> dict[str, Place]:
    """Every item of the live course."""
    try:
        return _places(library.live(course))
    except library.NotPublished:
        return {}


def siblings(item: str) -> list[str]:
    """Items of the same topic: recalling one brings the others to mind."""
    edition = edition_of(item)
    place = _places(edition).get(item) if edition else None
    if not place or not edition:
        return []
    lesson = edition.course.lessons[place.topic]
    return [other for other in content.items_of(edition.course.key, lesson) if other != item]


def minutes_of(item: str, edition: library.Edition | None) -> float | None:
    """What the author says an exercise takes; None for all else."""
    if kind_of(item) is not Kind.EXERCISE or edition is None:
        return None
    exercise = edition.exercise(key_of(item))
    return float(exercise.minutes) if exercise else None


@lru_cache(maxsize=8)
def _places(edition: library.Edition) -> dict[str, Place]:
    course = edition.course
    return {
        item: Place(topic, course.module_of[topic].key)
        for topic, lesson in reversed(course.lessons.items())  # asked in two lessons: the first one counts
        for item in content.items_of(course.key, lesson)
    }
