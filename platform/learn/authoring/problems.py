"""What is wrong with a course's files, and where; pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """A line of a file; the path is relative to the course's folder."""

    path: str
    line: int = 1


@dataclass(frozen=True, order=True)
class Problem:
    """A sentence for the author. One that is not blocking may be published: a translation is missing."""

    path: str
    line: int
    message: str
    blocking: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'' if self.blocking else 'note: '}{self.message}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Problems:
    """Collects what is found; each once, in the order of files and lines."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, message: str, *, blocking: bool = True) -> None:
        self.found.append(Problem(place.path, place.line, message, blocking))

    def sorted(self) -> tuple[Problem, ...]:
        return tuple(sorted(dict.fromkeys(self.found)))
