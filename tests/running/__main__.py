"""The order of `./test`: packages, machine, checks, tests, summary."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from learn.starting.bundle import bundle_step
from learn.starting.environments import VENV, own_environment, packages_step, python_of
from learn.starting.fresh import report, take
from learn.starting.home import ROOT, only_one_setup
from learn.starting.steps import Console, StepFailed

from . import compose, machine
from .checks import CHECKS, Check, passes

LOG = ROOT / "var" / "logs" / "test.log"
SERVERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {
    "Docker engine": machine.docker,
    "Redis": machine.redis,
    "PostgreSQL": machine.postgres,
}


@dataclass
class Summary:
    """What ran, how long it took, and what was left out."""

    rows: list[tuple[str, str, float]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, title: str, status: int, seconds: float) -> None:
        self.rows.append((title, "ok" if status == 0 else f"FAILED (status {status})", seconds))

    @property
    def failed(self) -> bool:
        return any(result != "ok" for _, result, _ in self.rows)

    def print(self) -> None:
        print("\n" + "=" * 100)
        for title, result, seconds in self.rows:
            print(f"  {title:<50} {result:<24} {seconds:8.1f} s")
        for reason in self.missing:
            print(f"  NOT SET UP: {reason}")
        print("=" * 100)
        print("FAILED" if self.failed else "Everything that ran passed.")


def main(arguments: list[str]) -> int:
    summary, began = Summary(), time.monotonic()
    try:
        with ExitStack() as stack:
            environment = prepare(stack, summary)
            summary.rows.append(("set-up", "ok", time.monotonic() - began))
            for check in (
                [Check("tests", ["-m", "pytest", *arguments])] if arguments else [*CHECKS, *passes(environment)]
            ):
                run(check, environment, summary)
    except StepFailed as failure:
        report(failure, LOG)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    summary.print()
    return 1 if summary.failed else 0


def prepare(stack: ExitStack, summary: Summary) -> dict[str, str]:
    """Everything the tests need, or a word about what they go without. The environment of the checks."""
    console = stack.enter_context(Console(LOG))
    with only_one_setup("Another set-up runs in this folder; waiting for it …"):
        take([packages_step("web", "grader", "embedded", "dev"), bundle_step()], console)
    summary.missing += machine.install(console)
    environment = own_environment()
    folder = stack.enter_context(machine.short_folder())
    for name, server in SERVERS.items():
        try:
            environment |= stack.enter_context(server(folder))
        except (StepFailed, OSError) as reason:
            summary.missing.append(f"{name}: {reason}")
    try:
        environment |= compose.program(console)
    except StepFailed as reason:
        summary.missing.append(str(reason))
    for engine in ("docker", "bwrap"):
        with complaint(summary, console, f"Sandbox ({engine})"):
            console.command(
                python_of(VENV), "-m", "sandbox", "setup", "--engine", engine, cwd=ROOT, environment=environment
            )
    return environment


@contextlib.contextmanager
def complaint(summary: Summary, console: Console, title: str):
    console.begin(title)
    try:
        yield
    except StepFailed as failure:
        console.end("not possible here")
        summary.missing.append(f"{title}: {' / '.join(failure.lines[-2:]) or failure}")
    else:
        console.end()


def run(check: Check, environment: dict[str, str], summary: Summary) -> None:
    """Make `check`, and meanwhile what is to be made beside it."""
    with tempfile.TemporaryFile("w+") as said, ThreadPoolExecutor(1) as row:
        beside = [row.submit(make, each, environment, summary, said) for each in check.beside]
        make(check, environment, summary, sys.stdout)
        for each in beside:
            each.result()  # what could not be made at all is told, and not passed over
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)


def make(check: Check, environment: dict[str, str], summary: Summary, out: TextIO) -> None:
    words = [str(python_of(VENV)), *check.words]
    print(f"\n--- {check.title}\n$ {shlex.join(check.words)}", file=out, flush=True)
    began = time.monotonic()
    ended = subprocess.run(words, cwd=ROOT, env={**environment, **check.environment}, stdout=out, stderr=out)
    status = 0 if ended.returncode in check.fine else ended.returncode
    summary.add(check.title, status, time.monotonic() - began)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
