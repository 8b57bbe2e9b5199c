"""The files of a course's folder: names, text, front matter, the figures they use; pure but for reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from . import toml
from .fields import Table
from .problems import Place, Problems

FENCE = "+++"
_FIGURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)>\s]+)")
_FIGURE_NAME = re.compile(r"figures/[A-Za-z0-9_][A-Za-z0-9_.-]*\.svg")


@dataclass(frozen=True)
class Folder:
    """A course's folder. Paths in problems are relative to it."""

    root: Path
    problems: Problems

    def text(self, path: str) -> str | None:
        """A file's text, or None with a problem when it is not UTF-8; None without one when it is not there."""
        file = self.root / path
        if not file.is_file():
            return None
        try:
            return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self.problems.add(Place(path), f"is not UTF-8: byte {error.start} cannot be read")
            return None

    def table(self, path: str) -> Table | None:
        """A TOML file's top table; None when it is not there or, with a problem, is not TOML."""
        text = self.text(path)
        return None if text is None else self.parse(text, path, 1)

    def parse(self, text: str, path: str, first_line: int) -> Table | None:
        try:
            return Table(toml.read(text, first_line), (), path, self.problems)
        except toml.TomlError as error:
            self.problems.add(Place(path, error.line), f"is not TOML: {error}")
            return None

    def front_matter(self, path: str) -> tuple[Table | None, str, int]:
        """(fields between the +++ lines, body, line at which the body starts)."""
        text = self.text(path)
        if text is None:
            return None, "", 1
        lines = text.split("\n")
        if lines[0].strip() != FENCE:
            self.problems.add(Place(path), f"should begin with its fields between two lines of {FENCE}")
            return None, text, 1
        end = next((index for index, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
        if end is None:
            self.problems.add(Place(path), f"the fields at the top do not end: a line {FENCE} is missing")
            return None, "", 1
        table = self.parse("\n".join(lines[1:end]), path, 2)
        return table, "\n".join(lines[end + 1 :]), end + 2

    def figures(self, module: str, texts: list[str], locales: tuple[str, ...]) -> dict[str, str]:
        """The SVG files that these texts show, with those drawn for another locale, by the name used."""
        names = {name for text in texts for name in _FIGURE.findall(text) if _FIGURE_NAME.fullmatch(name)}
        wanted = [(name, *(f"{name[:-4]}.{locale}.svg" for locale in locales)) for name in sorted(names)]
        found = {name: self.text(f"{module}/{name}") for variants in wanted for name in variants}
        return {name: source for name, source in found.items() if source is not None}


def localised(path: str, locale: str) -> str:
    """`03-attention.questions.toml` → `03-attention.questions.zh-hans.toml`."""
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}.{locale}{dot}{suffix}"
