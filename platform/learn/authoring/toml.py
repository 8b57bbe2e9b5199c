"""TOML with the line of every key: the standard library's parser tells no positions; pure.

`tomllib` decides what a file says. The scan below only finds where: it follows table headers and
`key =` at the start of lines, and steps over strings and arrays that span several.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


class TomlError(ValueError):
    """A file that is not TOML, with the line where the parser gave up."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Document:
    """What a file says, and at which line: `lines[("question", 0, "ask")]`."""

    data: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """The line of a key, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def read(text: str, first_line: int = 1) -> Document:
    """Raises TomlError. `first_line`: where the text starts in its file."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error))
        last = text.count("\n")
        line = int(match[1]) - 1 if match and match[1] else last
        raise TomlError(re.sub(r"\s*\(at .*\)$", "", str(error)), first_line + line) from None
    return Document(data, {path: first_line + line for path, line in _scan(text).items()})


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$"""
)


def _scan(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    table: Path = ()
    rows = text.split("\n")
    number = 0
    while number < len(rows):
        header, key = _HEADER.match(rows[number]), _KEY.match(rows[number])
        if header:
            table = _enter(_parts(header[2]), header[1] == "[[", lines)
            lines[table] = number
        elif key:
            parts = _parts(key[1])
            for length in range(1, len(parts) + 1):
                lines.setdefault((*table, *parts[:length]), number)
            number += _lines_of_value(key[2], rows[number + 1 :])
        number += 1
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^.]+""", dotted))


def _enter(parts: tuple[str, ...], is_array: bool, lines: dict[Path, int]) -> Path:
    """The path of a table: arrays of tables on the way stand at their last element."""
    path: Path = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        count = 0
        while (*path, count) in lines:
            count += 1
        if is_array and index == len(parts) - 1:
            path = (*path, count)
        elif count:
            path = (*path, count - 1)
    return path


def _lines_of_value(first: str, rest: list[str]) -> int:
    """How many further lines the value takes that begins with `first`."""
    state = _State()
    state.feed(first)
    for count, row in enumerate(rest):
        if state.is_closed:
            return count
        state.feed(row)
    return len(rest)


class _State:
    """Where in a value a line ends: inside of a string, or of so many brackets."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0

    @property
    def is_closed(self) -> bool:
        return not self.quote and self.depth <= 0

    def feed(self, row: str) -> None:
        position = 0
        while position < len(row):
            position += self._step(row, position)
        if len(self.quote) == 1:  # a string of one line cannot go on
            self.quote = ""

    def _step(self, row: str, position: int) -> int:
        if self.quote:
            if row[position] == "\\" and self.quote[0] == '"':
                return 2
            if row.startswith(self.quote, position):
                width, self.quote = len(self.quote), ""
                return width
            return 1
        if row.startswith(('"""', "'''"), position):
            self.quote = row[position : position + 3]
            return 3
        letter = row[position]
        if letter in "\"'":
            self.quote = letter
        elif letter == "#":
            return len(row)
        else:
            self.depth += (letter in "[{") - (letter in "]}")
        return 1
