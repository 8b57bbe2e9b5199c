"""Every attack of attacks/ ends as its first line says, hurts nobody else and leaves nothing.

An attack first prints "attempted", so that a test cannot pass because it never ran, and prints
"ESCAPED" with what it reached if it reaches what it must not.
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
# Attacks of every class that mean something to a kernel of the cell's own, and end soon. gVisor gives a cell
# namespaces of its own within that kernel, which reach no other, and does not count files (the doctor says so).
UNDER_GVISOR = {
    FOLDER / f"{name}.py"
    for name in (
        *(
            "disk/fills_every_folder",
            "disk/links_in_every_place",
            "escape/settings_of_the_kernel",
            "escape/looks_for_the_answers",
        ),
        *("frames/noise", "frames/forged_verdict", "memory/grows", "memory/endless_recursion"),
        *("network/outside", "network/services_of_the_host", "output/endless_line", "output/strange_bytes"),
        *("processes/fork_bomb", "processes/daemon_after_right_answers", "python/plants_modules"),
        *("python/replaces_our_modules", "time/endless_loop", "time/exits_early"),
    )
}


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
    if ground.engine.name == "runsc" and path not in UNDER_GVISOR:
        pytest.skip("under gVisor, which starts cells slowly, two of each class are tried alone")

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
    assert seconds_of(verdict) < package.limits.load_seconds + package.limits.seconds + LATE_SECONDS, told
    assert ground.is_usual(bystanders[0]), bystanders[0]
    assert ground.is_usual(ground.grade_honest())
    assert eventually_empty(ground.left_behind) == set()
    assert resident_mb() < before_mb + 100


@pytest.mark.parametrize("batch", range(len(BATCHES)))
def test_eight_attacks_at_once_end_as_expected_and_hurt_nobody(ground, batch):
    """Of all classes together. On a machine this busy an attack may also run out of time."""
    if ground.engine.name == "runsc" and batch > 0:
        pytest.skip("under gVisor, which starts cells slowly, eight are tried at once")
    chosen = sorted(UNDER_GVISOR)[::2][:AT_ONCE] if ground.engine.name == "runsc" else BATCHES[batch]
    about = {path: header(path) for path in chosen}

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        honest = pool.submit(ground.grade_honest)
        verdicts = {
            path: pool.submit(ground.grade, path.read_text(), about[path].get("exercise", "plain")) for path in chosen
        }

    for path, one in verdicts.items():
        verdict = one.result()
        told = f"{path.relative_to(FOLDER)}: {verdict.outcome}: {verdict.message}\n{verdict.log[:2000]}"
        expected = {Outcome(word.strip()) for word in about[path]["expect"].split(",")} | {Outcome.TIME}
        assert verdict.outcome in expected, told
        assert "ESCAPED" not in verdict.log and "CANARY" not in json.dumps(verdict.to_dict()), told
    assert honest.result().outcome is Outcome.PASSED, honest.result()
    assert ground.is_usual(ground.grade_honest())
    assert eventually_empty(ground.left_behind) == set()


def test_every_attack_says_what_it_expects():
    for path in ATTACKS:
        assert path.read_text().startswith("# expect: "), path
    assert len(ATTACKS) >= 70
    assert UNDER_GVISOR <= set(ATTACKS) and {path.parent for path in UNDER_GVISOR} == {path.parent for path in ATTACKS}
    assert sorted(path for batch in BATCHES for path in batch) == ATTACKS
