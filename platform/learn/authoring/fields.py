"""Reads the fields of a TOML table as what they should be; says what is missing, misspelt or of another kind; pure."""

from __future__ import annotations

import difflib
import re
from typing import Any

from learn.courses.content import DEFAULT_LOCALE, LOCALES, Number, Text

from . import toml
from .problems import Place, Problems

KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Table:
    """One table of a file. Every field that is asked for is known; `end()` complains of the others."""

    def __init__(self, document: toml.Document, path: toml.Path, file: str, problems: Problems) -> None:
        self.document = document
        self.path = path
        self.file = file
        self.problems = problems
        self.known: set[str] = set()
        self.data: dict[str, Any] = document.data
        for part in path:
            self.data = self.data[part]  # type: ignore[index]

    def place(self, *names: str | int) -> Place:
        return Place(self.file, self.document.line(*self.path, *names))

    def problem(self, name: str, message: str) -> None:
        self.problems.add(self.place(name) if name else self.place(), message)

    def take(self, name: str, kinds: type | tuple[type, ...], wanted: str, default: Any, required: bool) -> Any:
        self.known.add(name)
        if name not in self.data:
            if required:
                self.problem("", f"“{name}” is missing")
            return default
        value = self.data[name]
        is_wrong_boolean = isinstance(value, bool) and kinds is not bool
        if not isinstance(value, kinds) or is_wrong_boolean:
            self.problem(name, f"“{name}” should be {wanted}")
            return default
        return value

    def string(self, name: str, *, required: bool = False, default: str = "") -> str:
        value = self.take(name, str, "text in quotes", default, required).strip("\n")
        if required and name in self.data and not value.strip():
            self.problem(name, f"“{name}” is empty")
        return value

    def key(self, name: str = "key") -> str:
        value = self.string(name, required=True)
        if value and not KEY.fullmatch(value):
            self.problem(name, f"the key “{value}” should be small letters, digits and single hyphens")
        return value

    def boolean(self, name: str) -> bool:
        return self.take(name, bool, "true or false", False, False)

    def number(self, name: str, default: Number, *, required: bool = False) -> Number:
        return self.take(name, (int, float), "a number", default, required)

    def strings(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        values = self.take(name, list, "a list of texts", [], required)
        if any(not isinstance(value, str) for value in values):
            self.problem(name, f"“{name}” should be a list of texts")
            return ()
        return tuple(values)

    def words(self, name: str, *, required: bool = True) -> Text:
        """A table of locales: `[title]` with `en` and `zh-hans`."""
        table = self.take(name, dict, f"a table: [{name}] with {DEFAULT_LOCALE} = …", {}, required)
        for locale, value in table.items():
            if locale not in LOCALES:
                self.problems.add(self.place(name, locale), f"“{locale}” is no language here: {', '.join(LOCALES)}")
            elif not isinstance(value, str):
                self.problems.add(self.place(name, locale), f"“{locale}” should be text in quotes")
        if table and DEFAULT_LOCALE not in table:
            self.problem(name, f"“{name}” lacks “{DEFAULT_LOCALE}”")
        return {locale: value for locale, value in table.items() if isinstance(value, str) and locale in LOCALES}

    def tables(self, name: str, *, required: bool = False) -> list[Table]:
        """An array of tables: every `[[name]]`."""
        values = self.take(name, list, f"written as [[{'.'.join([*map(str, self.path), name])}]]", [], required)
        if any(not isinstance(value, dict) for value in values):
            self.problem(name, f"“{name}” should be tables: [[{name}]]")
            return []
        return [
            Table(self.document, (*self.path, name, index), self.file, self.problems) for index in range(len(values))
        ]

    def table(self, name: str) -> Table | None:
        value = self.take(name, dict, f"a table: [{name}]", None, False)
        return None if value is None else Table(self.document, (*self.path, name), self.file, self.problems)

    def end(self) -> None:
        for name in self.data:
            if name not in self.known:
                near = difflib.get_close_matches(name, self.known, 1)
                self.problem(name, f"“{name}” is not a field here" + (f": did you mean “{near[0]}”?" if near else ""))
