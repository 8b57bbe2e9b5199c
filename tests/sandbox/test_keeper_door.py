"""Who may call a keeper, touch which cells, and have how much: within its bounds, and nobody at another's cost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from sandbox.keeper.caller import Bounds
from sandbox.keeper.engine import KeptEngine
from tests.sandbox.kept import START, Stranger, keeping, on_linux
from tests.sandbox.programs import eventually, plain

pytestmark = on_linux


# ------------------------------------------------------------------------------------- who may do what


@pytest.mark.parametrize("what", ["usage", "promote", "reset_peak", "out_of_memory", "remove", "ended_itself"])
def test_a_caller_touches_its_own_cells_alone(path, streams, what):
    owner, other = Stranger(path), Stranger(path)
    owner.ask(do="start", **START)

    assert other.ask(do=what, cell="c1")["error"] == "refused"
    assert streams.removed == [] and "c1" in streams.running


def test_when_a_caller_hangs_up_its_cells_end(path, streams):
    caller = Stranger(path)
    for _ in range(3):
        caller.ask(do="start", **START)
    caller.socket.close()

    eventually(lambda: sorted(streams.removed) == ["c1", "c2", "c3"])


def test_a_cell_that_starts_while_its_caller_hangs_up_ends_too(path, streams):
    streams.slow.clear()
    caller = Stranger(path)
    caller.send({"id": 1, "do": "start", **START})
    time.sleep(0.1)
    caller.socket.close()
    time.sleep(0.1)
    streams.slow.set()

    eventually(lambda: streams.removed == ["c1"])


def test_a_killed_caller_leaves_nothing(path, streams):
    script = (
        "import sys, time; from pathlib import Path; from sandbox.keeper.engine import KeptEngine\n"
        "from tests.sandbox.programs import plain\n"
        "cell = KeptEngine(Path(sys.argv[1])).start(plain()); print(cell.id, flush=True); time.sleep(100)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "c1"
    process.kill()
    process.wait()

    eventually(lambda: streams.removed == ["c1"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_sent_away_though_the_file_would_let_it_in(path):
    path.chmod(0o777)
    path.parent.chmod(0o777)
    for parent in path.parents[:-1]:
        if parent != parent.parent and str(parent) != "/tmp":
            parent.chmod(parent.stat().st_mode | 0o011)
    script = """
import os, socket, sys
os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
print(s.recv(10_000).decode())
print(s.recv(10_000))
"""
    said = subprocess.run([sys.executable, "-I", "-c", script, str(path)], capture_output=True, text=True)

    assert "cells are for user 0 alone" in said.stdout and said.stdout.endswith("b''\n"), said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_user_it_is_for_may_call_and_the_file_is_theirs_alone(tmp_path, streams):
    with keeping(tmp_path, streams, users=(65534,)) as path:
        found = path.stat()

        assert (found.st_uid, found.st_mode & 0o777) == (65534, 0o600)
        assert Stranger(path).ask(do="hello")["name"] == "docker"


# --------------------------------------------------------------------------------------------- bounds


def test_a_caller_has_so_many_cells_and_not_one_more(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(cells=3)) as path:
        caller = Stranger(path)
        for _ in range(3):
            assert "cell" in caller.ask(do="start", **START)
        assert "at most 3" in caller.ask(do="start", **START)["detail"]

        caller.ask(do="remove", cell="c1")
        assert "cell" in caller.ask(do="start", **START)
        assert "cell" in Stranger(path).ask(do="start", **START)


def test_so_many_callers_and_not_one_more(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(callers=2)) as path:
        first, second = Stranger(path), Stranger(path)
        assert first.ask(do="hello") and second.ask(do="hello")
        third = Stranger(path)
        assert "2 callers" in third.hear()["detail"] and third.hear() is None

        first.socket.close()
        time.sleep(0.1)
        eventually(lambda: (Stranger(path).ask(do="hello") or {}).get("name") == "docker")


def test_a_flood_of_requests_is_slowed_down_and_hinders_nobody_else(tmp_path, streams):
    with keeping(tmp_path, streams, bounds=Bounds(per_second=100, burst=10)) as path:
        flood, other = Stranger(path), Stranger(path)

        def pour():
            try:
                for number in range(2, 10_000):
                    flood.send({"id": number, "do": "hello"})
            except OSError:
                pass

        threading.Thread(target=pour, daemon=True).start()
        began = time.monotonic()
        answers = 0
        while time.monotonic() < began + 1:
            answers += flood.hear() is not None
        assert answers <= 10 + 100 * 1.5 + 20
        assert other.ask(do="hello")["name"] == "docker"
        flood.socket.close()


def test_a_caller_that_never_reads_is_hung_up_on(tmp_path, streams, monkeypatch):
    monkeypatch.setattr("sandbox.keeper.caller.SEND_SECONDS", 1)
    with keeping(tmp_path, streams, bounds=Bounds(per_second=1e9, burst=1e9)) as path:
        caller = Stranger(path)
        assert caller.ask(do="start", **START)["cell"] == "c1"
        with pytest.raises(OSError):
            for _ in range(100_000):
                caller.send({"id": 1, "do": "usage", "cell": "c1"})

        eventually(lambda: streams.removed == ["c1"])
        assert Stranger(path).ask(do="hello")["name"] == "docker"


def test_counters_do_not_wait_behind_starts(path, streams):
    engine = KeptEngine(path)
    cell = engine.start(plain())
    streams.slow.clear()
    threads = [threading.Thread(target=engine.start, args=(plain(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)

    assert cell.usage().cpu_seconds is None  # answered, though every start hangs
    streams.slow.set()
    for thread in threads:
        thread.join(10)
    engine.close()
