"""Real engines, graded through the whole path: a judge in one cell, an attack in another."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pytest

from graders.cells import Cells
from graders.grade import grade
from graders.package import Package
from graders.protocol import Job, Outcome, Verdict
from sandbox import SandboxUnavailable
from sandbox.choosing import choose
from sandbox.pool import Pool
from tests.hostile.traces import Traces

HERE = Path(__file__).parent
# `plain` is short of time, for attacks that end so; `roomy` is for those that must end otherwise on any machine.
PACKAGES = {path.name: Package.read(path) for path in sorted((HERE / "exercises").iterdir())}
HONEST = "def double(numbers):\n    return [2 * number for number in numbers]\n"
SEED = "00112233445566778899aabbccddeeff"


class Ground:
    """An engine with a pool, what it has running, and how long an honest grading takes when nobody disturbs it."""

    def __init__(self, name: str) -> None:
        self.engine = choose(name)
        self.traces = Traces(self.engine)
        self.pool = Pool(self.engine, 2)
        self.cells = Cells(self.pool)
        self.usual_seconds = statistics.median(seconds_of(self.grade_honest()) for _ in range(3))

    def grade(self, source: str, exercise: str = "plain", seed: str = SEED) -> Verdict:
        package = PACKAGES[exercise]
        job = Job("s1", 1, "t", package.key, package.digest, {"solution.py": source}, seed)
        return grade(job, package, self.cells)

    def grade_honest(self) -> Verdict:
        return self.grade(HONEST, "honest")

    def is_usual(self, verdict: Verdict) -> bool:
        """Whether an honest submission passed in about the time that it takes alone."""
        return verdict.outcome is Outcome.PASSED and seconds_of(verdict) < 20 * self.usual_seconds + 4.0

    def left_behind(self) -> set[str]:
        """Whatever is still on this machine of cells that nobody holds."""
        return self.traces.left(set(self.engine._cells))

    def close(self) -> None:
        self.cells.close()
        self.pool.close()
        self.engine.close()


def seconds_of(verdict: Verdict) -> float:
    """How long the code of a submission ran, by the grader's clock."""
    return float(verdict.receipt["times_ms"].get("run", 0.0)) / 1000


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(name, marks=[] if name == "bwrap" else pytest.mark.docker)
        for name in os.environ.get("ANNEAL_HOSTILE_ENGINES", "bwrap docker runsc").split()
    ],
)
def ground(request):
    if request.param == "runsc":  # Debian's is of 2022
        os.environ.setdefault("ANNEAL_RUNSC_MINIMUM", "0")
    try:
        ground = Ground(request.param)
    except SandboxUnavailable as reason:
        pytest.skip(f"no {request.param} cells here: {reason}")
    yield ground
    ground.close()
    assert eventually_empty(ground.left_behind) == set()


def eventually_empty(look, seconds: float = 15.0):
    """What is still there after a while: an engine may take its time to remove what is dead."""
    until = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return found
