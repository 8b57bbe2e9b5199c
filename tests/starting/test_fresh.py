"""A fresh machine: which Python, which pip, which torch, which sandbox, and a folder with any name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from learn.starting import environments, fresh
from learn.starting import home as homes
from learn.starting.steps import StepFailed

ROOT = Path(__file__).resolve().parents[2]
STANDARD_LIBRARY_ONLY = (
    "home",
    "steps",
    "debs",
    "first_pip",
    "environments",
    "bundle",
    "engines",
    "fresh",
    "command",
    "__main__",
)


def start(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(["/bin/sh", str(ROOT / script), "--help"], env=environment, capture_output=True, text=True)


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with what a shell script may expect, and no Python."""
    for name in ("dirname", "cat", "sh"):
        (tmp_path / name).symlink_to(shutil.which(name))
    return tmp_path


@pytest.mark.parametrize("script", ["run", "test"])
def test_without_python_the_start_says_what_to_install(bare_path, script):
    ended = start(script, bare_path)
    assert ended.returncode == 1 and "Python 3.11 or newer" in ended.stderr


def test_an_old_python_is_passed_over_for_a_newer_one(bare_path):
    (bare_path / "python3").write_text("#!/bin/sh\nexit 1\n")  # as 3.9 would answer
    (bare_path / "python3").chmod(0o755)
    (bare_path / "python3.12").symlink_to(sys.executable)

    ended = start("run", bare_path)
    assert ended.returncode == 0 and "usage: ./run" in ended.stdout


@pytest.mark.parametrize("place", ["a file", "a kernel's folder"])
def test_a_home_in_which_nothing_can_be_kept_is_named_before_anything_is_done(tmp_path, place):
    home = tmp_path / "home" if place == "a file" else Path("/proc/anneal")
    if place == "a file":
        home.write_text("in the way")
    environment = {**os.environ, "ANNEAL_HOME": str(home), "ANNEAL_PYTHON": sys.executable}
    ended = subprocess.run([ROOT / "run"], env=environment, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1 and ended.stdout == ""
    assert f"Anneal keeps its own in {home}, and cannot" in ended.stderr and "Traceback" not in ended.stderr


def test_what_runs_before_any_package_is_there_needs_the_standard_library_alone():
    """In an interpreter that sees no site-packages at all."""
    modules = ", ".join(f"learn.starting.{name}" for name in STANDARD_LIBRARY_ONLY)
    code = f"import sys; sys.path[:0] = {[str(ROOT / 'platform'), str(ROOT)]!r}; import {modules}"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_a_checkout_of_somebody_else_s_is_named_as_what_is_wrong(monkeypatch):
    failure = StepFailed("`venv` ended with status 1", ["Error: [Errno 13] Permission denied: '.venv'"])
    step = environments.packages_step("web")
    assert "PIP_INDEX_URL" in fresh.remedy_for(failure, step)

    monkeypatch.setattr(fresh.os, "access", lambda path, mode: False)  # root may write everywhere
    assert f"write in {ROOT}" in fresh.remedy_for(failure, step)


@pytest.mark.slow
def test_a_start_beside_a_set_up_waits_and_says_so(tmp_path):
    environment = {**os.environ, "ANNEAL_HOME": str(tmp_path / "home"), "ANNEAL_PYTHON": sys.executable}
    with homes.only_one_setup("the test waits for another set-up"):
        words = [ROOT / "run", "--setup-only"]
        second = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert second.stdout is not None
        assert second.stdout.readline() == "Another start is setting this folder up; waiting for it …\n"
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 130 and "Stopped." in second.stdout.read()
