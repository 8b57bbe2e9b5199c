"""What changes for learners when one edition takes another's place: keys new, gone, renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from learn.courses import content, models


@dataclass(frozen=True)
class Comparison:
    """Items are names such as `llm-roadmap/scale-variance`; topics and exercises are keys."""

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    renamed_topics: dict[str, str] = field(default_factory=dict)
    renamed_exercises: dict[str, str] = field(default_factory=dict)
    changed_exercises: tuple[str, ...] = ()  # the same key, another package
    course: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.gone or self.renamed or self.renamed_topics or self.changed_exercises)


def compare(old: models.Edition | None, new: models.Edition) -> Comparison:
    """From `old` (None: nothing was live) to `new`, which may be the older one of the two."""
    before: Mapping[str, Any] = old.document if old else {"course": None, "packages": {}, "renames": {}}
    after = new.document
    items = renamed(_items(before), _items(after), before, after, "items")
    old_items, new_items = _items(before), _items(after)
    packages, old_packages = after["packages"], before["packages"]
    return Comparison(
        new=tuple(item for item in new_items if item not in old_items and item not in items.values()),
        gone=tuple(item for item in old_items if item not in new_items and item not in items),
        renamed=items,
        renamed_topics=renamed(_topics(before), _topics(after), before, after, "topics"),
        renamed_exercises=renamed(list(old_packages), list(packages), before, after, "exercises"),
        changed_exercises=tuple(key for key in packages if key in old_packages and old_packages[key] != packages[key]),
        course=after["course"]["key"],
    )


def renamed(
    old_keys: list[str], new_keys: list[str], before: Mapping[str, Any], after: Mapping[str, Any], kind: str
) -> dict[str, str]:
    """Names to be carried over: as the newer says, and on the way back as the older one's successor said."""
    forward = after["renames"].get(kind, {})
    backward = {new: old for old, new in before["renames"].get(kind, {}).items()}
    gone, come = set(old_keys) - set(new_keys), set(new_keys) - set(old_keys)
    return {old: new for old, new in {**backward, **forward}.items() if old in gone and new in come}


def _items(document: Mapping[str, Any]) -> list[str]:
    course = _course(document)
    if course is None:
        return []
    return [item for lesson in course.lessons.values() for item in content.items_of(course.key, lesson)]


def _topics(document: Mapping[str, Any]) -> list[str]:
    course = _course(document)
    return list(course.topics) if course else []


def _course(document: Mapping[str, Any]) -> content.Course | None:
    return content.Course.from_dict(document["course"]) if document["course"] else None
