"""A cell source for graders' tests: real processes, no isolation, no pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.cells import Cells
from graders.package import Package
from graders.protocol import Job
from sandbox import Cell, Profile
from tests.local_sandbox import LocalEngine

EXERCISES = Path(__file__).parent / "exercises"
SEED = "00112233445566778899aabbccddeeff"


class Unpooled:
    """Every cell is started when it is asked for."""

    def __init__(self) -> None:
        self.engine = LocalEngine()

    def take(self, profile: Profile, deadline: float) -> tuple[Cell, bool]:
        cell = self.engine.start(profile)
        cell.wait_ready(deadline)
        return cell, False


@pytest.fixture(scope="session")
def cells():
    source = Unpooled()
    opened = Cells(source)
    yield opened
    opened.close()
    source.engine.close()


@pytest.fixture(scope="session")
def scaled() -> Package:
    return Package.read(EXERCISES / "scaled")


def job(package: Package, source: str, mode: str = "submit", seed: str = SEED) -> Job:
    return Job("s1", 1, "t", package.key, package.digest, {"solution.py": source}, seed, mode=mode)
