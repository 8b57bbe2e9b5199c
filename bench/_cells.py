"""What one cell costs: until the learner's first line, in processor time, in memory, and what it leaves behind."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench._engine import cells_of
from bench._site import OWN_COURSE, Learner, cmdline
from bench.figures import Series
from graders.cells import Cells, answer_files, answer_profile
from graders.grade import grade
from graders.package import Package
from graders.protocol import Job, Mode, Outcome
from sandbox import Cell
from sandbox.choosing import choose
from sandbox.pool import Pool

EXERCISES = OWN_COURSE.parent.parent / "exercises"
SETTLED = 3.0  # seconds after which what was done before costs nothing any longer
# Its first line tells when it runs, on the clock that all processes of a machine share.
FIRST = "import time; print('FIRST', time.clock_gettime(time.CLOCK_MONOTONIC))\ndef double(x):\n    return 2 * x\n"


class Watched(Cells):
    """Notes when an answer cell was claimed."""

    def answer(self, package: Package, *more: Any) -> tuple[Cell, bool]:
        self.claimed = time.monotonic()
        return super().answer(package, *more)


@contextmanager
def cells(engine: str | None, warm: int, keeper: Path | None = None) -> Iterator[tuple[Watched, Pool]]:
    """Cells as a grader has them: out of the site's keeper, where it has one."""
    if keeper is not None and keeper.exists():
        os.environ["ANNEAL_KEEPER"] = str(keeper)
    opened = choose(engine)
    os.environ.pop("ANNEAL_KEEPER", None)
    pool = Pool(opened, warm)
    watched = Watched(pool)
    try:
        yield watched, pool
    finally:
        watched.close()
        pool.close()
        opened.close()


def graded(package: Package, watched: Watched, source: str, mode: Mode) -> str:
    """Grade `source`; what it printed. RuntimeError unless it passed."""
    job = Job("b", 1, "", package.key, package.digest, {"solution.py": source}, os.urandom(16).hex(), mode)
    verdict = grade(job, package, watched)
    if verdict.outcome is not Outcome.PASSED:
        raise RuntimeError(f"{package.key} was graded {verdict.outcome}: {verdict.message}")
    return verdict.log


def first_lines(engine: str | None, keeper: Path | None, count: int) -> Series:
    """Milliseconds from claiming a warm cell to the first line of the learner's code, out of a full pool."""
    package, times = Package.read(EXERCISES / "trivial"), []
    with cells(engine, 1, keeper) as (watched, pool):
        pool.warm(answer_profile(package))
        graded(package, watched, FIRST, Mode.RUN)  # the judge's start
        for _ in range(count):
            until_warm(pool, answer_profile(package).name)
            log = graded(package, watched, FIRST, Mode.RUN)
            times.append((float(re.search(r"FIRST (\S+)", log)[1]) - watched.claimed) * 1000)
    return Series("claim → first line of the learner's code", times)


def processor_seconds(engine: str | None, keeper: Path | None, count: int) -> tuple[float, float]:
    """Of the processor, for the life of one cell with torch, from the request to its removal.

    What the whole machine spent beyond what it spends anyway, since engine, runtime and kernel work for a cell, too;
    and what was spent inside the cell.
    """
    package, inside = Package.read(EXERCISES / "trivial"), []
    with cells(engine, 0, keeper) as (watched, _):
        graded(package, watched, FIRST, Mode.SUBMIT)  # whatever is done once
        time.sleep(SETTLED)
        anyway = spent_in(lambda: time.sleep(SETTLED)) / SETTLED
        began = time.monotonic()

        def lives() -> None:
            for _ in range(count):
                cell, _ = watched.answer(package)
                cell.load(answer_files(package, FIRST), "answer.py", time.monotonic() + 30)
                inside.append(cell.usage().cpu_seconds or 0.0)
                cell.kill()
            time.sleep(SETTLED)  # until the last is removed

        whole = spent_in(lives) - anyway * (time.monotonic() - began)
    return whole / count, median(inside)


def spent_in(work: Callable[[], object]) -> float:
    """Processor seconds of the whole machine while `work` is done."""
    before = busy_seconds()
    work()
    return busy_seconds() - before


def busy_seconds() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


def cold_start(learner: Learner) -> None:
    """The first grading of a site starts a judge, which is no matter of load."""
    learner.submit("trivial", FIRST)


def until_warm(pool: Pool, name: str) -> None:
    deadline = time.monotonic() + 120
    while not pool.stats()["profiles"][name]["warm"]:
        if time.monotonic() > deadline:
            raise TimeoutError("no cell got warm within two minutes")
        time.sleep(0.05)
    time.sleep(0.2)


def leftovers(engine: str | None, count: int) -> list[str]:
    """What is there of `count` gradings, two at a time, after they ended: cells, control groups, children."""
    package, before = Package.read(EXERCISES / "bare"), psutil.Process().memory_info().rss
    with cells(engine, 2) as (watched, _), ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        for number, _ in enumerate(pool.map(lambda _: graded(package, watched, FIRST, Mode.SUBMIT), range(count)), 1):
            if number % 200 == 0:
                print(f"  {number} gradings, {number / (time.monotonic() - began):.1f} a second", flush=True)
    deadline = time.monotonic() + 30
    while (left := [*cells_of(os.getpid()), *children()]) and time.monotonic() < deadline:
        time.sleep(0.5)
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{count} gradings: {len(left)} leftovers; this process grew by {grown:.0f} MB")
    return left


def children() -> list[str]:
    return [f"process {child.pid}: {' '.join(cmdline(child))[:60]}" for child in psutil.Process().children(True)]


def memory() -> list[tuple[str, float]]:
    """What each warm cell of this machine holds for itself alone, in MB (USS), read from outside."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if not any("The first program of every cell" in part or part.endswith("boot.py") for part in line):
            continue
        try:
            unique = process.memory_full_info().uss / 2**20
        except psutil.Error:
            continue
        if unique > 10:  # what only waits for its child is no cell
            found.append((" ".join(part for part in line[-5:] if re.fullmatch(r"[a-z_.]+", part)), unique))
    return found
