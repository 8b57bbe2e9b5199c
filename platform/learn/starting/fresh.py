"""The set-up of a fresh checkout, step by step. Standard library only: it runs before any package is there."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from sandbox import images

from .bundle import BUNDLE, STATIC, bundle_step
from .engines import has_image, wanted_engine
from .environments import VENV, cells_step, own_environment, packages_step, project, python_of
from .home import ROOT
from .steps import Console, Step, StepFailed, digest_of, digest_of_files

LEARN = ROOT / "platform" / "learn"
COURSE = ROOT / "courses" / "llm-roadmap"
NEVER_WITHOUT = "Nothing is ever graded outside a sandbox: either a Docker engine that this user may use, or bwrap."
DISK_REMEDY = "The disk is full. A whole set-up takes about 4 GB here, and a Docker image 3 GB more."


def set_up(console: Console, home: Path) -> None:
    """Take every step that is not done. StepFailed, with its remedy, at the first that cannot be."""
    take([packages_step("web", "grader", "embedded")], console)
    engine = wanted_engine()
    steps = [bundle_step(), catalogues_step(), static_step(home), course_step(home)]
    cells = [] if engine in ("docker", "runsc") else [bwrap_step(home), cells_step()]
    take([*cells, sandbox_step(home, engine), *steps], console)


def take(steps: Iterable[Step], console: Console) -> None:
    for step in steps:
        if step.is_done():
            continue
        console.begin(step.title)
        try:
            step.take(console)
        except StepFailed as failure:
            console.end("failed")
            raise StepFailed(str(failure), failure.lines, remedy_for(failure, step)) from failure
        except OSError as error:
            console.end("failed")
            raise StepFailed(f"{error}", remedy=f"Anneal must be able to write in {ROOT}.") from error
        console.end()


def remedy_for(failure: StepFailed, step: Step) -> str:
    if any("No space left on device" in line for line in failure.lines):
        return DISK_REMEDY
    if not os.access(ROOT, os.W_OK):
        return f"Anneal must be able to write in {ROOT}. Clone it to where this user may."
    return failure.remedy or step.remedy


def in_venv(console: Console, *words: str | Path, **variables: str) -> None:
    console.command(python_of(VENV), *words, cwd=ROOT, environment=own_environment() | variables)


def manage(console: Console, *words: str | Path) -> None:
    in_venv(console, "manage.py", *words)


# ---------------------------------------------------------------------------------------- the steps


def sandbox_step(home: Path, engine: str) -> Step:
    """The image of the cells, or a look at whether bwrap can work; both end in words when they cannot."""
    return Step(
        title=f"Sandbox ({engine})",
        stamp=home / "stamps" / f"sandbox-{engine}",
        inputs=lambda: digest_of(engine, str(project()), digest_of_files([ROOT / "sandbox"])),
        work=lambda console: in_venv(console, "-m", "sandbox", "setup", "--engine", engine),
        is_there=lambda: engine == "bwrap" or has_image(images.tag("python")),
        remedy=NEVER_WITHOUT + (" Without a Docker engine:  ANNEAL_ENGINE=bwrap ./run" if engine != "bwrap" else ""),
    )


def bwrap_step(home: Path) -> Step:
    """Whether this kernel lets bwrap work at all: known before gigabytes are fetched for its cells."""
    return Step(
        title="Sandbox (bwrap): can it work here",
        stamp=home / "stamps" / "bwrap",
        inputs=lambda: digest_of(platform.release(), digest_of_files([ROOT / "sandbox"])),
        # With the machine's own Python, because the environment of the cells is not there yet.
        work=lambda console: in_venv(
            console, "-m", "sandbox", "sweep", "--engine", "bwrap", ANNEAL_CELL_PYTHON=sys.executable
        ),
        remedy=NEVER_WITHOUT,
    )


def catalogues_step() -> Step:
    sources = sorted(LEARN.glob("**/locale/*/LC_MESSAGES/*.po"))
    return Step(
        title="Translations",
        stamp=VENV / "catalogues.stamp",
        inputs=lambda: digest_of_files(sources),
        work=lambda console: in_venv(console, "-m", "learn.starting.catalogues"),
        outputs=tuple(source.with_suffix(".mo") for source in sources),
    )


def static_step(home: Path) -> Step:
    """Style sheets, scripts and pictures, each under a name with its digest, compressed."""
    return Step(
        title="Static files",
        stamp=home / "stamps" / "static",
        inputs=lambda: digest_of_files([STATIC, BUNDLE / ".anneal.stamp", VENV / "anneal.stamp"]),
        work=lambda console: manage(console, "collectstatic", "--no-input", "--ignore", "src"),
        outputs=(home / "static" / "staticfiles.json",),
    )


def course_step(home: Path) -> Step:
    """The database's tables, and the course in it, published."""
    kept = [COURSE, ROOT / "exercises", LEARN / "authoring", LEARN / "courses", *sorted(LEARN.glob("*/migrations"))]

    published = home / "stamps" / "published"

    def database() -> str:
        # A database that was put back from a copy is another file: it gets the course again.
        file = home / "db.sqlite3"
        return os.environ.get("DATABASE_URL") or (str(file.stat().st_ino) if file.exists() else "none")

    def work(console: Console) -> None:
        in_venv(console, "-m", "learn.starting.preparing")
        try:
            manage(console, "course", "publish", COURSE)
        except StepFailed as failure:
            # Who edits a course must be able to start the site: learners keep the edition they had.
            if not published.exists():
                raise
            console.say(f"The course was not published again: {failure}", *failure.lines)
        published.parent.mkdir(parents=True, exist_ok=True)
        published.touch()

    return Step(
        title="Database and course",
        stamp=home / "stamps" / "course",
        inputs=lambda: digest_of(database(), digest_of_files(kept)),
        work=work,
    )


def report(failure: StepFailed, log_path: Path) -> None:
    """What failed, its last lines, what to do, and where the rest can be read."""
    lines = "".join(f"    {line}\n" for line in failure.lines)
    remedy = f"\n{failure.remedy}\n" if failure.remedy else ""
    print(f"\n{failure}\n{lines}{remedy}\nThe whole log: {log_path}", file=sys.stderr)
