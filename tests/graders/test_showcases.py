"""The programs that visitors see judged, judged: each gets further than the one before, none to the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.grade import grade
from graders.package import Package
from graders.protocol import Outcome
from tests.graders.conftest import job

PACKAGES = [Package.read(path.parent) for path in sorted(Path(__file__).parents[2].glob("exercises/*/exercise.toml"))]
SHOWN = [package for package in PACKAGES if package.showcase]


def test_one_exercise_is_shown_to_visitors():
    assert [package.key for package in SHOWN] == ["sdpa"]


@pytest.mark.parametrize("package", SHOWN, ids=lambda package: package.key)
def test_each_program_gets_further_than_the_one_before(package, cells):
    passed = []
    for piece in package.showcase:
        verdict = grade(job(package, package.text(f"showcase/{piece['file']}.py"), mode="run"), package, cells)
        assert verdict.outcome is Outcome.FAILED, (piece["file"], verdict)
        passed.append(sum(case.outcome is Outcome.PASSED for case in verdict.cases))

    assert passed == [0, 1, 2]


@pytest.mark.parametrize("package", SHOWN, ids=lambda package: package.key)
def test_a_program_fits_beside_the_sentence(package):
    for piece in package.showcase:
        lines = package.text(f"showcase/{piece['file']}.py").splitlines()
        assert len(lines) <= 6 and max(map(len, lines)) <= 60
        assert piece["title"]["zh-hans"] and piece["says"]["zh-hans"]
