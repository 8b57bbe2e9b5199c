"""Cells that die or grow old in a pool, and engines that fail: no cell is handed out twice or waited for in vain."""

import random
import threading
from collections import Counter

import pytest

from sandbox import CellEnded, Ended, Limits, Profile
from tests.local_sandbox import LocalEngine
from tests.sandbox.fake_engine import PLAIN, FakeEngine, soon, warm
from tests.sandbox.programs import eventually

OTHER = Profile(name="other", preload=(), limits=Limits(memory_mb=99))


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
