"""The outside end of a cell's pipes, against a thread that plays the cell."""

import contextlib
import os
import struct
import threading
import time

import pytest

from sandbox import MAX_FRAME, CellEnded, Ended
from sandbox.channel import Channel, Log
from sandbox.frames import frame


class Far:
    """The ends of the pipes that the cell has."""

    def __init__(self):
        self.reads, writer = os.pipe()
        reader, self.writes = os.pipe()
        log, self.log = os.pipe()
        gone, self.lives = os.pipe()
        self.channel = Channel(writer, reader, log, log_cap=1000, gone=gone)

    def later(self, work):
        def until_closed():
            with contextlib.suppress(OSError):
                work()

        threading.Thread(target=until_closed, daemon=True).start()

    def write_all(self, data):
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.writes, rest) :]

    def end(self):
        """As a process ends: `gone` becomes readable, whoever else still holds the pipes."""
        os.close(self.lives)


@pytest.fixture
def far():
    far = Far()
    yield far
    far.channel.close()


def soon(seconds=0.3):
    return time.monotonic() + seconds


def ended(call):
    with pytest.raises(CellEnded) as caught:
        call()
    return caught.value.ended


def test_frames_arrive_whole_and_one_by_one(far):
    far.write_all(frame(b"one") + frame(b"") + frame(b"three"))

    assert [far.channel.receive(10, soon()) for _ in range(3)] == [b"one", b"", b"three"]


def test_a_frame_far_larger_than_a_pipe_goes_both_ways(far):
    sent = os.urandom(5_000_000)
    read = []

    def echo():
        count = struct.unpack(">I", os.read(far.reads, 4))[0]
        while sum(map(len, read)) < count:
            read.append(os.read(far.reads, 1 << 20))
        far.write_all(frame(b"".join(read)))

    far.later(echo)
    far.channel.send(sent, soon(10))

    assert far.channel.receive(5_000_000, soon(10)) == sent


def test_silence_ends_at_the_deadline(far):
    start = time.monotonic()

    assert ended(lambda: far.channel.receive(10, soon(0.2))) is Ended.TIME
    assert 0.15 < time.monotonic() - start < 0.6


def test_a_frame_that_drips_ends_at_the_deadline(far):
    def drip():
        for byte in frame(b"x" * 1000):
            os.write(far.writes, bytes([byte]))
            time.sleep(0.01)

    far.later(drip)

    assert ended(lambda: far.channel.receive(2000, soon(0.2))) is Ended.TIME


def test_a_cell_that_reads_nothing_ends_the_sending_at_the_deadline(far):
    assert ended(lambda: far.channel.send(bytes(1_000_000), soon(0.2))) is Ended.TIME


def test_a_longer_frame_than_allowed_is_refused_before_it_is_read(far):
    far.write_all(struct.pack(">I", 1001))

    assert ended(lambda: far.channel.receive(1000, soon())) is Ended.OUTPUT


@pytest.mark.parametrize("head", [b"pass", b"\xff\xff\xff\xff", struct.pack(">I", MAX_FRAME + 1)])
def test_a_length_that_no_frame_has_is_no_frame(far, head):
    far.write_all(head)

    assert ended(lambda: far.channel.receive(MAX_FRAME, soon())) is Ended.PROTOCOL


def test_what_was_written_before_the_end_still_arrives(far):
    far.write_all(frame(b"last words"))
    far.end()

    assert far.channel.receive(100, soon()) == b"last words"
    assert ended(lambda: far.channel.receive(100, soon(5))) is Ended.EXITED


def test_the_end_of_the_process_is_seen_though_a_child_holds_the_pipes(far):
    far.later(lambda: (time.sleep(0.1), far.end()))
    start = time.monotonic()

    assert ended(lambda: far.channel.receive(100, soon(5))) is Ended.EXITED
    assert time.monotonic() - start < 1


def test_half_a_frame_and_then_the_end_is_an_end(far):
    far.write_all(frame(b"cut short")[:7])
    os.close(far.writes)

    assert ended(lambda: far.channel.receive(100, soon())) is Ended.EXITED


def test_writing_to_a_closed_pipe_is_an_end(far):
    os.close(far.reads)

    assert ended(lambda: far.channel.send(b"anyone?", soon())) is Ended.EXITED


def test_the_log_is_read_while_waiting_for_a_frame(far):
    def print_and_answer():
        for _ in range(9):
            os.write(far.log, b"." * 100)
        far.write_all(frame(b"answer"))

    far.later(print_and_answer)

    assert far.channel.receive(100, soon(2)) == b"answer"
    far.channel.drain_log()
    assert far.channel.log.take() == b"." * 900


@pytest.mark.parametrize("busy", ["receiving", "sending"])
def test_printing_without_end_ends_the_cell(far, busy):
    def flood():
        while True:
            os.write(far.log, b"a" * 4096)

    far.later(flood)
    wait = {
        "receiving": lambda: far.channel.receive(100, soon(5)),
        "sending": lambda: far.channel.send(bytes(1_000_000), soon(5)),
    }

    assert ended(wait[busy]) is Ended.OUTPUT
    assert len(far.channel.log.take()) < 1100


def test_too_long_a_frame_is_not_sent(far):
    with pytest.raises(ValueError, match="longer"):
        far.channel.send(bytes(MAX_FRAME + 1), soon())


def test_a_log_keeps_head_and_tail():
    log = Log(cap=20)
    log.add(b"first line\n")
    log.add(b"x" * 100_000)
    log.add(b"\nlast line")

    taken = log.take()

    assert log.overflowed
    assert taken.startswith(b"first line") and taken.endswith(b"\nlast line") and b"left out" in taken
    assert len(taken) < 100


def test_a_log_within_its_cap_is_kept_whole_and_given_once():
    log = Log(cap=20)
    for letter in b"abcdefghijklmnopqrst":
        log.add(bytes([letter]))

    assert not log.overflowed
    assert log.take() == b"abcdefghijklmnopqrst"
    assert log.take() == b""
