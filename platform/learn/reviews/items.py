"""What can be asked again: an item's name says its course, its kind and its key; pure."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    CARD = "card"
    QUESTION = "question"
    EXERCISE = "exercise"


def kind_of(item: str) -> Kind:
    """The kind in a name such as "llm-roadmap/card:scale"; a name without one is a question."""
    kind, colon, _ = item.partition("/")[2].partition(":")
    return Kind(kind) if colon and kind in (Kind.CARD, Kind.EXERCISE) else Kind.QUESTION


def course_of(item: str) -> str:
    return item.partition("/")[0]


def key_of(item: str) -> str:
    """The content's own key, without the course and the kind."""
    name = item.partition("/")[2]
    return name.partition(":")[2] if kind_of(item) is not Kind.QUESTION else name
