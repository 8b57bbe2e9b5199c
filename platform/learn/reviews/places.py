"""Where items stand in their courses: topic, module, siblings, words. Each course is looked up once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from learn.courses import content, library
from learn.courses.content import text
from learn.reviews.items import Kind, course_of, key_of, kind_of

# What Markdown and formulas are marked with; a list shows words.
MARKS = str.maketrans("", "", "$*`={}")
COMMAND = re.compile(r"\\([a-zA-Z]+)")
SIGNS = {
    "sqrt": "√", "times": "×", "cdot": "·", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "approx": "≈",
    "infty": "∞", "to": "→", "in": "∈", "sum": "∑", "top": "ᵀ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ",
    "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "tau": "τ", "nabla": "∇", 
    "partial": "∂",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """An item's topic and module by key. Empty for an item that the live course no longer has."""

    topic: str = ""
    module: str = ""
    rank: int = 0  # in the order of the course


NOWHERE = Place()


class Map:
    """The live editions of the courses that some items belong to."""

    def __init__(self, courses: Iterable[str]):
        self.editions = {key: edition for key in set(courses) if (edition := _live(key))}

    @classmethod
    def of(cls, items: Iterable[str]) -> Map:
        return cls(course_of(item) for item in items)

    def edition(self, item: str) -> library.Edition | None:
        return self.editions.get(course_of(item))

    def place(self, item: str) -> Place:
        edition = self.edition(item)
        return _places(edition).get(item, NOWHERE) if edition else NOWHERE

    def knows(self, item: str) -> bool:
        return self.place(item) is not NOWHERE

    def lesson(self, item: str) -> content.Lesson | None:
        edition, place = self.edition(item), self.place(item)
        return edition.course.lessons.get(place.topic) if edition and place.topic else None

    def siblings(self, item: str) -> list[str]:
        """Items of the same topic: recalling one brings the others to mind."""
        lesson = self.lesson(item)
        return [other for other in content.items_of(course_of(item), lesson) if other != item] if lesson else []

    def title(self, item: str, locale: str) -> str:
        """What a list calls it: an exercise's title, a question's or a card's first words."""
        edition, key = self.edition(item), key_of(item)
        if edition is None:
            return key
        match kind_of(item):
            case Kind.EXERCISE:
                exercise = edition.exercise(key)
                return text(exercise.title, locale) if exercise else key
            case Kind.CARD:
                card = edition.course.cards.get(key)
                return _first_words(text(card.front, locale)) if card else key
            case Kind.QUESTION:
                question = edition.course.questions.get(key)
                return _first_words(_drawn(question, text(question.ask, locale))) if question else key

    def topic_title(self, item: str, locale: str) -> str:
        edition, place = self.edition(item), self.place(item)
        return text(edition.course.topics[place.topic].title, locale) if edition and place.topic else ""


def _live(course: str) -> library.Edition | None:
    try:
        return library.live(course)
    except library.NotPublished:
        return None


def _drawn(question: content.Question, words: str) -> str:
    """The words with some numbers for those that are fresh each time."""
    for name, values in question.draw.items():
        words = words.replace("{" + name + "}", f"{values[0]}")
    return words


def _first_words(markdown: str, limit: int = 80) -> str:
    line = next((line.strip() for line in markdown.splitlines() if line.strip()), "")
    line = COMMAND.sub(lambda found: SIGNS.get(found[1], ""), line).translate(MARKS)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=8)
def _places(edition: library.Edition) -> dict[str, Place]:
    course, found = edition.course, {}
    for topic, lesson in course.lessons.items():
        for item in content.items_of(course.key, lesson):
            found.setdefault(item, Place(topic, course.module_of[topic].key, len(found)))  # asked twice: the first
    return found
