"""The caller's side of a keeper: cells that come over its socket, and what is told when it is gone or another's."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from sandbox import CellEnded, Ended, SandboxUnavailable
from sandbox.keeper.engine import KeptEngine
from sandbox.keeper.line import call
from tests.sandbox.kept import LOST, NONE, Stranger, keeping, on_linux
from tests.sandbox.programs import eventually, plain

pytestmark = on_linux


def test_frames_go_straight_to_the_container(path, streams):
    engine = KeptEngine(path)
    cell = engine.start(plain(), background=True)
    cell.send(b"hello", time.monotonic() + 5)

    assert streams.running[cell.id].recv(100) == struct.pack(">I", 5) + b"hello"
    assert streams.profiles == [(replace(plain(), name="python"), True)]
    cell.kill()
    eventually(lambda: streams.removed == [cell.id])
    engine.close()


def test_when_the_keeper_dies_every_cell_is_lost_and_a_new_keeper_is_found(tmp_path, streams):
    script = """
import sys
from pathlib import Path
from sandbox.keeper.serving import Keeper
from tests.sandbox.kept import Streams
Keeper(Path(sys.argv[1]), Streams).serve()
"""
    path = tmp_path / "k.sock"
    command = [sys.executable, "-c", script, str(path)]
    keeper = subprocess.Popen(command)
    engine = KeptEngine(path)
    cells = [engine.start(plain()) for _ in range(3)]
    waiting: list[CellEnded] = []

    def wait():
        try:
            cells[0].receive(10, time.monotonic() + 60)
        except CellEnded as ended:
            waiting.append(ended)

    waiter = threading.Thread(target=wait)
    waiter.start()
    keeper.kill()
    keeper.wait()
    waiter.join(10)

    assert [ended.ended for ended in waiting] == [Ended.LOST]
    for cell in cells:
        with pytest.raises(CellEnded) as caught:
            cell.send(b"x", time.monotonic() + 5)
        assert caught.value.ended is Ended.LOST
    keeper = subprocess.Popen(command)
    assert engine.start(plain()).alive()
    engine.close()
    keeper.terminate()
    keeper.wait()


def test_an_end_that_nobody_can_explain_any_longer_is_our_fault(path, streams):
    """The cell says that it ended by itself, and the keeper, which could say "memory", is gone."""
    engine = KeptEngine(path)
    cell = engine.start(plain())
    told = b"\xff\xff\xff\xff" + b"m" * 32 + b"137"
    streams.running[cell.id].send(struct.pack(">BxxxI", 1, len(told)) + told)
    engine._house._ended = lambda: None  # it does not notice by itself
    engine._house.line._on_end = lambda: None
    engine._house.line.close()

    with pytest.raises(CellEnded) as caught:
        cell.receive(10, time.monotonic() + 5)
    assert caught.value.ended is Ended.LOST
    engine.close()


def test_what_the_engine_lost_is_lost(path, streams):
    engine = KeptEngine(path)
    streams.fails = LOST

    with pytest.raises(CellEnded, match="hiccuped") as caught:
        engine.start(plain())
    assert caught.value.ended is Ended.LOST
    engine.close()


def test_a_keeper_without_an_engine_tells_its_callers_the_remedy(tmp_path):
    with keeping(tmp_path, NONE) as path, pytest.raises(SandboxUnavailable, match="no Docker engine answers; start"):
        KeptEngine(path)


def test_no_keeper_is_told_with_a_remedy(tmp_path):
    with pytest.raises(SandboxUnavailable, match="no keeper of cells answers .*python -m sandbox keeper"):
        call(tmp_path / "nobody.sock", 0.1)


def test_a_keeper_of_another_engine_is_not_taken_for_the_one_that_was_named(path):
    with pytest.raises(SandboxUnavailable, match="has docker cells, not runsc"):
        KeptEngine(path, "runsc")


def test_two_keepers_do_not_share_a_socket(path, streams):
    from sandbox.keeper.serving import Keeper

    with pytest.raises(SandboxUnavailable, match="answers at .* already"):
        Keeper(path, lambda: streams)
    assert Stranger(path).ask(do="hello")["name"] == "docker"


def test_cells_of_docker_come_from_the_keeper_that_the_environment_names(path, monkeypatch):
    from sandbox.choosing import choose

    monkeypatch.setenv("ANNEAL_KEEPER", str(path))
    monkeypatch.delenv("ANNEAL_ENGINE", raising=False)
    for name in (None, "docker"):
        engine = choose(name)
        assert isinstance(engine, KeptEngine) and engine.describe()["engine"] == "docker"
        engine.close()
