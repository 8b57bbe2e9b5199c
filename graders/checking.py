"""What an author wants to know: does every known submission end as its folder says, on every seed?"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from graders.cells import Cells
from graders.grade import grade, grade_lazily
from graders.lazy import LAZY
from graders.package import Package
from graders.protocol import Job, Outcome, Verdict


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


def check(package: Package, cells: Cells, seeds: int, started: Callable[[str], None]) -> Iterator[Finding]:
    """Grade the reference, the known submissions and the lazy eight, each on `seeds` fresh seeds."""
    fresh = [secrets.token_hex(16) for _ in range(seeds)]
    candidates = [("passed", "reference.py"), *package.known_submissions()]
    for expected, name in candidates:
        started(name)
        verdicts = ((seed, grade(known_job(package, name, seed), package, cells)) for seed in fresh)
        yield _finding(package, name, expected, verdicts)
    for lazy in LAZY:
        started(f"lazy: {lazy}")
        verdicts = ((seed, grade_lazily(package, lazy, seed, cells)) for seed in fresh)
        yield _finding(package, f"lazy: {lazy}", "failed", verdicts)


def known_job(package: Package, name: str, seed: str) -> Job:
    return Job(
        submission=f"known:{package.key}",
        grading=1,
        token="",
        exercise=package.key,
        package=package.digest,
        files={"solution.py": package.text(name)},
        seed=seed,
    )


def _finding(package: Package, name: str, expected: str, verdicts: Iterator[tuple[str, Verdict]]) -> Finding:
    surprises = []
    for seed, verdict in verdicts:
        got = str(verdict.outcome)
        stem = name.rsplit("/", 1)[-1].removesuffix(".py")
        if got == expected and stem in package.hints and verdict.hint.get("key") != stem:
            expected_hint = f"failed with the hint {stem}"
            got_hint = f"failed with the hint {verdict.hint.get('key', 'none')}"
            surprises.append(Surprise(package.key, name, seed, expected_hint, got_hint, verdict.message))
        elif got != expected and not (expected == "failed" and name.startswith("lazy") and _rejected(verdict)):
            surprises.append(Surprise(package.key, name, seed, expected, got, verdict.message))
            if verdict.outcome is Outcome.BROKEN:
                break  # the package itself is at fault: the other seeds would say the same
    return Finding(name, expected, tuple(surprises))


def _rejected(verdict: Verdict) -> bool:
    return verdict.outcome in (Outcome.FAILED, Outcome.ERROR)
