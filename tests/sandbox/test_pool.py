"""Cells are handed out warm, replaced in the background, and never more than a pool may hold."""

import os
import threading
import time

import pytest

from sandbox import CellEnded, Limits, Profile, SandboxUnavailable
from tests.local_sandbox import LocalEngine
from tests.sandbox.fake_engine import PLAIN, FakeEngine, soon, warm
from tests.sandbox.programs import eventually


def test_a_real_cell_is_taken_warm_and_works(make):
    engine = LocalEngine()
    pool = make(engine, 1)
    pool.warm(PLAIN)
    eventually(lambda: warm(pool) == 1)

    cell, hit = pool.take(PLAIN, soon())
    cell.load({"main.py": b"print('hello')"}, "main.py", soon())

    with pytest.raises(CellEnded):
        cell.receive(10, soon())
    assert hit
    assert cell.take_log() == b"hello\n"
    engine.close()


def test_what_was_taken_is_replaced(make):
    pool = make(FakeEngine(), 2)
    pool.warm(PLAIN)
    eventually(lambda: warm(pool) == 2)

    pool.take(PLAIN, soon())

    eventually(lambda: warm(pool) == 2)


def test_cells_warm_side_by_side_and_never_more_than_the_pool_holds(make, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    engine = FakeEngine(background_seconds=30)
    pool = make(engine, 3)
    pool.warm(PLAIN)

    eventually(lambda: len(engine.cells) == 3)
    time.sleep(0.1)

    assert len(engine.living) == 3
    assert pool.stats()["profiles"]["plain"] == {"warm": 0, "warming": 3}


def test_while_the_engine_takes_its_time_no_more_is_asked_of_it(make, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    engine = FakeEngine()
    asked, go_on = [], threading.Event()
    start = engine.start

    def slow_start(profile, *, background=False):
        asked.append(profile)
        go_on.wait(10)
        return start(profile, background=background)

    engine.start = slow_start
    pool = make(engine, 3, memory_mb=2 * 20)  # of 3 cells two fit
    pool.warm(PLAIN)
    eventually(lambda: len(asked) == 2)
    time.sleep(0.1)

    assert len(asked) == 2
    go_on.set()
    eventually(lambda: warm(pool) >= 1)


def test_a_profile_never_seen_is_started_cold_and_kept_warm_afterwards(make):
    pool = make(FakeEngine(), 2)

    _, hit = pool.take(PLAIN, soon())

    assert not hit
    eventually(lambda: warm(pool) == 2)
    assert pool.take(PLAIN, soon())[1]


def test_background_cells_are_promoted_when_taken(make):
    engine = FakeEngine()
    pool = make(engine, 1)
    pool.warm(PLAIN)
    eventually(lambda: warm(pool) == 1)

    cell, _ = pool.take(PLAIN, soon())

    assert cell.promoted.is_set()
    assert engine.backgrounds[False] == 0


def test_a_burst_larger_than_the_pool_starts_cold_cells(make):
    engine = FakeEngine(background_seconds=30)
    pool = make(engine, 1)
    pool.warm(PLAIN)
    eventually(lambda: engine.cells)

    taken = [pool.take(PLAIN, soon())[0] for _ in range(5)]

    assert len({cell.id for cell in taken}) == 5
    assert all(cell.promoted.is_set() for cell in taken)  # a cold one may burst as a warm one may


def test_who_needs_a_cell_that_is_warming_gets_that_one_at_full_speed(make):
    engine = FakeEngine(seconds=5, background_seconds=30)
    pool = make(engine, 1)
    pool.warm(PLAIN)
    eventually(lambda: engine.cells)
    before = time.monotonic()

    cell, hit = pool.take(PLAIN, soon())

    assert (cell, hit) == (engine.cells[0], False)
    assert time.monotonic() - before < 2


def test_cells_that_wait_hold_no_more_memory_than_allowed(make):
    engine = FakeEngine()
    first, second = Profile(name="first"), Profile(name="second", limits=Limits(memory_mb=99))
    pool = make(engine, 4, memory_mb=350)
    pool.warm(first)
    eventually(lambda: warm(pool, first) == 3)  # of 100 MB each
    pool.warm(second)
    time.sleep(0.1)
    assert warm(pool, second) == 0

    pool.take(second, soon())

    eventually(lambda: warm(pool, second) == 3 and warm(pool, first) == 0)
    assert pool.stats()["memory_mb"] <= 350
    eventually(lambda: len(engine.living) == 4)  # three that wait and the one that was taken


def test_a_closed_pool_leaves_nothing_and_gives_nothing(make):
    engine = FakeEngine(background_seconds=30)
    pool = make(engine, 2)
    pool.warm(PLAIN)
    eventually(lambda: engine.cells)

    pool.close()

    assert engine.living == []
    with pytest.raises(SandboxUnavailable):
        pool.take(PLAIN, soon())


def test_a_pool_with_nothing_to_do_uses_no_processor(make):
    pool = make(FakeEngine(), 2)
    pool.warm(PLAIN)
    eventually(lambda: warm(pool) == 2)
    fillers = [thread for thread in threading.enumerate() if thread.name.startswith("pool-filler")]

    def ticks(filler):
        with open(f"/proc/self/task/{filler.native_id}/stat") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))

    before = sum(map(ticks, fillers))
    time.sleep(1.5)
    spent = sum(map(ticks, fillers)) - before

    assert fillers
    assert spent <= len(fillers), f"{spent} ticks of 1/{os.sysconf('SC_CLK_TCK')} s"
