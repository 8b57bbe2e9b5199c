"""Real engines, graded through the whole path: a judge in one cell, an attack in another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from graders.cells import Cells
from graders.grade import grade
from graders.package import Package
from graders.protocol import Job, Verdict
from sandbox import SandboxUnavailable
from sandbox.choosing import choose
from sandbox.pool import Pool

HERE = Path(__file__).parent
# `plain` is short of time, for attacks that end so; `roomy` is for those that must end otherwise on any machine.
PACKAGES = {path.name: Package.read(path) for path in sorted((HERE / "exercises").iterdir())}
HONEST = "def double(numbers):\n    return [2 * number for number in numbers]\n"
SEED = "00112233445566778899aabbccddeeff"


class Ground:
    """An engine with a pool, and what it has running."""

    def __init__(self, name: str) -> None:
        self.engine = choose(name)
        self.pool = Pool(self.engine, 2)
        self.cells = Cells(self.pool)

    def grade(self, source: str, exercise: str = "plain", seed: str = SEED) -> Verdict:
        package = PACKAGES[exercise]
        job = Job("s1", 1, "t", package.key, package.digest, {"solution.py": source}, seed)
        return grade(job, package, self.cells)

    def grade_honest(self) -> Verdict:
        return self.grade(HONEST, "honest")

    def left_behind(self) -> set[str]:
        """Cells of this engine that run though nobody holds them."""
        known = set(self.engine._cells)
        running = bwrap_cells(self.engine._owner) if self.engine.name == "bwrap" else containers(self.engine)
        return running - known - set(self.engine._cells)

    def close(self) -> None:
        self.cells.close()
        self.pool.close()
        self.engine.close()


def bwrap_cells(owner: str) -> set[str]:
    """The ids in the command lines of bwrap's processes and in the names of control groups."""
    groups = (name for _, names, _ in os.walk("/sys/fs/cgroup") for name in names)  # others come and go meanwhile
    found = {name.removeprefix("anneal-cell-") for name in groups if owner in name}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{name}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        found |= {word for word in words if word.startswith(owner + "-")}
    return found


def containers(engine) -> set[str]:
    from sandbox.docker_config import OWNER

    listed = engine._api.containers(all=True, filters={"label": OWNER})
    return {one["Id"] for one in listed if one["Labels"][OWNER] == engine._owner}


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(name, marks=[] if name == "bwrap" else pytest.mark.docker)
        for name in os.environ.get("ANNEAL_HOSTILE_ENGINES", "bwrap docker").split()
    ],
)
def ground(request):
    try:
        ground = Ground(request.param)
    except SandboxUnavailable as reason:
        pytest.skip(f"no {request.param} cells here: {reason}")
    yield ground
    left = eventually_empty(ground.left_behind)
    ground.close()
    assert left == set()


def eventually_empty(look, seconds: float = 15.0):
    """What is still there after a while: an engine may take its time to remove what is dead."""
    until = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < until:
        time.sleep(0.1)
    return found
