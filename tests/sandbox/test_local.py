"""The engine of our own tests keeps the interface's promises, but for isolation."""

import time

import pytest

from sandbox import CellEnded, Ended, Limits, Profile
from tests.local_sandbox import LocalEngine

PLAIN = Profile(name="plain", preload=(), limits=Limits(log_kb=8))
ECHO = b"""
import os, struct
reader, writer = CHANNEL

def exactly(count):
    data = b""
    while len(data) < count:
        data += os.read(reader, count - len(data))
    return data

while True:
    head = exactly(4)
    data = head + exactly(struct.unpack(">I", head)[0])
    while data:
        data = data[os.write(writer, data):]
"""


def soon(seconds=10):
    return time.monotonic() + seconds


@pytest.fixture
def engine():
    engine = LocalEngine()
    yield engine
    engine.close()


@pytest.fixture
def run(engine):
    """Start a cell and load one program into it."""

    def start(source):
        cell = engine.start(PLAIN)
        cell.wait_ready(soon())
        cell.load({"main.py": source}, "main.py", soon())
        return cell

    return start


def how_it_ended(cell, seconds=10):
    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon(seconds))
    return caught.value


def test_frames_come_back(run):
    cell = run(ECHO)

    for payload in (b"hello", b"", bytes(3_000_000)):
        cell.send(payload, soon())
        assert cell.receive(3_000_000, soon()) == payload


def test_an_exit_is_told_with_its_code_and_log(run):
    cell = run(b"print('before the end'); raise SystemExit(7)")
    ended = how_it_ended(cell)

    assert (ended.ended, ended.exit_code, ended.detail) == (Ended.EXITED, 7, "exit status 7")
    assert b"before the end" in cell.take_log()
    assert not cell.alive()


def test_an_exception_is_in_the_log(run):
    cell = run(b"1 / 0")

    assert how_it_ended(cell).exit_code == 1
    assert b"ZeroDivisionError" in cell.take_log()


def test_a_crash_is_told_by_its_signal(run):
    assert how_it_ended(run(b"import ctypes; ctypes.string_at(0)")).detail == "signal SIGSEGV"


@pytest.mark.parametrize(
    "source, ended",
    [(b"while True: pass", Ended.TIME), (b"while True: print('a' * 1000)", Ended.OUTPUT)],
)
def test_what_never_ends_is_ended(run, source, ended):
    cell = run(source)

    assert how_it_ended(cell, 1).ended is ended
    assert not cell.alive()


def test_a_killed_cell_answers_every_call_with_the_same_end(run):
    cell = run(ECHO)
    cell.kill()
    cell.kill()

    assert not cell.alive()
    for call in (lambda: cell.send(b"", soon()), lambda: cell.receive(1, soon())):
        with pytest.raises(CellEnded):
            call()


def test_usage_is_known_before_and_after_the_end(run):
    cell = run(ECHO)
    before = cell.usage()
    cell.kill()

    assert before.memory_peak_bytes > 1_000_000
    assert cell.usage().memory_peak_bytes >= before.memory_peak_bytes


def test_a_module_that_does_not_exist_is_an_early_end(engine):
    cell = engine.start(Profile(name="none", preload=("no_such_module",)))

    with pytest.raises(CellEnded) as caught:
        cell.wait_ready(soon())
    assert caught.value.ended is Ended.EXITED
    assert b"no_such_module" in cell.take_log()
