"""A course's folder with its exercises, read and checked in one go: what every command begins with.

Reads files and nothing else; what it finds is handed to `importing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graders.package import Package, PackageError
from learn.courses.content import Course

from .checks import check
from .problems import Problem
from .reader import Reading, read_course

PLOTS = Path(__file__).resolve().parent.parent / "static" / "src" / "plots"


@dataclass(frozen=True)
class Survey:
    """A course as its files have it now."""

    root: Path
    course: Course | None
    packages: dict[str, Package]  # those the lessons use and that could be read
    problems: tuple[Problem, ...]
    exercises: Path | None = None  # the folder of the exercises' folders

    @property
    def blocking(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.blocking)


def survey(root: Path, say: Callable[[str], None] = lambda step: None) -> Survey:
    """Read and check; `say` is told what is being done."""
    say("reading the course")
    reading = read_course(root)
    packages: dict[str, Package] = {}
    broken: dict[str, str] = {}
    for key in reading.course.exercises if reading.course else ():
        say(f"reading the exercise {key}")
        _read_exercise(key, reading, packages, broken)
    say("checking")
    problems = check(reading, packages, broken, plots())
    return Survey(reading.root, reading.course, packages, problems, reading.exercises)


def _read_exercise(key: str, reading: Reading, packages: dict[str, Package], broken: dict[str, str]) -> None:
    folder = (reading.exercises or reading.root) / key
    if not folder.is_dir():
        return
    try:
        packages[key] = Package.read(folder)
    except PackageError as error:
        broken[key] = str(error)
    except (OSError, UnicodeDecodeError, ValueError, TypeError) as error:
        broken[key] = f"{type(error).__name__}: {error}"


def plots() -> set[str] | None:
    """Names of the interactive figures; None where the sources of scripts are not installed."""
    return {path.stem for path in PLOTS.glob("*.js")} if PLOTS.is_dir() else None
