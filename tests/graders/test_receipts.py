"""A verdict can be had again from its receipt, and a receipt says what is no longer as it was."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from graders import receipts, replaying
from graders.grade import grade
from graders.package import Package, PackageError
from graders.protocol import Outcome, Verdict
from graders.store import Store
from tests.graders.conftest import EXERCISES, SEED, job
from tests.test_layout import ROOT

RIGHT = "def scale(x, by):\n    return x * by\n"
# Wrong by an amount that depends on the seed: only the same seed gives the same verdict.
NOISY = "import torch\ndef scale(x, by):\n    return x * by if torch.rand(()) < 0.5 else x - by\n"
ENGINE = {"engine": "local", "python": "3"}


@pytest.fixture
def receipt_of(cells, scaled, tmp_path):
    """Grades a source and keeps its receipt in a file."""

    def made(source: str, **options):
        verdict = receipts.name_engine(grade(job(scaled, source, **options), scaled, cells), ENGINE)
        path = tmp_path / "receipt.json"
        path.write_text(receipts.write({"solution.py": source}, verdict.to_dict()))
        return path

    return made


def test_a_verdict_names_all_that_it_was_reached_with(receipt_of, scaled):
    told = receipts.read(receipt_of(RIGHT)).verdict.receipt

    assert (told["seed"], told["package"], told["exercise"], told["mode"]) == (SEED, scaled.digest, "scaled", "submit")
    assert told["source"] == receipts.source_digest({"solution.py": RIGHT})
    assert told["judge"] == receipts.judge_digest()
    assert set(told["versions"]) >= {"python", "numpy", "torch"}
    assert told["engine"] == ENGINE


def test_what_was_our_fault_names_it_too(cells, scaled, tmp_path):
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    (folder / "reference.py").write_text("raise ValueError('an author made a mistake')\n")
    package = Package.read(folder)

    verdict = grade(job(package, RIGHT), package, cells)

    assert verdict.outcome is Outcome.BROKEN
    assert (verdict.receipt["seed"], verdict.receipt["package"]) == (SEED, package.digest)


@pytest.mark.parametrize("source", [RIGHT, NOISY, "def scale(x, by):\n    return x\n", "1 /"], ids=range(4))
@pytest.mark.parametrize("mode", ["submit", "run"])
def test_the_same_source_package_and_seed_give_the_same_verdict(receipt_of, cells, scaled, source, mode, capsys):
    receipt = receipts.read(receipt_of(source, mode=mode))

    verdict, changed = replaying.replay(receipt, scaled, cells, ENGINE)

    assert changed == []
    assert receipts.differences(receipt.verdict, verdict) == []
    assert replaying.report(receipt, verdict, changed, as_json=False) == 0
    assert "The same verdict" in capsys.readouterr().out


def test_another_seed_is_another_grading(receipt_of, cells, scaled):
    receipt = receipts.read(receipt_of(NOISY))
    seeds = [f"{number:032x}" for number in range(12)]
    others = [replace(receipt.verdict, receipt={**receipt.verdict.receipt, "seed": seed}) for seed in seeds]

    found = [replaying.replay(replace(receipt, verdict=other), scaled, cells, ENGINE)[0] for other in others]

    assert any(receipts.differences(receipt.verdict, verdict) for verdict in found)


def test_what_is_not_as_it_was_is_named_one_by_one(receipt_of, cells, tmp_path):
    receipt = receipts.read(receipt_of(RIGHT))
    folder = shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")
    (folder / "cases.py").write_text((folder / "cases.py").read_text() + "\n# mended\n")
    mended = Package.read(folder)
    receipt.verdict.receipt["versions"]["torch"] = "1.0"

    verdict, changed = replaying.replay(receipt, mended, cells, {**ENGINE, "image:python": "sha256:f00"})

    torch_now = verdict.receipt["versions"]["torch"]
    assert changed == [
        f"package: {receipt.package} then, {mended.digest} now",
        f"versions torch: 1.0 then, {torch_now} now",
        "engine image:python: not told then, sha256:f00 now",
    ]
    assert receipts.differences(receipt.verdict, verdict) == []  # a comment changes no verdict


def test_another_verdict_says_case_by_case_what_differs(receipt_of, cells, scaled, capsys):
    path = receipt_of("def scale(x, by):\n    return x - by\n")
    told = json.loads(path.read_text())
    told["report"]["outcome"], told["report"]["score"] = "passed", 1.0
    told["report"]["cases"][1]["outcome"], told["report"]["cases"][1]["points"] = "passed", 1.0
    path.write_text(json.dumps(told))
    receipt = receipts.read(path)

    verdict, changed = replaying.replay(receipt, scaled, cells, ENGINE)

    assert replaying.report(receipt, verdict, changed, as_json=False) == 1
    said = capsys.readouterr().out
    assert "outcome: passed then, failed now" in said and "score: 1.0 then, 0.0 now" in said
    assert "case 'random': 'random' passed" in said


def test_a_receipt_whose_source_was_changed_is_refused(receipt_of):
    path = receipt_of(RIGHT)
    path.write_text(path.read_text().replace("x * by", "x + by"))

    with pytest.raises(receipts.NotAReceipt, match="its digest differs"):
        receipts.read(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {}, "report": {}}', '{"files": 1, "report": 2}', "null"])
def test_what_is_no_receipt_is_refused_in_words(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)

    with pytest.raises(receipts.NotAReceipt, match="odd.json"):
        receipts.read(tmp_path / "odd.json")


def test_a_receipt_without_its_seed_is_refused(tmp_path):
    report = Verdict(Outcome.PASSED, receipt={"package": "p", "exercise": "e", "mode": "run"}).to_dict()
    (tmp_path / "old.json").write_text(receipts.write({"solution.py": RIGHT}, report))

    with pytest.raises(receipts.NotAReceipt, match="does not name its seed"):
        receipts.read(tmp_path / "old.json")


def test_the_package_comes_from_the_store_and_a_lost_one_says_what_to_do(receipt_of, scaled, tmp_path, monkeypatch):
    receipt = receipts.read(receipt_of(RIGHT))
    monkeypatch.setenv("ANNEAL_PACKAGES", str(tmp_path / "packages"))
    with pytest.raises(PackageError, match="--package"):
        replaying.find_package(receipt, None)

    Store(tmp_path / "packages").put(scaled)

    assert replaying.find_package(receipt, None).digest == scaled.digest
    assert replaying.find_package(receipt, EXERCISES / "scaled").digest == scaled.digest


@pytest.mark.slow
def test_the_commands_hand_a_receipt_from_one_to_the_other(tmp_path):
    from sandbox import SandboxUnavailable
    from sandbox.choosing import choose

    try:
        choose().close()
    except SandboxUnavailable as reason:
        pytest.skip(f"no cells here: {reason}")
    (tmp_path / "mine.py").write_text(NOISY)
    graded = run("grade", EXERCISES / "scaled", tmp_path / "mine.py", "--json", "--receipt", tmp_path / "kept.json")

    again = run("replay", tmp_path / "kept.json", "--package", EXERCISES / "scaled", "--json")

    told = json.loads(again.stdout)
    assert again.returncode == 0, again.stdout + again.stderr
    assert (told["same"], told["changed"]) == (True, [])
    assert told["outcome"] == json.loads(graded.stdout)["outcome"]
    assert run("replay", tmp_path / "mine.py").returncode == 2


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graders", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
