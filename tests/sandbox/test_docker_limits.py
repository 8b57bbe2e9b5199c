"""The limits of a real container: memory, processes, disk, output, processor and time, each held and told apart."""

import time

import pytest

from sandbox import CellEnded, Ended
from tests.sandbox.programs import ask, how_it_ends, plain, soon, start

pytestmark = pytest.mark.docker


def test_a_frame_larger_than_allowed_is_told_as_output(docker):
    assert how_it_ends(docker, "answer('x' * 2_000_000)").ended is Ended.OUTPUT


@pytest.mark.parametrize("where", ["1", "2"])
def test_output_without_end_is_told_as_output(docker, where):
    ended = how_it_ends(docker, f"while True: os.write({where}, b'a' * 65536)", plain(log_kb=64))

    assert ended.ended is Ended.OUTPUT
    assert 0 < len(ended.log) <= 66 * 1024


def test_bytes_that_nobody_asked_for_wait_in_the_cell(docker):
    cell = start(docker, "while True: os.write(CHANNEL[1], b'\\0' * 65536)")
    time.sleep(1)
    cell.take_log()

    assert len(cell._attachment._streams.out) < 1_000_000
    cell.kill()


def test_more_memory_than_allowed_is_told_as_memory(docker):
    ended = how_it_ends(docker, "kept = []\nwhile True: kept.append(bytearray(1_000_000))", plain(memory_mb=100))

    assert ended.ended is Ended.MEMORY
    assert "100 MB" in ended.detail


def test_memory_of_many_processes_is_counted_together(docker):
    source = """
for _ in range(10):
    if os.fork() == 0:
        kept = b"x" * 30_000_000
        time.sleep(100)
os.wait()
os._exit(1)
"""

    assert how_it_ends(docker, source, plain(memory_mb=128)).ended is Ended.MEMORY


def test_files_in_memory_are_counted_as_memory(docker):
    source = """
for name in ("/tmp/a", "/dev/shm/b"):
    with open(name, "wb") as file:
        for _ in range(90):
            file.write(b"x" * 1_000_000)
answer("written")
"""

    assert how_it_ends(docker, source, plain(memory_mb=128, disk_mb=100)).ended is Ended.MEMORY


def test_a_killed_process_is_no_sign_of_too_little_memory(docker):
    source = "pid = os.fork()\nif pid == 0: time.sleep(100)\nos.kill(pid, 9); os.wait(); os.kill(os.getpid(), 9)"

    assert how_it_ends(docker, source).ended is Ended.EXITED


def test_a_fork_bomb_stays_within_its_limit(docker):
    source = """
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except OSError as error:
    answer([made, error.errno == errno.EAGAIN])
time.sleep(100)
"""

    made, refused = ask(docker, source, plain(processes=20))

    assert refused and 15 <= made < 20


def test_threads_count_as_processes(docker):
    source = """
threads = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        threads += 1
except RuntimeError:
    answer(threads)
"""

    assert ask(docker, source, plain(processes=20)) < 20


def test_ended_children_do_not_fill_the_cell(docker):
    source = """
for _ in range(200):
    while True:
        try:
            pid = os.fork()
            break
        except OSError:
            time.sleep(0.01)
    if pid == 0:
        if os.fork() == 0:
            os._exit(0)  # an orphan, for init to take in
        os._exit(0)
    os.waitpid(pid, 0)
answer("done")
"""

    assert ask(docker, source, plain(processes=10)) == "done"


def test_the_disk_of_a_cell_is_small(docker):
    source = """
def fill(folder):
    with open(folder + "/big", "wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
def many(folder):
    for number in range(10_000):
        open(f"{folder}/file{number}", "w").close()
answer([error_of(attempt, folder) for folder in ("/tmp", "/dev/shm") for attempt in (fill, many)])
"""

    assert ask(docker, source, plain(disk_mb=8, files=300)) == ["ENOSPC"] * 4


def test_usage_is_measured_from_outside(docker):
    cell = start(
        docker, "kept = b'x' * 100_000_000\nuntil = time.time() + 0.3\nwhile time.time() < until: pass\nanswer(1)"
    )
    cell.receive(100, soon())
    cell.kill()

    assert 100_000_000 <= cell.usage().memory_peak_bytes < 200_000_000
    assert 0.1 < cell.usage().cpu_seconds < 3


def test_a_cell_is_idle_in_the_background_until_it_is_promoted(docker):
    cell = docker.start(plain(), background=True)
    cell.wait_ready(soon(60))
    shares = [cell.find_group().folders["cpu"] / name for name in ("cpu.shares", "cpu.weight")]
    before = [int(path.read_text()) for path in shares if path.exists()]
    docker.promote(cell)
    after = [int(path.read_text()) for path in shares if path.exists()]
    bursts = [cell.find_group().folders["cpu"] / name for name in ("cpu.cfs_burst_us", "cpu.max.burst")]
    allowed = [int(path.read_text()) for path in bursts if path.exists()]
    cell.kill()

    assert before in ([1], [2])
    assert after in ([100], [1024])
    assert allowed in ([], [50_000])  # a whole period of its one processor; kernels before 5.14 know no burst


def test_a_lifetime_ends_a_cell_that_everybody_forgot(docker):
    cell = start(docker, "time.sleep(1000)", plain(lifetime_seconds=3))
    with pytest.raises(CellEnded) as caught:
        cell.receive(1, soon(30))

    assert caught.value.ended is Ended.TIME
