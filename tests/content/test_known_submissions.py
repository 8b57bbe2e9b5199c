"""Every exercise of exercises/, graded: what is right passes on every seed, and nothing else passes on any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.cells import Cells
from graders.checking import check
from graders.lazy import LAZY
from graders.package import Package
from sandbox import SandboxUnavailable
from sandbox.choosing import choose
from sandbox.pool import Pool
from tests.content.test_exercises import EXERCISES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SEEDS, SEEDS_OF_WRONG = 20, 1
# Interpreted, one grading takes seconds: `graders check` looks at the other eighteen before it is published.
FEWER_SEEDS = {"triton-softmax-attention": 2}


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    try:
        engine = choose("bwrap")
    except SandboxUnavailable:
        try:
            engine = choose("docker")
        except SandboxUnavailable as reason:
            pytest.skip(f"no cells here: {reason}")
    pool = Pool(engine, 2)
    opened = Cells(pool)
    yield opened
    opened.close()
    pool.close()
    engine.close()


@pytest.mark.parametrize("folder", EXERCISES, ids=lambda folder: folder.name)
def test_what_is_right_passes_on_every_seed_and_neither_a_mistake_nor_a_lazy_answer_on_any(folder, cells):
    package = Package.read(folder)
    seeds = FEWER_SEEDS.get(package.key, SEEDS)

    findings = list(check(package, cells, seeds, lambda name: None, of_wrong=SEEDS_OF_WRONG))

    assert [surprise for finding in findings for surprise in finding.surprises] == []
    lazy = [finding.what for finding in findings if finding.what.startswith("lazy: ")]
    assert len(lazy) == len(LAZY) == 8
    assert len(findings) == 1 + len(package.known_submissions()) + len(lazy)
