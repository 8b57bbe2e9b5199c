"""Nobody earns a point that their code did not compute: every file of attacks/ is graded for real.

The exercise is small (multiply a tensor), so that what is tested is the grading and not the mathematics.
In the same run an honest submission must pass and a wrong one must fail: a grader that rejects everything
would prove nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graders.cells import Cells
from graders.grade import grade
from graders.package import Package
from graders.protocol import Outcome
from tests.graders.conftest import EXERCISES, job

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.py"))
HONEST = "def scale(x, by):\n    return x * by\n"
WRONG = "def scale(x, by):\n    return x - by\n"
# A canary is never written out here: whoever searches a memory for it must not find this file.
CANARIES = {place: "".join(["canary", "-in-", place, "-", "7f3a9c"]) for place in ("reference", "cases", "hint")}


@pytest.fixture(scope="module")
def sandboxed():
    """Cells of a real engine, warm."""
    from sandbox import SandboxUnavailable
    from sandbox.choosing import choose
    from sandbox.pool import Pool

    try:
        engine = choose("bwrap")
    except SandboxUnavailable:
        try:
            engine = choose("docker")
        except SandboxUnavailable as error:
            pytest.skip(f"no sandbox works here: {error}")
    pool = Pool(engine, 2)
    cells = Cells(pool)
    yield cells
    cells.close()
    pool.close()
    engine.close()


@pytest.fixture(scope="module")
def package() -> Package:
    return Package.read(EXERCISES / "scaled")


@pytest.fixture(scope="module")
def tally():
    """The published figure."""
    earned: list[str] = []
    graded: list[str] = []
    yield graded, earned
    print(f"\n{len(earned)} of {len(graded)} attacks earned a point")


@pytest.fixture(scope="module")
def controls(sandboxed, package):
    honest = grade(job(package, HONEST), package, sandboxed)
    wrong = grade(job(package, WRONG), package, sandboxed)
    assert honest.outcome is Outcome.PASSED and honest.score == 1.0, honest
    assert wrong.outcome is Outcome.FAILED and wrong.score == 0.0, wrong


def test_there_are_enough_attacks_and_each_says_what_it_tries():
    assert len(ATTACKS) >= 45
    assert [path.name for path in ATTACKS if not path.read_text().startswith("# cheat: ")] == []


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_earns_nothing(path, sandboxed, package, controls, tally):
    verdict = grade(job(package, path.read_text()), package, sandboxed)

    graded, earned = tally
    graded.append(path.stem)
    if verdict.score > 0:
        earned.append(path.stem)
    assert verdict.outcome not in (Outcome.PASSED, Outcome.BROKEN), verdict
    assert verdict.score == 0.0, verdict
    for case in verdict.cases:
        assert case.sample or case.shown == {}
        assert case.sample or "LEAK" not in f"{case}"


def test_an_honest_submission_still_passes_after_all_of_them(sandboxed, package, controls):
    assert grade(job(package, HONEST), package, sandboxed).outcome is Outcome.PASSED


SCANNER = '''
import os


def count(pattern):
    """How often `pattern` occurs in this process's memory and in all files it can read but the libraries."""
    found = 0
    with open("/proc/self/maps") as maps:
        regions = [line.split() for line in maps]
    with open("/proc/self/mem", "rb", 0) as memory:
        for region in regions:
            low, high = (int(part, 16) for part in region[0].split("-"))
            if not region[1].startswith("rw"):
                continue
            try:
                memory.seek(low)
                found += memory.read(high - low).count(pattern)
            except (OSError, OverflowError, ValueError):
                pass
    for folder, folders, names in os.walk(os.getcwd()):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found += file.read().count(pattern)
    return found


def scale(x, by):
    for name, parts in PATTERNS.items():
        pattern = b"".join(bytes([code ^ 85]) for code in parts)
        print(name, count(pattern), flush=True)
    return x * by


MINE = "planted-in-the-submission-51c2"
'''


def test_nothing_of_the_package_is_in_the_answer_cells_memory_or_files(sandboxed, package, tmp_path, monkeypatch):
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    for place, name in (("reference", "reference.py"), ("cases", "cases.py"), ("hint", "submissions/failed/adds.py")):
        path = folder / name
        path.write_text(path.read_text() + f'\nCANARY = "{CANARIES[place]}"\n')
    manifest = (folder / "exercise.toml").read_text()
    patient = manifest.replace("seconds = 6", "seconds = 120").replace("case_seconds = 2", "case_seconds = 60")
    (folder / "exercise.toml").write_text(patient)
    monkeypatch.setenv("ANNEAL_CANARY", "canary-in-environment-7f3a9c")
    wanted = {
        **CANARIES,
        "environment": "canary-in-environment-" + "7f3a9c",
        "control": "never-planted-any-where-" + "00ff00",
        "mine": "planted-in-the-" + "submission-51c2",
    }
    patterns = {name: [ord(letter) ^ 85 for letter in text] for name, text in wanted.items()}
    planted = Package.read(folder)

    verdict = grade(job(planted, f"PATTERNS = {patterns!r}\n{SCANNER}", mode="run"), planted, sandboxed)

    assert verdict.outcome is Outcome.PASSED, verdict
    printed = verdict.cases[0].shown["stdout"]
    counts = {name: int(number) for name, number in (line.split() for line in printed.split("\n") if line.strip())}
    assert counts["mine"] > counts["control"], "the search itself does not find what is there"
    assert {counts[name] for name in (*CANARIES, "environment")} == {counts["control"]}, counts
