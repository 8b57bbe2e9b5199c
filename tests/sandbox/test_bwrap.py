"""A real bwrap cell: frames go through, what ended it is told, nothing is left. Limits: test_bwrap_limits.py."""

import os
import threading
import time

import pytest

from sandbox import CellEnded, Ended, Profile
from tests.sandbox.programs import ECHO, ask, how_it_ends, plain, soon, start

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


def test_frames_of_every_size_come_back(bwrap):
    cell = start(bwrap, ECHO)

    for size in (0, 1, 65_536, 10_000_000):
        sent = os.urandom(size)
        cell.send(sent, soon())
        assert cell.receive(10_000_000, soon()) == sent
    cell.kill()


def test_several_files_and_folders_are_loaded(bwrap):
    cell = bwrap.start(plain())
    cell.wait_ready(soon())
    files = {
        "main.py": b"from parts.one import text; print(text); raise SystemExit(5)",
        "parts/one.py": b"text = 'two'",
    }
    cell.load(files, "main.py", soon())

    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon())

    assert (caught.value.ended, caught.value.exit_code) == (Ended.EXITED, 5)
    assert cell.take_log() == b"two\n"


def test_torch_is_there_and_uses_one_thread(bwrap):
    source = "import torch; answer([torch.get_num_threads(), (torch.ones(3) * 2).tolist()])"

    assert ask(bwrap, source, Profile(), seconds=60) == [1, [2.0, 2.0, 2.0]]


def test_an_endless_loop_ends_with_the_deadline(bwrap):
    before = time.monotonic()

    assert how_it_ends(bwrap, "while True: pass", seconds=1).ended is Ended.TIME
    assert time.monotonic() - before < 2.5


def test_a_loop_that_never_returns_to_python_ends_with_the_deadline(bwrap):
    assert how_it_ends(bwrap, "2 ** 10 ** 9", seconds=1).ended is Ended.TIME


def test_sleeping_for_ever_ends_with_the_deadline(bwrap):
    assert how_it_ends(bwrap, "time.sleep(10**6)", seconds=0.5).ended is Ended.TIME


@pytest.mark.parametrize("call", ["sys.exit(0)", "os._exit(0)", "raise SystemExit"])
def test_an_early_exit_is_an_exit(bwrap, call):
    ended = how_it_ends(bwrap, call)

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, 0)


def test_a_crash_is_an_exit(bwrap):
    ended = how_it_ends(bwrap, "ctypes.string_at(0)")

    assert (ended.ended, ended.exit_code, ended.detail) == (Ended.EXITED, 128 + 11, "signal SIGSEGV")


def test_noise_on_the_channel_is_told_as_protocol(bwrap):
    assert how_it_ends(bwrap, "os.write(CHANNEL[1], b'passed!')").ended is Ended.PROTOCOL


def test_a_cell_that_stops_itself_ends_with_the_deadline(bwrap):
    assert how_it_ends(bwrap, "os.kill(os.getpid(), signal.SIGSTOP)", seconds=0.5).ended is Ended.TIME


def test_ignoring_every_signal_does_not_help(bwrap):
    source = """
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.Signals)
print("ignoring", flush=True)
while True: time.sleep(1)
"""
    ended = how_it_ends(bwrap, source, seconds=0.5)

    assert ended.ended is Ended.TIME
    assert ended.log == b"ignoring\n"


def processes_named(word):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if word in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def test_a_daemon_dies_with_its_cell(bwrap):
    source = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        libc.prctl(15, b"left-behind", 0, 0, 0)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(1000)", "daemon-4711"])
    os._exit(0)
question()
"""
    cell = start(bwrap, source)
    until = time.monotonic() + 15
    while not processes_named(b"daemon-4711") and time.monotonic() < until:
        time.sleep(0.02)
    assert processes_named(b"daemon-4711"), "the daemon never ran"

    cell.send(b"now end", soon())
    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon())

    assert caught.value.ended is Ended.EXITED
    assert not processes_named(b"daemon-4711")


def test_killing_everything_in_reach_kills_only_the_cell(bwrap):
    neighbour = start(bwrap, ECHO)
    source = """
for pid in (1, os.getppid(), -1):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        try: os.kill(pid, number)
        except OSError: pass
answer("tried")
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = how_it_ends(bwrap, source)
    neighbour.send(b"still there?", soon())

    assert ended.ended is Ended.EXITED
    assert neighbour.receive(100, soon()) == b"still there?"
    neighbour.kill()


def test_four_cells_at_once_keep_to_themselves(bwrap):
    answers = {}

    def one(number):
        source = f"""
open("/box/home/mine", "w").write("{number}")
time.sleep(0.3)
answer([open("/box/home/mine").read(), sorted(os.listdir("/box/home"))])
"""
        answers[number] = ask(bwrap, source)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: [str(number), ["main.py", "mine"]] for number in range(4)}


def test_an_attack_in_one_cell_does_not_end_another(bwrap):
    honest = start(bwrap, ECHO)
    how_it_ends(bwrap, "kept = []\nwhile True: kept.append(b'x' * 10_000_000)", plain(memory_mb=100))
    how_it_ends(bwrap, "while True:\n    try: os.fork()\n    except OSError: pass", plain(processes=10), seconds=1)
    honest.send(b"x" * 1000, soon())

    assert honest.receive(1000, soon()) == b"x" * 1000
    honest.kill()


def test_a_cell_may_be_killed_from_another_thread(bwrap):
    cell = start(bwrap, "time.sleep(1000)")
    threading.Timer(0.2, cell.kill).start()
    before = time.monotonic()

    with pytest.raises(CellEnded) as caught:
        cell.receive(100, soon(30))

    assert caught.value.ended is Ended.EXITED
    assert time.monotonic() - before < 5
