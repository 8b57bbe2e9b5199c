"""What there is to learn, as plain data: read by `authoring.reader`, kept whole in an Edition, shown by pages.

Nothing here knows Django. Every object is frozen and equal by value; `Course.to_dict` and
`Course.from_dict` are inverse, and what they pass through is JSON. A text for people is a `Text`:
one string for each locale, the default one always first to be asked when another is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

DEFAULT_LOCALE = "en"
LOCALES = ("en", "zh-hans")

Text = dict[str, str]
Number = int | float


def text(words: Mapping[str, str], locale: str) -> str:
    """The words in this locale, or in the default one, or nothing."""
    return words.get(locale) or words.get(DEFAULT_LOCALE, "")


def is_missing(words: Mapping[str, str], locale: str) -> bool:
    """Whether a page in this locale has to show these words in the default one."""
    return bool(words.get(DEFAULT_LOCALE)) and not words.get(locale)


@dataclass(frozen=True)
class Option:
    """One choice of a single or multiple question, with its own explanation."""

    key: str
    text: Text
    right: bool = False
    why: Text = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A wrong number that people arrive at (an expression over what was drawn), and why it is wrong."""

    value: str
    why: Text


@dataclass(frozen=True)
class Question:
    """One thing asked. `kind` says which of the fields below the first block matter."""

    key: str
    kind: str  # single, multiple, numeric, text, ordering, output
    ask: Text
    why: Text
    formerly: tuple[str, ...] = ()

    options: tuple[Option, ...] = ()  # single, multiple
    answer: str = ""  # numeric: an expression over what was drawn
    tolerance: float = 0.0  # numeric: relative to the answer
    unit: str = ""  # numeric
    mistakes: tuple[Mistake, ...] = ()  # numeric
    draw: dict[str, tuple[Number, ...]] = field(default_factory=dict)  # numeric: fresh numbers each time
    accept: dict[str, tuple[str, ...]] = field(default_factory=dict)  # text, output: accepted forms by locale
    items: tuple[Text, ...] = ()  # ordering: in the right order
    code: str = ""  # output: the program


@dataclass(frozen=True)
class Card:
    """A front and a back in Markdown, recalled without options."""

    key: str
    front: Text
    back: Text
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """The text of one topic with what it asks. `exercises` are keys of exercises' folders."""

    key: str
    title: Text
    minutes: int
    body: Text  # Markdown
    questions: tuple[Question, ...] = ()
    cards: tuple[Card, ...] = ()
    exercises: tuple[str, ...] = ()
    figures: dict[str, str] = field(default_factory=dict)  # SVG source by the name the body uses


@dataclass(frozen=True)
class Topic:
    """A station of the roadmap. Without a lesson it is announced and not open yet."""

    key: str
    title: Text
    needs: tuple[str, ...] = ()
    lesson: Lesson | None = None
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """A district of the roadmap, on one of its lines."""

    key: str
    number: int
    title: Text
    line: str
    summary: Text = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Line:
    key: str
    title: Text


@dataclass(frozen=True)
class Course:
    key: str
    title: Text
    summary: Text
    lines: tuple[Line, ...] = ()
    modules: tuple[Module, ...] = ()
    audience: Text = field(default_factory=dict)

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Every topic by key, in the order of the roadmap."""
        return {topic.key: topic for module in self.modules for topic in module.topics}

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        """Every written lesson by its topic's key, in the order of the roadmap."""
        return {key: topic.lesson for key, topic in self.topics.items() if topic.lesson}

    @cached_property
    def questions(self) -> dict[str, Question]:
        return {question.key: question for lesson in self.lessons.values() for question in lesson.questions}

    @cached_property
    def cards(self) -> dict[str, Card]:
        return {card.key: card for lesson in self.lessons.values() for card in lesson.cards}

    @cached_property
    def exercises(self) -> tuple[str, ...]:
        """Keys of the exercises the lessons use, each once."""
        keys = (key for lesson in self.lessons.values() for key in lesson.exercises)
        return tuple(dict.fromkeys(keys))

    @cached_property
    def module_of(self) -> dict[str, Module]:
        """The module of each topic's key."""
        return {topic.key: module for module in self.modules for topic in module.topics}

    @cached_property
    def lesson_of(self) -> dict[str, Lesson]:
        """The first lesson in which each item (`question_item`, `card_item`, `exercise_item`) is asked."""
        found: dict[str, Lesson] = {}
        for lesson in self.lessons.values():
            for item in items_of(self.key, lesson):
                found.setdefault(item, lesson)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data; cached facts are left out."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Course:
        """The inverse of `to_dict`. Fields of a later version that this one does not know are passed over."""
        return _build(cls, data)


def question_item(course: str, question: str) -> str:
    """The name under which a learner's memory keeps a question."""
    return f"{course}/{question}"


def card_item(course: str, card: str) -> str:
    return f"{course}/card:{card}"


def exercise_item(course: str, exercise: str) -> str:
    return f"{course}/exercise:{exercise}"


def items_of(course: str, lesson: Lesson) -> Iterator[str]:
    """Everything in a lesson that can be asked again."""
    yield from (question_item(course, question.key) for question in lesson.questions)
    yield from (card_item(course, card.key) for card in lesson.cards)
    yield from (exercise_item(course, exercise) for exercise in lesson.exercises)


_HINTS: dict[type, dict[str, Any]] = {}


def _build(kind: Any, value: Any) -> Any:
    """A value of the annotated kind from JSON data: dataclasses, tuples, dicts and optionals of them."""
    origin = get_origin(kind)
    if origin in (UnionType, Union):
        members = [member for member in get_args(kind) if member is not type(None)]
        return value if value is None or len(members) > 1 else _build(members[0], value)
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], member) for member in value)
    if origin is dict:
        return {key: _build(get_args(kind)[1], member) for key, member in value.items()}
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = _HINTS.setdefault(kind, get_type_hints(kind))
        return kind(**{f.name: _build(hints[f.name], value[f.name]) for f in fields(kind) if f.name in value})
    return value
