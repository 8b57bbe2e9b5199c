"""An exercise's folder, read: the manifest, the texts, the code. Plain data, used by site and grader alike."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# How a known submission's folder is called is how grading it must end.
KNOWN_OUTCOMES = ("passed", "failed", "error", "time", "memory", "output")
SIZES = ("drill", "build", "capstone")
QUEUES = ("cpu", "gpu")


class PackageError(Exception):
    """An exercise's folder that cannot be used. Says which file, what is wrong and what to write."""


@dataclass(frozen=True)
class GradingLimits:
    seconds: float = 10.0  # wall time of the learner's code over all cases
    case_seconds: float = 4.0  # of one call
    load_seconds: float = 10.0  # of executing the learner's file
    memory_mb: int = 1024
    answer_mb: int = 16  # of one answer


@dataclass(frozen=True)
class Package:
    """One exercise. `files` has every file of the folder by its relative name."""

    key: str
    digest: str
    title: dict[str, str]
    summary: dict[str, str]
    size: str
    minutes: int
    queue: str
    also_on: tuple[str, ...]  # other queues that grade it, with the same cases and to the same verdict
    functions: tuple[str, ...]
    preload: tuple[str, ...]
    limits: GradingLimits
    hints: dict[str, dict[str, str]]
    names: dict[str, dict[str, str]]  # locale → case name → its translation
    formerly: tuple[str, ...] = ()
    showcase: tuple[dict[str, Any], ...] = ()  # {"file", "title", "says"}: programs that visitors see judged
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> Package:
        """The exercise in `folder`. PackageError with file, field and remedy if it is not one."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not _ignored(path.relative_to(folder))
        }
        return cls.from_files(folder.name, files)

    @classmethod
    def from_files(cls, key: str, files: dict[str, bytes]) -> Package:
        manifest = _manifest(key, files)
        for needed in ("statement.md", "starter.py", "reference.py", "cases.py"):
            if needed not in files:
                raise PackageError(f"{key}: {needed} is missing")
        limits = _limits(key, _table(key, manifest, "limits"))
        package = cls(
            key=key,
            digest=digest(files),
            title=_texts(key, manifest, "title"),
            summary=_texts(key, manifest, "summary"),
            size=_choice(key, manifest, "size", SIZES, "drill"),
            minutes=_whole_number(key, manifest, "minutes", 10),
            queue=_choice(key, manifest, "queue", QUEUES, "cpu"),
            also_on=_names(key, manifest, "also_on"),
            functions=_names(key, manifest, "functions"),
            preload=_names(key, manifest, "preload", ("torch",)),
            limits=limits,
            hints=_tables(key, manifest, "hints"),
            names=_tables(key, manifest, "names"),
            formerly=_names(key, manifest, "formerly"),
            showcase=_pieces(key, manifest),
            files=files,
        )
        package._refuse_contradictions()
        return package

    @property
    def queues(self) -> tuple[str, ...]:
        """Where it is graded: the first unless somebody asks for another."""
        return (self.queue, *self.also_on)

    def _refuse_contradictions(self) -> None:
        wrong = [name for name in self.also_on if name not in QUEUES or name == self.queue]
        if wrong:
            other = " or ".join(name for name in QUEUES if name != self.queue)
            raise PackageError(f"{self.key}/exercise.toml: also_on names {wrong[0]!r}; it can name {other}")
        if not self.functions:
            raise PackageError(f"{self.key}/exercise.toml: functions must name what the learner's file defines")
        known = {Path(name).stem for name in self.files if name.startswith("submissions/failed/")}
        for hint in self.hints:
            if hint not in known:
                raise PackageError(f"{self.key}/exercise.toml: hints.{hint} has no submissions/failed/{hint}.py")
        for piece in self.showcase:
            self._refuse_piece(piece)

    def _refuse_piece(self, piece: dict[str, Any]) -> None:
        name = piece.get("file")
        if f"showcase/{name}.py" not in self.files:
            raise PackageError(f"{self.key}/exercise.toml: showcase has no showcase/{name}.py")
        for field_ in ("title", "says"):
            if not isinstance(piece.get(field_), dict) or not piece[field_].get("en"):
                raise PackageError(f"{self.key}/exercise.toml: showcase {name}: {field_} needs at least en")

    def text(self, name: str) -> str:
        return self.files[name].decode("utf-8")

    def localized(self, name: str, locale: str) -> str:
        """The text of `name` in `locale`, or in the default language where there is none."""
        stem, dot, suffix = name.rpartition(".")
        localized = f"{stem}.{locale}{dot}{suffix}"
        return self.text(localized if localized in self.files else name)

    def known_submissions(self) -> list[tuple[str, str]]:
        """(expected outcome, file name) of every known submission."""
        return [
            (name.split("/")[1], name)
            for name in sorted(self.files)
            if name.startswith("submissions/") and name.endswith(".py") and name.split("/")[1] in KNOWN_OUTCOMES
        ]


def digest(files: dict[str, bytes]) -> str:
    """A name for exactly these files: 32 hex digits of SHA-256 over names and contents."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{len(name)}:{name}:{len(files[name])}:".encode() + files[name])
    return total.hexdigest()[:32]


