"""Cells are handed out once, replaced in the background, and never waited for in vain."""

import os
import random
import threading
import time
from collections import Counter

import pytest

from sandbox import CellEnded, Ended, Limits, Profile, SandboxUnavailable, Usage
from sandbox.pool import Pool
from tests.local_sandbox import LocalEngine

PLAIN = Profile(name="plain", preload=())
OTHER = Profile(name="other", preload=(), limits=Limits(memory_mb=99))


class FakeCell:
    """A cell that becomes ready when told, or after a while."""

    def __init__(self, number, seconds, fails):
        self.id, self.seconds, self.fails = str(number), seconds, fails
        self.killed, self.promoted = threading.Event(), threading.Event()

    def wait_ready(self, deadline):
        until = min(deadline, time.monotonic() + self.seconds)
        while time.monotonic() < until and not self.promoted.is_set():
            if self.killed.wait(0.005):
                raise CellEnded(Ended.EXITED, "killed")
        if self.fails:
            raise CellEnded(Ended.LOST, "it fails")
        if time.monotonic() >= deadline:
            raise CellEnded(Ended.TIME)

    def alive(self):
        return not self.killed.is_set()

    def kill(self):
        self.killed.set()

    def usage(self):
        return Usage(memory_peak_bytes=100 * 1024 * 1024)


class FakeEngine:
    name = "fake"
    for_strangers = True

    def __init__(self, seconds=0.0, fails=lambda number: False, background_seconds=None):
        self.seconds, self.fails, self.cells, self.lock = seconds, fails, [], threading.Lock()
        self.background_seconds = seconds if background_seconds is None else background_seconds
        self.backgrounds = Counter()

    def start(self, profile, *, background=False):
        with self.lock:
            number = len(self.cells)
            seconds = self.background_seconds if background else self.seconds
            self.cells.append(FakeCell(number, seconds, self.fails(number)))
            self.backgrounds[background] += 1
            return self.cells[-1]

    def promote(self, cell):
        cell.promoted.set()

    def sweep(self):
        return 0

    @property
    def living(self):
        return [cell for cell in self.cells if cell.alive()]


@pytest.fixture
def make():
    pools = []

    def make(engine, *arguments, **options):
        pools.append(Pool(engine, *arguments, **options))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def soon(seconds=10):
    return time.monotonic() + seconds


def eventually(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.005)


def warm(pool, profile=PLAIN):
    return pool.stats()["profiles"].get(profile.name, {"warm": 0})["warm"]


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


def test_a_cell_that_died_waiting_is_not_handed_out(make):
    engine = FakeEngine()
    pool = make(engine, 1)
    pool.warm(PLAIN)
    eventually(lambda: warm(pool) == 1)
    engine.cells[0].kill()

    cell, _ = pool.take(PLAIN, soon())

    assert cell is not engine.cells[0] and cell.alive()


def test_a_cell_that_is_too_old_is_replaced(make):
    engine = FakeEngine()
    short = Profile(name="plain", preload=(), limits=Limits(lifetime_seconds=0.4))
    pool = make(engine, 1)
    pool.warm(short)
    eventually(lambda: warm(pool, short) == 1)
    first = engine.cells[0]

    eventually(lambda: not first.alive() and warm(pool, short) == 1)


def test_no_cell_is_handed_out_twice_whatever_happens(make):
    """Eight takers, two profiles, an engine that fails now and then and cells that die while they wait."""
    rng = random.Random(7)
    engine = FakeEngine(seconds=0.004, fails=lambda number: rng.random() < 0.1)
    pool = make(engine, 3)
    taken, lock = [], threading.Lock()

    def take_many(seed):
        mine = random.Random(seed)
        for _ in range(40):
            try:
                cell, _ = pool.take(mine.choice([PLAIN, OTHER]), soon())
            except CellEnded as ended:
                assert ended.ended in (Ended.LOST, Ended.EXITED)  # it failed, or somebody killed it
                continue
            with lock:
                taken.append(cell.id)
            if mine.random() < 0.2:
                mine.choice(engine.cells).kill()

    threads = [threading.Thread(target=take_many, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) > 250
    assert [cell for cell, count in Counter(taken).items() if count > 1] == []
    pool.close()
    assert {cell.id for cell in engine.living} <= set(taken)


def test_a_failing_engine_is_left_alone_longer_and_longer_and_reported(make):
    engine = FakeEngine(fails=lambda number: True)
    pool = make(engine, 1)
    pool.warm(PLAIN)

    eventually(lambda: not pool.stats()["healthy"], seconds=15)

    assert len(engine.cells) <= 5
    assert "it fails" in pool.stats()["last_error"]
    with pytest.raises(CellEnded):
        pool.take(PLAIN, soon())


def test_an_engine_that_recovers_is_healthy_again(make):
    engine = FakeEngine(fails=lambda number: number < 3)
    pool = make(engine, 1)
    pool.warm(PLAIN)

    eventually(lambda: warm(pool) == 1, seconds=20)

    assert pool.stats()["healthy"]
    assert pool.stats()["failures"] == 3


def test_one_profile_that_cannot_start_does_not_hold_up_another(make):
    engine = LocalEngine()
    pool = make(engine, 1)
    pool.warm(Profile(name="broken", preload=("no_such_module",)))
    pool.warm(PLAIN)

    eventually(lambda: warm(pool) == 1)
    engine.close()


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
