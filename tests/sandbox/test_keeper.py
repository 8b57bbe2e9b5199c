"""A keeper as a process of its own with a real engine behind it, and a grader's cells that come from there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from graders.cells import Cells
from graders.grade import grade
from graders.protocol import Job, Outcome
from sandbox import CellEnded, Ended, Profile, SandboxUnavailable
from sandbox.doctor import attack
from sandbox.keeper.engine import KeptEngine
from sandbox.pool import Pool
from tests.sandbox.kept import on_linux
from tests.sandbox.programs import ECHO, ask, how_it_ends, plain, soon, start
from tests.sandbox.test_docker_orphans import state, wait_for

pytestmark = [pytest.mark.docker, on_linux]


def wait_for_end(engine, container):
    """It ended by itself; whoever sweeps may have removed it by now."""
    until = soon(15)
    while state(engine, container) == "running":
        assert time.monotonic() < until, "it still runs"
        time.sleep(0.05)


class Running:
    """`python -m sandbox keeper`, started again when asked."""

    def __init__(self, path, engine="docker"):
        self.path, self.engine = path, engine
        self.begin()

    def begin(self):
        words = [sys.executable, "-m", "sandbox", "keeper", "--engine", self.engine, "--socket", str(self.path)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def running(tmp_path, docker):
    keeper = Running(tmp_path / "k.sock")
    yield keeper
    if keeper.process.poll() is None:
        assert keeper.end() == 0
    docker.sweep()


@pytest.fixture
def kept(running):
    engine = KeptEngine(running.path)
    yield engine
    engine.close()


def test_frames_come_back(kept):
    cell = start(kept, ECHO)
    for size in (0, 1, 100_000, 5_000_000):
        cell.send(b"x" * size, soon())

        assert cell.receive(size, soon()) == b"x" * size
    kept.promote(cell)
    assert cell.usage().cpu_seconds > 0 and cell.usage().memory_peak_bytes > 1_000_000
    cell.kill()


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("os._exit(3)", Ended.EXITED),
        ("os.kill(1, 9); os.kill(os.getpid(), 9)", Ended.EXITED),
        ("while True: pass", Ended.TIME),
        ("while True: print('x' * 1000)", Ended.OUTPUT),
        ("os.write(CHANNEL[1], b'\\xff' * 100); time.sleep(9)", Ended.PROTOCOL),
        ("kept = []\nwhile True: kept.append(bytearray(1_000_000))", Ended.MEMORY),
    ],
)
def test_what_ended_a_cell_is_told_as_without_a_keeper(kept, source, ended):
    assert how_it_ends(kept, source, plain(memory_mb=100), seconds=4).ended is ended


def test_no_attack_works_on_cells_of_a_keeper(kept):
    assert [finding for finding in attack(kept) if not finding.held] == []


def test_the_connection_that_is_handed_out_reaches_one_cell_and_never_the_engine(kept):
    """Whatever is written to it, a request to the engine too, is that cell's standard input."""
    cell = start(kept, "answer(os.read(CHANNEL[0], 65536).decode())\ntime.sleep(100)")
    request = b"GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n"
    cell._attachment._socket.send(request)

    assert cell.receive(1000, soon()) == b'"%s"' % request.replace(b"\r\n", b"\\r\\n")
    cell.kill()


def test_a_keeper_holds_no_connection_to_a_cell_that_it_handed_out(kept, docker):
    """Closing the caller's copy ends the cell, though the keeper lives and was asked for nothing."""
    cell = start(kept, "while True: pass")
    cell._attachment._socket.close()

    wait_for_end(docker, cell.id)
    cell.kill()


def test_a_killed_caller_leaves_no_container(running, docker):
    script = (
        "import sys, time; from pathlib import Path; from sandbox.keeper.engine import KeptEngine\n"
        "from tests.sandbox.programs import ECHO, start\n"
        "cell = start(KeptEngine(Path(sys.argv[1])), 'while True: pass'); print(cell.id, flush=True); time.sleep(100)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(running.path)], stdout=subprocess.PIPE, text=True)
    container = process.stdout.readline().strip()
    assert state(docker, container) == "running"
    process.kill()
    process.wait()

    wait_for(docker, container, "gone")


def test_a_killed_keeper_leaves_no_container_once_there_is_another(kept, running, docker):
    cells = [start(kept, "while True: pass"), start(kept, ECHO)]
    running.end(signal.SIGKILL)

    with pytest.raises(CellEnded) as caught:
        cells[1].receive(10, soon())
    assert caught.value.ended is Ended.LOST
    for cell in cells:
        wait_for_end(docker, cell.id)
    running.begin()
    assert ask(kept, "answer(7)") == 7
    for cell in cells:
        wait_for(docker, cell.id, "gone")


def test_a_grading_whose_keeper_is_killed_is_broken_and_the_next_one_passes(kept, running):
    from tests.hostile.conftest import HONEST, PACKAGES

    package = PACKAGES["roomy"]
    slow = "import time\ntime.sleep(3)\n" + HONEST
    pool = Pool(kept, 1)
    cells = Cells(pool)

    def graded(source):
        return grade(Job("s", 1, "t", package.key, package.digest, {"solution.py": source}, "0" * 32), package, cells)

    try:
        assert graded(HONEST).outcome is Outcome.PASSED
        verdicts = []
        grading = threading.Thread(target=lambda: verdicts.append(graded(slow)))
        grading.start()
        time.sleep(1.5)
        running.end(signal.SIGKILL)
        grading.join(60)
        assert [verdict.outcome for verdict in verdicts] == [Outcome.BROKEN]

        running.begin()
        assert graded(HONEST).outcome is Outcome.PASSED
    finally:
        cells.close()
        pool.close()


def test_a_keeper_that_is_asked_to_stop_leaves_no_container_and_no_socket(kept, running, docker):
    cell = start(kept, ECHO)
    assert running.end() == 0

    assert state(docker, cell.id) == "gone" and not running.path.exists()


def test_an_image_that_is_not_in_the_table_cannot_be_asked_for(running):
    engine = KeptEngine(running.path)
    with pytest.raises(SandboxUnavailable, match="the kinds of cell are python"):
        engine.start(Profile(image="no-such-image"))
    engine.close()


def test_a_keeper_without_an_engine_waits_for_one_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    keeper = Running(tmp_path / "k.sock")
    try:
        assert "no Docker engine answers" in keeper.process.stdout.readline()
        with pytest.raises(SandboxUnavailable, match="no Docker engine answers"):
            KeptEngine(keeper.path)
        os.symlink("/var/run/docker.sock", tmp_path / "docker.sock")
        engine = KeptEngine(keeper.path)
        assert engine.describe()["engine"] == "docker"
        engine.close()
    finally:
        assert keeper.end() == 0


def test_bwrap_needs_no_keeper(tmp_path):
    words = [sys.executable, "-m", "sandbox", "keeper", "--engine", "bwrap", "--socket", str(tmp_path / "k.sock")]
    said = subprocess.run(words, capture_output=True, text=True)
    assert said.returncode == 1 and "a keeper is for docker or runsc" in said.stderr


def test_a_request_by_hand_starts_nothing_that_is_not_in_the_table(running, docker):
    """The words of the engine's own API, to the keeper: it hangs up."""
    KeptEngine(running.path).close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as by_hand:
        by_hand.connect(str(running.path))
        by_hand.send(b'{"id": 1, "do": "create", "Image": "debian", "HostConfig": {"Binds": ["/:/host"]}}')
        assert by_hand.recv(1000) == b""
