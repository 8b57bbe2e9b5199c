"""Cells under gVisor, where the Docker engine knows it as the runtime `runsc`."""

import pytest

from sandbox import Ended, SandboxUnavailable
from sandbox.docker import DockerEngine
from sandbox.doctor import attack
from tests.sandbox.programs import ECHO, ask, how_it_ends, plain, soon, start

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def runsc():
    with pytest.MonkeyPatch.context() as any_version:  # Debian's is of 2022
        any_version.setenv("ANNEAL_RUNSC_MINIMUM", "0")
        try:
            engine = DockerEngine("runsc")
        except SandboxUnavailable as reason:
            pytest.skip(f"no gVisor cells here: {reason}")
    yield engine
    engine.close()


def test_frames_come_back(runsc):
    cell = start(runsc, ECHO)
    for size in (0, 1, 100_000, 5_000_000):
        cell.send(b"x" * size, soon())

        assert cell.receive(size, soon()) == b"x" * size
    cell.kill()


def test_the_kernel_is_gvisors_and_not_the_hosts(runsc):
    assert ask(runsc, "answer(open('/proc/version').read())").startswith("Linux version 4.4")


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        ("os._exit(3)", Ended.EXITED),
        ("os.kill(1, 9); time.sleep(100)", Ended.EXITED),
        ("while True: pass", Ended.TIME),
        ("while True: print('x' * 1000)", Ended.OUTPUT),
        ("kept = []\nwhile True: kept.append(bytearray(1_000_000))", Ended.MEMORY),
    ],
)
def test_what_ended_a_cell_is_told(runsc, source, ended):
    assert how_it_ends(runsc, source, plain(memory_mb=200), seconds=8).ended is ended


def test_a_fork_bomb_does_not_count_as_our_fault(runsc):
    ended = how_it_ends(
        runsc, "while True:\n    try: os.fork()\n    except OSError: pass", plain(processes=20), seconds=5
    )

    assert ended.ended in (Ended.TIME, Ended.EXITED, Ended.MEMORY)


def test_torch_is_there(runsc):
    assert ask(runsc, "import torch; answer(torch.ones(2).sum().item())", plain(memory_mb=1024), seconds=60) == 2.0


def test_no_attack_reaches_the_host(runsc):
    assert [finding for finding in attack(runsc) if not finding.held] == []


def test_its_age_is_told_and_so_is_that_it_is_old(runsc):
    date = runsc.describe()["runsc"]
    old = [sentence for sentence in runsc.what_it_cannot_hold() if "older than" in sentence]
    assert (len(old) == 1) is (date == "unknown" or int(date) < 20240101)
