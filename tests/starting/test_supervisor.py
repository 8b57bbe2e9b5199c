"""The supervisor over real processes: what dies comes back, and what stops leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from learn.starting import home as homes

ROOT = Path(__file__).resolve().parents[2]
SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
IGNORES = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
# A grandchild in its own session that ignores being asked: what a cell of a grader can be at its worst.
HAS_GRANDCHILD = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {IGNORES!r}], start_new_session=True)
open("grandchild", "w").write(str(child.pid))
print("up", flush=True)
time.sleep(600)
"""


class Supervised:
    """A supervisor in a process of its own, as `./run` has it."""

    def __init__(self, folder: Path, programs: list[dict[str, object]]) -> None:
        self.folder = folder
        (folder / "programs.json").write_text(json.dumps(programs))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}"}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervised.py")), str(folder)],
            stdout=open(folder / "out", "ab"),
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )

    def pids(self) -> dict[str, int]:
        processes = homes.read_state(self.folder).get("processes", {})
        assert isinstance(processes, dict)
        return processes

    def log(self, name: str) -> str:
        path = self.folder / "logs" / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def wait_up(self, name: str, times: int = 1) -> int:
        until(lambda: self.log(name).count(" up") >= times)
        return self.pids()[name]

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        self.process.send_signal(number)
        return self.end()

    def end(self) -> str:
        self.process.wait(timeout=30)
        return (self.folder / "out").read_text()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*programs: dict[str, object]) -> Supervised:
        started.append(Supervised(tmp_path, list(programs)))
        return started[-1]

    yield start
    for one in started:
        below = psutil.Process(one.process.pid).children(recursive=True) if one.process.poll() is None else []
        for process in [*below, one.process]:
            try:
                process.kill()
            except (psutil.Error, OSError):
                pass
        one.process.wait()


def test_a_killed_program_is_started_again(supervise):
    one = supervise({"name": "web", "code": SLEEPS}, {"name": "other", "code": SLEEPS})
    first, other = one.wait_up("web"), one.wait_up("other")

    os.kill(first, signal.SIGKILL)
    second = one.wait_up("web", times=2)

    assert second != first and not is_gone(second)
    assert one.pids()["other"] == other
    assert "web ended (killed by SIGKILL)." in one.log("web")


def test_a_program_that_keeps_ending_is_started_less_and_less_often(supervise):
    one = supervise({"name": "sad", "code": "print('up')"})
    until(lambda: one.log("sad").count("again in") >= 3)

    pauses = [line.split("again in ")[1] for line in one.log("sad").splitlines() if "again in" in line]
    assert pauses[:3] == ["0.5 s.", "1 s.", "2 s."]


def test_an_essential_program_that_never_gets_ready_ends_the_start(supervise):
    one = supervise(
        {"name": "web", "code": "print('no such module')", "essential": True, "ready": "READY"},
        {"name": "other", "code": SLEEPS},
    )
    said = one.end()

    assert one.process.returncode == 1
    assert "web        | no such module" in said and "web ended 4 times without getting ready." in said
    assert all(is_gone(pid) for pid in one.pids().values())


def test_a_program_that_says_that_no_start_can_succeed_is_not_asked_again(supervise):
    code = "print('the database is damaged'); raise SystemExit(78)"
    one = supervise(
        {"name": "web", "code": code, "essential": True, "ready": "READY"}, {"name": "other", "code": SLEEPS}
    )
    said = one.end()

    assert one.process.returncode == 1 and said.count("the database is damaged") == 1
    assert "web cannot start; it says above why." in said


def test_an_essential_program_that_was_ready_may_end_as_often_as_it_likes(supervise):
    one = supervise({"name": "web", "code": "print('READY')", "essential": True, "ready": "READY"})

    until(lambda: one.log("web").count("started again") >= 4)
    assert one.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(supervise, number):
    one = supervise({"name": "web", "code": SLEEPS}, {"name": "other", "code": HAS_GRANDCHILD})
    pids = [one.wait_up("web"), one.wait_up("other"), int((one.folder / "grandchild").read_text())]

    said = one.stop(number)

    assert one.process.returncode == 0 and said.endswith("STOPPED\n")
    assert all(is_gone(pid) for pid in pids)


def test_a_program_that_does_not_stop_is_killed_after_its_grace(supervise):
    one = supervise({"name": "stubborn", "code": IGNORES, "grace": 1.0})
    until(lambda: "deaf" in one.log("stubborn"))
    pid = one.pids()["stubborn"]

    one.stop()
    assert is_gone(pid)


def test_a_second_signal_does_not_wait(supervise):
    one = supervise({"name": "stubborn", "code": IGNORES, "grace": 600.0})
    until(lambda: "deaf" in one.log("stubborn"))
    pid = one.pids()["stubborn"]

    one.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    one.stop()
    assert is_gone(pid)


def test_what_the_others_need_stops_last(supervise):
    says_when = "import signal, sys, time\nsignal.signal(15, lambda *_: (print('bye', time.monotonic()), sys.exit()))\n"
    slow = says_when.replace("(print", "(time.sleep(1), print")
    waits = "print('up', flush=True)\ntime.sleep(600)"
    one = supervise(
        {"name": "broker", "code": says_when + waits, "last": True}, {"name": "worker", "code": slow + waits}
    )
    one.wait_up("broker"), one.wait_up("worker")

    one.stop()
    broker, worker = (float(one.log(name).split("bye ")[1]) for name in ("broker", "worker"))
    assert broker > worker


def test_what_a_killed_program_left_in_its_group_does_not_meet_its_successor(supervise):
    leaves = HAS_GRANDCHILD.replace("start_new_session=True", "start_new_session=False")
    one = supervise({"name": "grader", "code": leaves})
    first = one.wait_up("grader")
    grandchild = int((one.folder / "grandchild").read_text())

    os.kill(first, signal.SIGKILL)
    one.wait_up("grader", times=2)
    assert is_gone(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_programs_stop_when_the_supervisor_itself_is_killed(supervise):
    one = supervise({"name": "web", "code": SLEEPS}, {"name": "other", "code": SLEEPS})
    pids = [one.wait_up("web"), one.wait_up("other")]

    one.process.kill()
    one.process.wait()
    until(lambda: all(is_gone(pid) for pid in pids))


def test_a_second_supervisor_in_the_same_home_is_refused(supervise):
    supervise({"name": "web", "code": SLEEPS}).wait_up("web")
    second = supervise({"name": "web", "code": SLEEPS})

    said = second.end()
    assert second.process.returncode == 3 and "already runs" in said


def test_output_is_shown_with_the_name_of_its_program_and_kept(supervise):
    code = "print('a plain line'); print('x' * 150_000); print('no newline', end='', flush=True)"
    one = supervise({"name": "web", "code": code + "\nimport time; time.sleep(1)"})
    until(lambda: "ended" in one.log("web"))
    said = one.stop()

    assert "web        | a plain line\n" in said and "web        | no newline\n" in said
    assert "a plain line" in one.log("web") and one.log("web").count("x") >= 150_000


def test_ready_is_said_once(supervise):
    one = supervise(
        {"name": "web", "code": "print('SERVES', flush=True); import time; time.sleep(600)", "essential": True,
         "ready": "SERVES"},
    )  # fmt: skip
    until(lambda: one.log("ready"))
    first = one.pids()["web"]

    os.kill(first, signal.SIGKILL)
    until(lambda: one.pids()["web"] != first)
    time.sleep(0.5)
    assert one.stop().count("it is ready") == 1
