"""The connection to a container, with a socket in place of the engine: every split, every end."""

import socket
import struct
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import MAX_FRAME, CellEnded, Ended
from sandbox.channel import Log
from sandbox.docker_attach import NO_LENGTH, Attachment, Demultiplexer
from sandbox.frames import frame

MARK = "0123456789abcdef" * 2
END = NO_LENGTH + MARK.encode()


def soon(seconds=5):
    return time.monotonic() + seconds


def wrapped(stream, data):
    """As the engine wraps what a container writes."""
    return struct.pack(">BxxxI", stream, len(data)) + data


@pytest.fixture
def pair():
    near, far = socket.socketpair()
    attachment = Attachment(near, 1000, MARK)
    yield attachment, far
    attachment.close()
    far.close()


def end_of(call, *arguments):
    with pytest.raises(CellEnded) as caught:
        call(*arguments)
    return caught.value


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=20),
    st.lists(st.integers(1, 30), min_size=1, max_size=200),
)
def test_streams_are_sorted_however_the_bytes_are_cut(writes, cuts):
    streams = Demultiplexer(Log(10_000))
    data = b"".join(wrapped(stream, written) for stream, written in writes)
    for length in cuts:
        streams.feed(data[:length])
        data = data[length:]
    streams.feed(data)

    assert bytes(streams.out) == b"".join(written for stream, written in writes if stream == 1)
    assert streams.log.take() == b"".join(written for stream, written in writes if stream == 2)


@pytest.mark.parametrize("header", [b"\x03\0\0\0\0\0\0\x01", b"\x01\0\x01\0\0\0\0\x01", b"HTTP/1.1"])
def test_what_is_no_header_is_our_fault_and_not_the_cells(header):
    with pytest.raises(CellEnded) as caught:
        Demultiplexer(Log(10)).feed(header)

    assert caught.value.ended is Ended.LOST


def test_a_frame_over_many_writes_arrives_whole_and_what_follows_waits(pair):
    attachment, far = pair
    for byte in frame(b"first") + frame(b"second")[:6]:
        far.sendall(wrapped(1, bytes([byte])) + wrapped(1, b""))

    assert attachment.receive(5, soon()) == b"first"
    assert end_of(attachment.receive, 100, soon(0.1)).ended is Ended.TIME


def test_printing_between_the_pieces_of_a_frame_goes_to_the_log(pair):
    attachment, far = pair
    far.sendall(wrapped(1, b"\0\0\0\x02a") + wrapped(2, b"printed") + wrapped(1, b"b"))

    assert attachment.receive(2, soon()) == b"ab"
    assert attachment.log.take() == b"printed"


def test_the_end_of_the_connection_is_our_fault_and_not_the_cells(pair):
    attachment, far = pair
    far.sendall(wrapped(1, b"\0\0\0\x09half") + b"\x01\0\0")
    far.close()

    assert end_of(attachment.receive, 100, soon()).ended is Ended.LOST
    assert not attachment.is_open()


@pytest.mark.parametrize("before", [b"", b"\0\0\0\x64half a frame", b"\0\0"])
def test_the_news_of_the_end_is_read_wherever_it_comes(pair, before):
    attachment, far = pair
    far.sendall(wrapped(1, before + END + b"042"))

    ended = end_of(attachment.receive, 200, soon())

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, 42)


@pytest.mark.parametrize("missing", range(1, 60))
def test_the_news_of_the_end_never_fills_up_a_frame(pair, missing):
    attachment, far = pair
    far.sendall(wrapped(1, frame(b"x" * 100)[:-missing] + END + b"001"))

    ended = end_of(attachment.receive, 200, soon())

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, 1)


def test_the_news_of_the_end_may_come_in_pieces(pair):
    attachment, far = pair

    def send():
        for byte in END + b"007":
            far.sendall(wrapped(1, bytes([byte])))
            time.sleep(0.005)

    threading.Thread(target=send).start()
    ended = end_of(attachment.receive, 200, soon())

    assert (ended.ended, ended.exit_code) == (Ended.EXITED, 7)


def test_frames_before_the_news_of_the_end_still_arrive(pair):
    attachment, far = pair
    far.sendall(wrapped(1, frame(b"one") + frame(b"two") + END + b"000"))

    assert [attachment.receive(10, soon()), attachment.receive(10, soon())] == [b"one", b"two"]
    assert end_of(attachment.receive, 10, soon()).exit_code == 0


@pytest.mark.parametrize("noise", [NO_LENGTH, NO_LENGTH + b"x" * 100, END[:-1] + b"x001", END + b"abc", b"\x7f" * 4])
def test_other_lengths_that_no_frame_has_are_no_frames(pair, noise):
    attachment, far = pair
    far.sendall(wrapped(1, noise))

    assert end_of(attachment.receive, MAX_FRAME, soon()).ended is Ended.PROTOCOL


def test_a_longer_frame_than_allowed_is_refused_before_it_is_read(pair):
    attachment, far = pair
    far.sendall(wrapped(1, struct.pack(">I", 101)))

    assert end_of(attachment.receive, 100, soon()).ended is Ended.OUTPUT


def test_printing_without_end_ends_the_cell_while_it_is_listened_to(pair):
    attachment, far = pair
    far.sendall(wrapped(2, b"x" * 1001))

    assert end_of(attachment.receive, 100, soon()).ended is Ended.OUTPUT


def test_printing_without_end_ends_the_cell_while_it_is_spoken_to(pair):
    attachment, far = pair
    far.sendall(wrapped(2, b"x" * 1001))

    assert end_of(attachment.send, b"x" * 10_000_000, soon()).ended is Ended.OUTPUT


def test_a_cell_that_reads_nothing_ends_the_sending_at_the_deadline(pair):
    attachment, _ = pair
    before = time.monotonic()

    assert end_of(attachment.send, b"x" * 10_000_000, soon(0.2)).ended is Ended.TIME
    assert 0.1 < time.monotonic() - before < 2


def test_a_frame_that_drips_ends_at_the_deadline(pair):
    attachment, far = pair
    stop = threading.Event()

    def drip():
        far.sendall(wrapped(1, struct.pack(">I", 1000)))
        while not stop.wait(0.01):
            far.sendall(wrapped(1, b"."))

    thread = threading.Thread(target=drip)
    thread.start()
    ended = end_of(attachment.receive, 1000, soon(0.3))
    stop.set()
    thread.join()

    assert ended.ended is Ended.TIME


def test_what_nobody_asked_for_is_left_in_the_connection(pair):
    attachment, far = pair
    sent = []

    def flood():
        try:
            while len(sent) < 1000:
                far.sendall(wrapped(1, b"x" * 60_000))
                sent.append(60_000)
        except OSError:
            pass

    thread = threading.Thread(target=flood)
    thread.start()
    for _ in range(50):
        attachment.drain_log()
        time.sleep(0.01)
    attachment.hang_up()
    thread.join()

    assert len(attachment._streams.out) < 1_000_000
    assert sum(sent) < 5_000_000
