"""What an author wants to know: does every known submission end as its folder says, on every seed?"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graders.cells import Cells, answer_files
from graders.grade import Broken, Clock, Relay, grade_lazily
from graders.lazy import LAZY
from graders.package import Package
from graders.protocol import Outcome, Verdict
from sandbox import Cell, CellEnded


@dataclass(frozen=True)
class Surprise:
    """A known submission that ended otherwise than expected."""

    exercise: str
    what: str  # file name, or "lazy: zeros"
    seed: str
    expected: str
    got: str
    message: str


@dataclass(frozen=True)
class Finding:
    """One known submission over all seeds."""

    what: str
    expected: str
    surprises: tuple[Surprise, ...]


def check(
    package: Package,
    cells: Cells,
    seeds: int,
    started: Callable[[str], None],
    queue: str = "",
    of_wrong: int | None = None,
) -> Iterator[Finding]:
    """Grade the reference, the known submissions and the lazy eight, each on `seeds` fresh seeds.

    `of_wrong`: on how many of them what must not pass is graded, if fewer are enough.
    """
    fresh = [secrets.token_hex(16) for _ in range(seeds)]
    candidates = [("passed", "reference.py"), *package.known_submissions()]
    for expected, name in candidates:
        started(name)
        chosen = fresh if expected == Outcome.PASSED else fresh[:of_wrong]
        yield _finding(package, name, expected, known_verdicts(package, name, chosen, cells, queue))
    for lazy in LAZY:
        started(f"lazy: {lazy}")
        verdicts = ((seed, lazy_verdict(package, lazy, seed, cells)) for seed in fresh[:of_wrong])
        yield _finding(package, f"lazy: {lazy}", "failed", verdicts)


def known_verdicts(
    package: Package, name: str, seeds: list[str], cells: Cells, queue: str = ""
) -> Iterator[tuple[str, Verdict]]:
    """The verdict of each seed. One cell serves all of them while it lives: the code is the author's own."""
    cell: Cell | None = None
    try:
        for seed in seeds:
            if cell is None or not cell.alive():
                cell = loaded_cell(package, name, cells, queue)
            yield seed, known_verdict(package, cell, seed, cells)
    finally:
        if cell is not None:
            cell.kill()


def lazy_verdict(package: Package, lazy: str, seed: str, cells: Cells) -> Verdict:
    try:
        return grade_lazily(package, lazy, seed, cells)
    except (Broken, CellEnded) as error:
        return Verdict(Outcome.BROKEN, message=str(error))


def loaded_cell(package: Package, name: str, cells: Cells, queue: str = "") -> Cell:
    cell, _ = cells.answer(package, queue)
    cell.load(answer_files(package, package.text(name)), "answer.py", time.monotonic() + 30)
    return cell


def known_verdict(package: Package, cell: Cell, seed: str, cells: Cells) -> Verdict:
    try:
        with cells.judge(package) as judge:
            return Relay(judge, cell, package, Clock(), lambda result: None).run({"seed": seed, "mode": "submit"})
    except (Broken, CellEnded) as error:
        return Verdict(Outcome.BROKEN, message=str(error))


def _finding(package: Package, name: str, expected: str, verdicts: Iterator[tuple[str, Verdict]]) -> Finding:
    surprises = []
    for seed, verdict in verdicts:
        wanted, got = _expectation(package, name, expected), _observation(package, name, verdict)
        if got != wanted:
            surprises.append(Surprise(package.key, name, seed, wanted, got, verdict.message))
        if verdict.outcome is Outcome.BROKEN:
            break  # the package itself is at fault: the other seeds would say the same
    return Finding(name, expected, tuple(surprises))


def _hinted(package: Package, name: str) -> str | None:
    """The hint that a known mistake must bring up."""
    stem = name.rsplit("/", 1)[-1].removesuffix(".py")
    return stem if name.startswith("submissions/failed/") and stem in package.hints else None


def _expectation(package: Package, name: str, expected: str) -> str:
    hint = _hinted(package, name)
    return f"{expected}, hint {hint}" if hint else expected


def _observation(package: Package, name: str, verdict: Verdict) -> str:
    if name.startswith("lazy:") and verdict.outcome is Outcome.ERROR:
        return "failed"  # a check that refuses to read an empty answer rejects it as well
    if _hinted(package, name) and verdict.outcome is Outcome.FAILED:
        return f"failed, hint {verdict.hint.get('key', 'none')}"
    return str(verdict.outcome)
