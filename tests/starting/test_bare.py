"""`./run` on a Debian that has Python and nothing else, as a user without rights. Every part is real."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

import psutil
import pytest

from learn.starting.engines import DEFAULT_SOCKET, docker_answers
from tests.stack.compose import free_port
from tests.starting.bare import HOME, Machine
from tests.starting.site import ROOT, Owner, belonging_to, get, until

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(900)]

ANNEAL_HOME = Path(HOME, f"kept-{os.getpid()}")


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Machine:
    return made(tmp_path_factory.mktemp("bare") / "root", "bookworm")


def made(root: Path, suite: str) -> Machine:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("only root with debootstrap may make a machine")
    if not docker_answers({"DOCKER_HOST": f"unix://{DEFAULT_SOCKET}"}):
        pytest.skip(f"no Docker engine answers at {DEFAULT_SOCKET}: ./run would fetch 1.5 GB for cells of bwrap")
    return Machine(root, suite)


class Start:
    """One `./run` there."""

    def __init__(self, machine: Machine, out: Path, *words: str, **options) -> None:
        self.out = out
        command = ("sh", "-c", f"cd {HOME}/anneal && exec ./run {' '.join(words)}")
        self.process = machine.start(out, *command, ANNEAL_HOME=str(ANNEAL_HOME), **options)

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def wait_ready(self) -> str:
        """The link that it prints."""
        until(lambda: "Anneal is ready" in self.said() or self.process.poll() is not None, 600)
        assert "Anneal is ready" in self.said(), self.said()
        return re.findall(r"^ +(http://\S+)$", self.said(), re.M)[0]

    def supervisor(self) -> psutil.Process:
        (found,) = [one for one in belonging_to(ANNEAL_HOME) if "learn.starting.serving" in one.cmdline()]
        return found

    def end(self) -> int:
        return self.process.wait(120)


def test_the_machine_is_as_bare_as_it_says(machine, tmp_path):
    script = "command -v pip3 gcc git node curl; ls /etc/ssl/certs; python3 -m ensurepip; id -u"
    machine.start(tmp_path / "out", "sh", "-c", script).wait(60)

    absent, pip, user = (tmp_path / "out").read_text().splitlines()
    assert "/etc/ssl/certs" in absent and "No module named ensurepip" in pip and user == "1000"


def test_stopped_in_the_midst_of_the_set_up_it_leaves_nothing_running(machine, tmp_path):
    start = Start(machine, tmp_path / "out", "--setup-only")
    until(lambda: (machine.checkout / ".venv" / "bin" / "pip").exists(), 300)
    pip = [one for one in belonging_to(ANNEAL_HOME) if "pip" in one.cmdline()]

    (run,) = [one for one in belonging_to(ANNEAL_HOME) if "learn.starting" in one.cmdline()]
    run.send_signal(signal.SIGINT)
    assert start.end() == 130 and "The next ./run goes on with what is not done yet." in start.said()
    assert "Traceback" not in start.said()
    assert not any(one.is_running() for one in pip) and belonging_to(ANNEAL_HOME) == []


def test_run_sets_everything_up_signs_in_by_the_link_and_grades(machine, tmp_path):
    start = Start(machine, tmp_path / "out", "--port", str(free_port()))
    link = start.wait_ready()
    owner, base = Owner(link), link.split("/accounts/")[0]
    source = (ROOT / "exercises" / "sdpa" / "reference.py").read_text()
    owner.post(f"{base}/exercises/sdpa/submit/", source=source, mode="submit")
    until(lambda: "board-headline passed" in owner.opener.open(f"{base}/exercises/sdpa/").read().decode(), 240)

    start.supervisor().send_signal(signal.SIGINT)
    assert start.end() == 0 and start.said().rstrip().endswith("Stopped.")
    assert belonging_to(ANNEAL_HOME) == []


def test_a_second_start_takes_no_step_again(machine, tmp_path):
    start = Start(machine, tmp_path / "out", "--port", str(free_port()))
    base = start.wait_ready().split("/accounts/")[0]
    assert "…" not in start.said().split("Anneal is ready")[0] and get(f"{base}/readyz")[0] == 200

    start.supervisor().send_signal(signal.SIGTERM)
    assert start.end() == 0


def test_without_an_engine_and_without_namespaces_it_says_what_to_do_and_serves_nothing(machine, tmp_path):
    start = Start(machine, tmp_path / "out", engine=False, enter="chroot")

    assert start.end() == 1
    assert "this system allows no user namespaces: set user.max_user_namespaces" in start.said()
    assert "Nothing is ever graded outside a sandbox" in start.said() and "Anneal is ready" not in start.said()


def test_without_apt_it_says_what_to_install(machine, tmp_path):
    shutil.rmtree(machine.checkout / ".venv")
    moved = machine.root / "usr" / "bin" / "apt-get"
    moved.rename(moved.with_suffix(".away"))
    start = Start(machine, tmp_path / "out", "--setup-only")

    assert start.end() == 1
    assert "sudo apt-get install python3-venv ca-certificates" in start.said() and "Traceback" not in start.said()


def test_a_newer_debian_with_a_newer_python_does_too(tmp_path):
    """Its pip does not even start where there are no certificates."""
    start = Start(made(tmp_path / "root", "trixie"), tmp_path / "out", "--port", str(free_port()))
    owner = Owner(start.wait_ready())
    assert owner.cookie("sessionid")

    start.supervisor().send_signal(signal.SIGINT)
    assert start.end() == 0
