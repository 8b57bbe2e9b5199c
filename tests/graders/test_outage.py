"""While the engine is away nothing in the queue is called broken: it waits, and the sandbox is attacked anew."""

from __future__ import annotations

import threading
import time

import pytest
import redis

from graders import outage, worker
from graders.cells import Cells
from graders.outage import Outages
from graders.protocol import Outcome
from graders.store import Store
from sandbox import CellEnded, Ended, SandboxUnavailable
from tests.graders.conftest import job
from tests.local_sandbox import LocalEngine

RIGHT = "def scale(x, by):\n    return x * by\n"


class Leaving(LocalEngine):
    """An engine that can go away, and whose cells are lost then."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away, self.asked = False, 0

    def take(self, profile, deadline):
        cell = self.start(profile)
        cell.wait_ready(deadline)
        return cell, False

    def start(self, profile, *, background=False):
        self.asked += 1
        if self.is_away:
            raise CellEnded(Ended.LOST, "the engine started no container")
        return super().start(profile, background=background)


class Attacked:
    """In the place of the doctor: asks for a cell, and says what it was told to say."""

    def __init__(self) -> None:
        self.times, self.holds = 0, True

    def __call__(self, engine) -> None:
        self.times += 1
        if engine.is_away:
            raise SandboxUnavailable("no engine answers")
        if not self.holds:
            raise SandboxUnavailable("the sandbox does not hold")


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.1)
    opened = Leaving()
    yield opened
    opened.close()


@pytest.fixture
def grader(engine, scaled, tmp_path):
    Store(tmp_path).put(scaled)
    cells = Cells(engine)
    made = worker.Grader(engine, cells, Store(tmp_path), redis.Redis.from_url(f"unix://{tmp_path}/none.sock"))
    made.outages = Outages(engine, Attacked())
    yield made
    cells.close()


def soon(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_grading_waits_for_an_engine_that_is_away_and_is_then_done(grader, engine, scaled):
    engine.is_away, verdicts = True, []
    thread = threading.Thread(target=lambda: verdicts.append(grader.grade(job(scaled, RIGHT))))
    thread.start()
    soon(lambda: grader.outages.away and engine.asked > 1)
    time.sleep(0.3)
    assert verdicts == []

    engine.is_away = False
    thread.join(20)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED]
    assert not grader.outages.away


def test_after_an_outage_nothing_is_graded_before_the_sandbox_held(grader, engine, scaled):
    engine.is_away, verdicts = True, []
    attack = grader.outages._attack
    attack.holds = False
    thread = threading.Thread(target=lambda: verdicts.append(grader.grade(job(scaled, RIGHT))))
    thread.start()
    soon(lambda: attack.times > 1)
    engine.is_away, before = False, attack.times
    soon(lambda: attack.times > before + 1)
    assert verdicts == [] and grader.outages.away

    attack.holds = True
    thread.join(20)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED]


def test_a_receipt_names_the_engine_that_came_back(grader, engine, scaled, monkeypatch):
    engine.is_away, verdicts = True, []
    thread = threading.Thread(target=lambda: verdicts.append(grader.grade(job(scaled, RIGHT))))
    thread.start()
    soon(lambda: grader.outages.away)
    monkeypatch.setattr(engine, "describe", lambda: {"engine": "local", "engine_version": "2"})
    engine.is_away = False
    thread.join(20)

    assert verdicts[0].receipt["engine"]["engine_version"] == "2"


def test_several_gradings_wait_for_one_attack(engine):
    attack = Attacked()
    outages, began, explained = Outages(engine, attack), time.monotonic(), []
    engine.is_away = True
    threads = [threading.Thread(target=lambda: explained.append(outages.explains(began))) for _ in range(4)]
    for thread in threads:
        thread.start()
    soon(lambda: attack.times > 0)
    engine.is_away, before = False, attack.times
    for thread in threads:
        thread.join(20)

    assert explained == [True] * 4
    assert attack.times <= before + 2


def test_what_breaks_while_cells_start_is_no_outage(engine):
    attack = Attacked()

    assert not Outages(engine, attack).explains(time.monotonic())
    assert attack.times == 0


def test_a_grader_that_is_told_to_stop_waits_no_longer(engine):
    outages = Outages(engine, Attacked())
    engine.is_away = True
    told = []
    thread = threading.Thread(target=lambda: told.append(outages.explains(time.monotonic())))
    thread.start()
    soon(lambda: outages.away)

    outages.stopped.set()
    thread.join(5)

    assert told == [False]
