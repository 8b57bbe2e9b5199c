"""Containers whose worker is gone: they end by themselves, a sweep removes them, and nobody else's."""

import os
import signal
import subprocess
import sys
import time

import pytest

from sandbox import owners
from sandbox.docker import DockerEngine
from sandbox.docker_config import DEADLINE, OWNER
from tests.sandbox.programs import ECHO, plain, soon, start

pytestmark = pytest.mark.docker

WORKER = """
import sys, time
from sandbox.docker import DockerEngine
from tests.sandbox.programs import plain, start

cell = start(DockerEngine(), sys.argv[1], plain(lifetime_seconds=float(sys.argv[2])))
print(cell.id, flush=True)
time.sleep(1000)
"""


@pytest.fixture
def worker(docker):
    """Starts another process that holds one cell. Returns it and the cell's id."""
    started = []

    def begin(source, lifetime=100):
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, source, str(lifetime)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in started:
        process.kill()
        process.wait()
    docker.sweep()


def state(engine, container):
    """running, exited or gone."""
    found = engine._api.containers(all=True, filters={"id": container})
    return found[0]["State"] if found else "gone"


def wait_for(engine, container, wanted, seconds=15):
    until = soon(seconds)
    while (found := state(engine, container)) != wanted:
        assert time.monotonic() < until, f"{found} and not {wanted}"
        time.sleep(0.1)


def test_a_cell_ends_when_its_worker_is_killed_though_its_program_never_does(docker, worker):
    process, container = worker("while True: pass")
    assert state(docker, container) == "running"
    process.send_signal(signal.SIGKILL)

    wait_for(docker, container, "exited")


def test_a_sweep_removes_what_a_killed_worker_left(docker, worker):
    process, container = worker("while True: pass")
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert docker.sweep() >= 1
    assert state(docker, container) == "gone"


def test_a_sweep_leaves_the_cells_of_the_living_alone(docker, worker):
    mine = start(docker, ECHO)
    _, theirs = worker("time.sleep(1000)")
    docker.sweep()
    mine.send(b"still there?", soon())

    assert mine.receive(100, soon()) == b"still there?"
    assert state(docker, theirs) == "running"
    mine.kill()


def test_a_sweep_removes_a_cell_whose_time_is_over_whoever_owns_it(docker, worker):
    config = docker._config(plain(), "0" * 32, background=False)
    config["Labels"] = {OWNER: config["Labels"][OWNER], DEADLINE: str(int(time.time()) - 1)}
    container = docker._api.create_container_from_config(config)["Id"]

    assert docker.sweep() >= 1
    assert state(docker, container) == "gone"


def test_a_new_engine_sweeps_at_its_start(docker, worker):
    process, container = worker("time.sleep(1000)")
    process.send_signal(signal.SIGKILL)
    process.wait()
    DockerEngine().close()

    assert state(docker, container) == "gone"


def test_closing_an_engine_removes_all_its_cells():
    engine = DockerEngine()
    cells = [start(engine, ECHO), engine.start(plain())]
    engine.close()

    other = DockerEngine()
    assert [state(other, cell.id) for cell in cells] == ["gone", "gone"]
    other.close()


def test_this_process_lives_and_an_ended_one_does_not():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = owners.name(process.pid)

    assert not owners.is_dead(owners.name(os.getpid()))
    assert not owners.is_dead(name)
    process.communicate(b"\n")
    assert owners.is_dead(name)


def test_a_number_given_to_another_process_is_not_its_owner():
    assert owners.is_dead(owners.name(os.getpid())[:-1] + "x")


@pytest.mark.parametrize("name", ["", "x", "another-boot-1-2", "0-0-0-0"])
def test_nobody_here_knows_whether_a_stranger_lives(name):
    assert not owners.is_dead(name)
