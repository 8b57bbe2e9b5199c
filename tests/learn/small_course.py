"""The small course that tests publish: everything a course can have, once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

FIXTURE = Path(__file__).parent / "authoring" / "course_fixture"
SMALL = FIXTURE / "courses" / "small"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def copy_to(folder: Path) -> Path:
    """A copy of the course with its exercises that a test may change; the course's folder."""
    shutil.copytree(FIXTURE, folder / "fixture")
    return folder / "fixture" / "courses" / "small"


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def import_(folder: Path = SMALL):
    from learn.authoring.importing import import_course
    from learn.authoring.surveying import survey

    return import_course(survey(folder), NOW).edition


def publish(folder: Path = SMALL):
    """The live edition, readable."""
    from learn.authoring import publishing
    from learn.courses import library

    publishing.publish(import_(folder), NOW)
    return library.live(folder.name)
