"""The contract of `python -m graders grade | check`: words, exit statuses, the one JSON object."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graders.__main__ import main
from sandbox import SandboxUnavailable
from sandbox.bwrap import BwrapEngine
from tests.graders.conftest import EXERCISES, SEED

ROOT = Path(__file__).resolve().parents[2]
SCALED = EXERCISES / "scaled"
KEYS = {"outcome", "score", "cases", "hint", "seconds", "memory_mb", "log", "seed"}


@pytest.fixture
def passing(tmp_path) -> str:
    return str(shutil.copy(SCALED / "reference.py", tmp_path / "mine.py"))


@pytest.fixture
def exercise(tmp_path) -> Path:
    return Path(shutil.copytree(SCALED, tmp_path / "scaled"))


def usage(capsys, *words: str) -> str:
    """What a wrong call is answered; it ends with 2."""
    try:
        status = main(list(words))
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize("bad", ["xyz", "", "0" * 33, "-1"])
def test_a_seed_that_is_none_is_wrong_usage(capsys, passing, bad):
    assert "is no seed" in usage(capsys, "grade", str(SCALED), passing, f"--seed={bad}")


@pytest.mark.parametrize("bad", ["0", "-3", "many"])
def test_so_is_a_number_of_seeds_that_is_none(capsys, bad):
    assert "is no whole number above 0" in usage(capsys, "check", str(SCALED), "--seeds", bad)


def test_so_are_an_engine_and_a_queue_that_do_not_exist(capsys, passing):
    assert "podman" in usage(capsys, "grade", str(SCALED), passing, "--engine", "podman")
    assert "'fast' is no queue: cpu, gpu, regrade" in usage(capsys, "worker", "--queues", "cpu,fast")


def test_so_are_files_that_are_not_there(capsys, tmp_path, passing):
    nowhere = tmp_path / "nowhere"
    assert f"{nowhere} is no folder of an exercise" in usage(capsys, "grade", str(nowhere), passing)
    assert f"{nowhere}: No such file" in usage(capsys, "grade", str(SCALED), str(nowhere))
    assert f"{tmp_path}: Is a directory" in usage(capsys, "grade", str(SCALED), str(tmp_path))
    assert f"{nowhere} is no folder of an exercise" in usage(capsys, "check", str(SCALED), str(nowhere))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('minutes = "ten"', "minutes must be a whole number above 0"),
        ("minutes = -1", "minutes must be a whole number above 0"),
        ('functions = "scale"', "functions must be a list of names"),
        ("preload = [1]", "preload must be a list of names"),
        ("limits = 3", "limits must be a table"),
        ("hints = []", "hints must be a table"),
        ("hints.wrong = 3", "hints.wrong must be a table of texts"),
        ('showcase = "x"', "showcase must be a list of tables"),
        ("minutes = = 3", "at line"),
    ],
)
def test_a_manifest_s_mistake_is_named_with_its_file_and_field(capsys, exercise, passing, line, said):
    manifest = exercise / "exercise.toml"
    name, value = line.split(" = ", 1)
    fields = {"functions": '["scale"]', "title.en": '"t"', "summary.en": '"s"', name: value}
    manifest.write_text("".join(f"{name} = {value}\n" for name, value in fields.items()))

    told = usage(capsys, "grade", str(exercise), passing)
    assert told.startswith(f"{manifest}: ") and said in told


def test_what_cannot_be_read_as_code_is_refused_without_a_sandbox(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("graders.__main__.open_cells", lambda engine: pytest.fail("a cell was asked for"))
    (tmp_path / "mine.py").write_text("def f(:\n")

    assert main(["grade", str(SCALED), str(tmp_path / "mine.py"), "--json", "--seed", "7"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= KEYS and (told["outcome"], told["seed"]) == ("refused", "7".zfill(32))
    assert "line 1" in told["message"]


def test_without_a_sandbox_that_works_the_outcome_is_broken_and_the_status_3(capsys, monkeypatch, passing):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    assert main(["grade", str(SCALED), passing, "--json", "--engine", "docker"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= KEYS and told["outcome"] == "broken" and "no Docker engine answers" in told["message"]
    assert main(["check", str(SCALED), "--engine", "docker"]) == 3


# ------------------------------------------------------------------------- with cells that are real


@pytest.fixture(scope="module")
def engine() -> str:
    try:
        BwrapEngine().close()
    except SandboxUnavailable as reason:
        pytest.skip(f"no bwrap cells here: {reason}")
    return "bwrap"


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "graders", *words], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_a_graded_file_ends_with_0_whatever_the_outcome_and_the_same_seed_gives_the_same(engine, exercise, passing):
    wrong = sorted(exercise.glob("submissions/failed/*.py"))[0]
    for file, outcome in ((passing, "passed"), (wrong, "failed")):
        ended = [command("grade", exercise, file, "--json", "--engine", engine, "--seed", SEED) for _ in range(2)]
        told, again = [json.loads(one.stdout) for one in ended]

        assert [one.returncode for one in ended] == [0, 0]
        assert (told["outcome"], told["seed"]) == (outcome, SEED) and 0 <= told["score"] <= 1
        assert all(set(case) == {"name", "outcome", "points", "message"} for case in told["cases"])
        assert (told["cases"], told["score"]) == (again["cases"], again["score"])


@pytest.mark.slow
def test_a_person_sees_each_case_and_the_seed(engine, exercise, passing):
    ended = command("grade", exercise, passing, "--engine", engine, "--seed", SEED)

    assert ended.returncode == 0 and f"seed {SEED}" in ended.stdout and "✓" in ended.stdout


@pytest.mark.slow
def test_check_ends_with_0_and_with_1_once_a_known_submission_surprises(engine, exercise):
    fine = command("check", exercise, "--seeds", "2", "--engine", engine)
    assert fine.returncode == 0 and "no surprises" in fine.stdout, fine.stdout + fine.stderr

    shutil.copy(exercise / "reference.py", exercise / "submissions" / "failed" / "no_mistake.py")
    ended = command("check", exercise, "--seeds", "2", "--engine", engine, "--json")
    told = json.loads(ended.stdout)
    surprising = [row["what"] for row in told["exercises"]["scaled"] if row["surprises"]]
    assert ended.returncode == 1 and surprising == ["submissions/failed/no_mistake.py"]
    assert "submissions/failed/no_mistake.py" in ended.stderr  # its progress
