"""The limits of a real bwrap cell: memory, output, processes, disk and its share of the processor."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import Ended
from sandbox.bwrap_limits import descendants
from tests.sandbox.programs import PRELUDE, ask, how_it_ends, plain, soon, start

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


def test_more_memory_than_allowed_is_told_as_memory(bwrap):
    source = "kept = []\nwhile True: kept.append(b'x' * 10_000_000)"

    assert how_it_ends(bwrap, source, plain(memory_mb=150)).ended is Ended.MEMORY


def test_memory_of_many_processes_is_counted_together(bwrap):
    source = """
for _ in range(6):
    if os.fork() == 0:
        kept = b"x" * 60_000_000
        time.sleep(60)
time.sleep(3)
answer("held it all")
"""
    assert how_it_ends(bwrap, source, plain(memory_mb=200), seconds=10).ended is Ended.MEMORY


def test_memory_within_the_limit_is_given(bwrap):
    source = "kept = b'x' * 150_000_000\nanswer(len(kept))"

    assert ask(bwrap, source, plain(memory_mb=256)) == 150_000_000


def test_files_in_memory_count_as_memory(bwrap):
    source = "kept = open('kept', 'wb')\nwhile True: kept.write(b'x' * 1_000_000)"

    assert how_it_ends(bwrap, source, plain(memory_mb=100, disk_mb=500)).ended is Ended.MEMORY


@pytest.mark.parametrize("where", ["sys.stdout.write", "sys.stderr.write"])
def test_output_without_end_is_told_as_output(bwrap, where):
    ended = how_it_ends(bwrap, f"while True: {where}('a' * 5000)", plain(log_kb=64))

    assert ended.ended is Ended.OUTPUT
    assert len(ended.log) <= 65 * 1024


def test_a_frame_larger_than_allowed_is_told_as_output(bwrap):
    assert how_it_ends(bwrap, "answer('a' * 2_000_000)").ended is Ended.OUTPUT


def test_a_fork_bomb_stays_within_its_limit(bwrap):
    source = """
def count():
    made = 0
    try:
        while True:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            made += 1
    except BlockingIOError:
        return made
answer(count())
"""
    made = ask(bwrap, source, plain(processes=20))

    assert 15 <= made <= 20


def test_threads_count_as_processes(bwrap):
    source = """
started = 0
try:
    for _ in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
answer(started)
"""
    assert 15 <= ask(bwrap, source, plain(processes=20)) <= 20


def test_the_disk_of_a_cell_is_small(bwrap):
    source = """
def fill():
    with open("big", "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
def many():
    for number in range(10_000):
        open(f"file{number}", "w").close()
first = error_of(fill)
answer([first, error_of(many), error_of(os.truncate, "big", 2**50)])
"""
    cell = plain(disk_mb=8, files=300)

    big, many, sparse = ask(bwrap, source, cell)

    assert big in ("ENOSPC", "EFBIG") and sparse == "EFBIG"
    if "number of files" not in " ".join(bwrap.what_it_cannot_hold()):
        assert many == "ENOSPC"


def test_usage_is_measured_from_outside(bwrap):
    cell = start(bwrap, "kept = b'x' * 100_000_000\nwhile time.process_time() < 0.5: pass\nanswer(1)")
    cell.receive(100, soon())
    cell.kill()

    assert 100_000_000 <= cell.usage().memory_peak_bytes < 200_000_000
    assert 0.2 < cell.usage().cpu_seconds < 3


def test_a_cell_keeps_to_its_share_of_the_processor(bwrap):
    source = """
for _ in range(3):
    os.fork()
until = time.monotonic() + 2
while time.monotonic() < until: pass
answer(1)
time.sleep(100)
"""
    share = max(0.5, bwrap.finest_cpus)
    cell = start(bwrap, source, plain(cpus=share))
    cell.receive(100, soon())
    cell.kill()

    assert 0.3 < cell.usage().cpu_seconds < 2 * share * 1.2 + 0.4  # its start counts too


def test_a_cell_warmed_in_the_background_and_promoted_works(bwrap):
    cell = bwrap.start(plain(), background=True)
    bwrap.promote(cell)
    cell.wait_ready(soon(60))

    assert cell.alive()
    cell.kill()
    bwrap.promote(cell)
    assert not cell.alive()


def test_cells_warmed_in_the_background_yield_until_they_are_promoted(bwrap):
    """All share one core with a process that never rests: who yields gets next to nothing of it."""
    handed_out = Path("/sys/fs/cgroup/cgroup.subtree_control")
    shared_out = handed_out.exists() and "cpu" in handed_out.read_text().split()
    if "cpu" not in bwrap.describe()["cgroup"] and (shared_out or not os.path.exists("/proc/self/autogroup")):
        pytest.skip("this user can make no process yield and take that back here")
    source = """
question()
began, until = time.process_time(), time.monotonic() + 1
while time.monotonic() < until: pass
answer(time.process_time() - began)
"""
    cells = [bwrap.start(plain(), background=True) for _ in range(3)]
    for cell in cells:
        cell.wait_ready(soon(60))
        cell.load({"main.py": (PRELUDE + source).encode()}, "main.py", soon(60))
    core = min(os.sched_getaffinity(0))
    rival = subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
    os.sched_setaffinity(rival.pid, {core})
    for cell in cells:
        for pid in descendants(cell._init):
            os.sched_setaffinity(pid, {core})

    try:
        had = []
        for cell, promoted in zip(cells, (False, True, True), strict=True):
            if promoted:
                bwrap.promote(cell)
                time.sleep(0.3)  # it may have to be tried again
            cell.send(b"", soon())
            had.append(float(cell.receive(100, soon(60))))
    finally:
        rival.kill()
        rival.wait()
        for cell in cells:
            cell.kill()

    assert had[0] < min(had[1:]) / 3, had  # however many others want this core, too
