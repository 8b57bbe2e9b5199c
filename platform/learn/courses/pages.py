"""What rendering a text gives, and what it needs: plain data shared by the parser's rules; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from markdown_it.token import Token


@dataclass(frozen=True)
class Problem:
    """Something an author has to mend, at a line of the source counted from 1."""

    line: int
    message: str


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents; `html` is safe and has no links."""

    level: int  # 2 or 3
    id: str
    html: str


@dataclass(frozen=True)
class Part:
    """A piece of the page: either safe HTML, or the place of the question with this key."""

    html: str = ""
    question: str = ""


@dataclass(frozen=True)
class Rendered:
    parts: tuple[Part, ...]
    footnotes: str  # safe HTML, or nothing
    contents: tuple[Heading, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Surroundings:
    """What a text may refer to. Links map a key to an address, figures a name to SVG source."""

    locale: str = "en"
    figures: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    exercises: Mapping[str, str] = field(default_factory=dict)
    questions: frozenset[str] = frozenset()
    plots: frozenset[str] | None = None  # None: not known here, so any name will do
    prefix: str = ""  # of every id, where several texts share a page


@dataclass
class Page:
    """What the renderer's rules share while one text is rendered (markdown-it's `env`)."""

    around: Surroundings
    render_text: Callable[[str, Surroundings], tuple[str, tuple[Problem, ...]]]
    holes: list[str] = field(default_factory=list)  # trusted fragments, by the number in their mark
    problems: list[Problem] = field(default_factory=list)
    headings: list[tuple[int, str, Token]] = field(default_factory=list)  # level, id, words
    contents: list[Heading] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    anchors: list[tuple[int, str]] = field(default_factory=list)  # links inside the page, to check at the end
    slots: list[str] = field(default_factory=list)  # keys of the questions placed

    def hole(self, html: str) -> str:
        self.holes.append(html)
        return f"\ue000{len(self.holes) - 1}\ue001"

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(line, message))

    def sorted_problems(self) -> tuple[Problem, ...]:
        """Each once, though a heading is rendered twice: in its place and in the contents."""
        return tuple(sorted(dict.fromkeys(self.problems), key=lambda problem: problem.line))