def _ignored(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def _manifest(key: str, files: dict[str, bytes]) -> dict[str, Any]:
    if "exercise.toml" not in files:
        raise PackageError(f"{key}: exercise.toml is missing")
    try:
        return tomllib.loads(files["exercise.toml"].decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackageError(f"{key}/exercise.toml: {error}") from None


def _texts(key: str, manifest: dict[str, Any], name: str) -> dict[str, str]:
    texts = manifest.get(name)
    if not isinstance(texts, dict) or not texts.get("en"):
        raise PackageError(f'{key}/exercise.toml: [{name}] needs at least en = "…"')
    return texts


def _whole_number(key: str, manifest: dict[str, Any], name: str, default: int) -> int:
    value = manifest.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PackageError(f"{key}/exercise.toml: {name} must be a whole number above 0")
    return value


def _names(key: str, manifest: dict[str, Any], name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    value = manifest.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        raise PackageError(f'{key}/exercise.toml: {name} must be a list of names, such as ["one", "two"]')
    return tuple(value)


def _table(key: str, manifest: dict[str, Any], name: str) -> dict[str, Any]:
    value = manifest.get(name, {})
    if not isinstance(value, dict):
        raise PackageError(f"{key}/exercise.toml: {name} must be a table: [{name}]")
    return value


def _tables(key: str, manifest: dict[str, Any], name: str) -> dict[str, dict[str, str]]:
    """Tables of texts in a table: hints by mistake and language, names by language and case."""
    found = _table(key, manifest, name)
    for inner, texts in found.items():
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise PackageError(f"{key}/exercise.toml: {name}.{inner} must be a table of texts: [{name}.{inner}]")
    return found


def _pieces(key: str, manifest: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    value = manifest.get("showcase", [])
    if not isinstance(value, list) or not all(isinstance(piece, dict) for piece in value):
        raise PackageError(f"{key}/exercise.toml: showcase must be a list of tables: [[showcase]]")
    return tuple(value)


def _choice(key: str, manifest: dict[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = str(manifest.get(name, default))
    if value not in allowed:
        raise PackageError(f"{key}/exercise.toml: {name} is {value!r}, not one of {', '.join(allowed)}")
    return value


def _limits(key: str, table: dict[str, Any]) -> GradingLimits:
    unknown = table.keys() - GradingLimits.__dataclass_fields__.keys()
    if unknown:
        raise PackageError(f"{key}/exercise.toml: limits.{sorted(unknown)[0]} is no limit")
    for name, value in table.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 100_000:
            raise PackageError(f"{key}/exercise.toml: limits.{name} must be a number above 0")
    return GradingLimits(**table)
