"""What one submission leaves for the next, and what many at once do to each other: nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from graders.protocol import Outcome
from tests.hostile.conftest import HONEST, eventually_empty

ATTACKS = Path(__file__).parent / "attacks"

LEAVES = (
    """
import builtins, os, socket, sys, threading

MARK = "LEFT" + "-BEHIND"
os.environ["MARK"] = MARK
builtins.MARK = sys.modules["MARK"] = MARK
for folder in (".", os.environ["HOME"], "/tmp", "/dev/shm", "/var/tmp", "/run", os.path.dirname(os.__file__)):
    try:
        with open(os.path.join(folder, MARK), "w") as file:
            file.write(MARK)
        print("left a file in", folder)
    except OSError:
        pass
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0" + MARK)
hidden.listen()
server = socket.create_server(("0.0.0.0", 47110))
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            hidden.accept()
    os._exit(0)
"""
    + HONEST
)

LOOKS = (
    """
import builtins, os, socket, sys

MARK = "LEFT" + "-BEHIND"
if MARK in os.environ.values() or hasattr(builtins, "MARK") or "MARK" in sys.modules:
    print("FOUND in the interpreter")
for folder in (".", os.environ["HOME"], "/tmp", "/dev/shm", "/var/tmp", "/run", os.path.dirname(os.__file__)):
    if os.path.exists(os.path.join(folder, MARK)):
        print("FOUND in", folder)
for family, address in ((socket.AF_UNIX, "\\0" + MARK), (socket.AF_INET, ("127.0.0.1", 47110))):
    try:
        socket.socket(family).connect(address)
        print("FOUND", address)
    except OSError:
        pass
print("looked")
"""
    + HONEST
)


def test_a_submission_finds_nothing_of_the_one_before(ground):
    first = ground.grade(LEAVES)
    second = ground.grade(LOOKS)

    assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert "left a file" in first.log
    assert "looked" in second.log and "FOUND" not in second.log


def test_a_submission_finds_nothing_of_one_that_runs_beside_it(ground):
    waits = LEAVES.replace(HONEST, "import time\nprint('left', flush=True)\ntime.sleep(2)\n" + HONEST)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ground.grade, waits, "roomy")
        looks = [ground.grade(LOOKS, "roomy") for _ in range(3)]

    assert first.result().outcome is Outcome.PASSED
    assert [look.outcome for look in looks] == [Outcome.PASSED] * 3
    assert not any("FOUND" in look.log for look in looks)


def test_eight_at_once_each_get_their_own_verdict(ground):
    names = ["processes/fork_bomb", "memory/grows", "output/endless_line", "time/burns_every_core"]
    attacks = [(ATTACKS / f"{name}.py").read_text() for name in names]
    with ThreadPoolExecutor(8) as pool:
        honest = [pool.submit(ground.grade_honest) for _ in range(4)]
        hostile = [pool.submit(ground.grade, source, "roomy" if "roomy" in source else "plain") for source in attacks]

    assert [one.result().outcome for one in honest] == [Outcome.PASSED] * 4
    bomb, grows, endless, burns = (one.result().outcome for one in hostile)
    assert bomb in (Outcome.TIME, Outcome.ERROR, Outcome.MEMORY)
    assert grows in (Outcome.MEMORY, Outcome.ERROR)  # without control groups it may meet another limit first
    assert endless in (Outcome.OUTPUT, Outcome.TIME)  # on a machine this busy it may not get that far
    assert burns is Outcome.TIME
    assert eventually_empty(ground.left_behind) == set()


def test_an_attack_repeated_finds_the_grader_as_it_was(ground):
    source = (ATTACKS / "frames" / "noise.py").read_text()

    outcomes = [ground.grade(source).outcome for _ in range(5)]

    assert outcomes == [Outcome.ERROR] * 5
    assert ground.grade_honest().outcome is Outcome.PASSED
