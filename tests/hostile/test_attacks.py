"""Every attack of attacks/ ends as its first line says, hurts nobody else and leaves nothing.

An attack first prints "attempted", so that a test cannot pass because it never ran, and prints
"ESCAPED" with what it reached if it reaches what it must not.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from graders.protocol import Outcome
from tests.hostile.conftest import PACKAGES, eventually_empty

FOLDER = Path(__file__).parent / "attacks"
ATTACKS = sorted(FOLDER.rglob("*.py"))
LATE_SECONDS = 1.0


def header(path: Path) -> dict[str, str]:
    """The lines `# name: value` at the top."""
    lines = (line for line in path.read_text().splitlines() if line.startswith("# ") and ": " in line)
    return dict(line.removeprefix("# ").split(": ", 1) for line in lines)


def resident_mb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 // 2**20


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_an_attack_ends_as_expected_and_hurts_nobody(ground, path):
    about = header(path)
    expected = {Outcome(word.strip()) for word in about["expect"].split(",")}
    package = PACKAGES[about.get("exercise", "plain")]
    bystanders = []
    bystander = threading.Thread(target=lambda: bystanders.append(ground.grade_honest()))
    before_mb = resident_mb()

    bystander.start()
    for _ in range(3):
        verdict = ground.grade(path.read_text(), package.key)
        if "attempted" in verdict.log:
            break  # a container's log comes by another way than its frames: an abrupt end can cut it off
    bystander.join()

    told = f"{verdict.outcome}: {verdict.message}\n{verdict.log[:3000]}"
    assert verdict.outcome in expected, told
    assert "attempted" in verdict.log, f"it never ran: {told}"
    assert "ESCAPED" not in verdict.log, told
    assert "CANARY" not in json.dumps(verdict.to_dict())
    seconds = verdict.receipt["times_ms"].get("run", 0.0) / 1000
    assert seconds < package.limits.load_seconds + package.limits.seconds + LATE_SECONDS, told
    assert bystanders[0].outcome is Outcome.PASSED, bystanders[0]
    assert ground.grade_honest().outcome is Outcome.PASSED
    assert eventually_empty(ground.left_behind) == set()
    assert resident_mb() < before_mb + 100


def test_every_attack_says_what_it_expects():
    for path in ATTACKS:
        assert path.read_text().startswith("# expect: "), path
    assert len(ATTACKS) >= 60
