"""Every attack of attacks/ ends as its first line says, hurts nobody else and leaves nothing.

An attack first prints "attempted", so that a test cannot pass because it never ran, and prints
"ESCAPED" with what it reached if it reaches what it must not. gVisor answers a cell's calls with a kernel of
the cell's own: what that grants reaches nobody else, and each attack's "own kernel" lines say what it is.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graders.protocol import Outcome
from tests.hostile.conftest import PACKAGES, eventually_empty, seconds_of

FOLDER = Path(__file__).parent / "attacks"
ATTACKS = sorted(FOLDER.rglob("*.py"))
LATE_SECONDS = 1.0
AT_ONCE = 8
BATCHES = [ATTACKS[first :: -(-len(ATTACKS) // AT_ONCE)] for first in range(-(-len(ATTACKS) // AT_ONCE))]


def header(path: Path) -> dict[str, str]:
    """The lines `# name: value` at the top."""
    lines = (line for line in path.read_text().splitlines() if line.startswith("# ") and ": " in line)
    return dict(line.removeprefix("# ").split(": ", 1) for line in lines)


def listed(words: str) -> set[str]:
    return {word.strip() for word in words.split(",") if word.strip()}


def expected(about: dict[str, str], engine) -> set[Outcome]:
    words = about["expect"] + ("," + about.get("own kernel ends", "") if has_own_kernel(engine) else "")
    return {Outcome(word) for word in listed(words)}


def escapes(log: str, about: dict[str, str], engine) -> set[str]:
    """What an attack says that it reached, and must not."""
    found = {line.partition("ESCAPED")[2].strip() for line in log.splitlines() if "ESCAPED" in line}
    return found - (listed(about.get("own kernel grants", "")) if has_own_kernel(engine) else set())


def has_own_kernel(engine) -> bool:
    return getattr(engine, "own_kernel", False)


def resident_mb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 // 2**20


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_an_attack_ends_as_expected_and_hurts_nobody(ground, path):
    about = header(path)
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
    assert verdict.outcome in expected(about, ground.engine), told
    assert "attempted" in verdict.log, f"it never ran: {told}"
    assert not escapes(verdict.log, about, ground.engine), told
    assert "CANARY" not in json.dumps(verdict.to_dict())
    assert seconds_of(verdict) < package.limits.load_seconds + package.limits.seconds + LATE_SECONDS, told
    assert ground.is_usual(bystanders[0]), bystanders[0]
    assert ground.is_usual(ground.grade_honest())
    assert eventually_empty(ground.left_behind) == set()
    assert resident_mb() < before_mb + 100


@pytest.mark.parametrize("batch", range(len(BATCHES)))
def test_eight_attacks_at_once_end_as_expected_and_hurt_nobody(ground, batch):
    """Of all classes together. On a machine this busy an attack may also run out of time."""
    about = {path: header(path) for path in BATCHES[batch]}

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        honest = pool.submit(ground.grade_honest)
        verdicts = {
            path: pool.submit(ground.grade, path.read_text(), about[path].get("exercise", "plain")) for path in about
        }

    for path, one in verdicts.items():
        verdict = one.result()
        told = f"{path.relative_to(FOLDER)}: {verdict.outcome}: {verdict.message}\n{verdict.log[:2000]}"
        assert verdict.outcome in expected(about[path], ground.engine) | {Outcome.TIME}, told
        assert not escapes(verdict.log, about[path], ground.engine), told
        assert "CANARY" not in json.dumps(verdict.to_dict()), told
    assert honest.result().outcome is Outcome.PASSED, honest.result()
    assert ground.is_usual(ground.grade_honest())
    assert eventually_empty(ground.left_behind) == set()


def test_every_attack_says_what_it_expects():
    for path in ATTACKS:
        assert path.read_text().startswith("# expect: "), path
    assert len(ATTACKS) >= 70
    assert sorted(path for batch in BATCHES for path in batch) == ATTACKS
