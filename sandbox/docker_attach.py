"""Frames and log of a container over its one attached connection: bounded in bytes, bounded in time.

The engine wraps what the container writes in frames of its own: an 8-byte header `[stream, 0, 0, 0,
length]` and as many bytes (https://docs.docker.com/reference/api/engine/, "Stream format"). It relays
without limit, so the limits here are the only ones.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import struct
import time

from sandbox import MAX_FRAME, CellEnded, Ended
from sandbox.channel import Log
from sandbox.frames import frame
from sandbox.piped import exit_in_words

__all__ = ["Attachment", "Demultiplexer", "new_mark"]

READ_SIZE = 1 << 18
# What may wait here while nobody receives; the rest waits in the cell, which then blocks.
MAX_WAITING = 1 << 18
STDIN, STDOUT, STDERR = 0, 1, 2

# How `cell/init.py` tells the end of the program: no length, the mark, an exit code of three digits.
# The program could find out the mark and tell its own end too early, as it could simply end.
NO_LENGTH = b"\xff\xff\xff\xff"
CODE_DIGITS = 3
END_SECONDS = 1.0
SETTLE_MS = 10


def new_mark() -> str:
    return secrets.token_hex(16)


class Demultiplexer:
    """Takes bytes as they come off the connection, in any pieces, and sorts them."""

    def __init__(self, log: Log) -> None:
        self.out = bytearray()  # standard output: the channel of a cell
        self.log = log
        self._header = bytearray()
        self._stream, self._left = STDOUT, 0

    def feed(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            if self._left == 0:
                view = self._take_header(view)
                continue
            part, view = view[: self._left], view[self._left :]
            self._left -= len(part)
            if self._stream == STDERR:
                self.log.add(bytes(part))
            else:
                self.out += part

    @property
    def mid_frame(self) -> bool:
        return self._left > 0 or bool(self._header)

    def _take_header(self, view: memoryview) -> memoryview:
        missing = 8 - len(self._header)
        self._header += view[:missing]
        if len(self._header) == 8:
            stream, padding, self._left = struct.unpack(">B3sI", self._header)
            if stream not in (STDIN, STDOUT, STDERR) or padding != b"\0\0\0":
                raise CellEnded(Ended.LOST, f"the engine sent {bytes(self._header)!r} in place of a header")
            self._stream = stream
            self._header.clear()
        return view[missing:]


class Attachment:
    """Our side of a container's standard streams. Raises CellEnded; the caller ends the container."""

    def __init__(self, connection: socket.socket, log_cap: int, mark: str) -> None:
        self.log = Log(log_cap)
        self._socket = connection
        self._socket.setblocking(False)
        self._streams = Demultiplexer(self.log)
        self._end = NO_LENGTH + mark.encode()
        self._end_length = len(self._end) + CODE_DIGITS
        self._exit_code: int | None = None  # of the program, once its end was told
        self._open = True

    def send(self, payload: bytes, deadline: float) -> None:
        if len(payload) > MAX_FRAME:
            raise ValueError(f"a frame of {len(payload)} bytes is longer than {MAX_FRAME}")
        rest = memoryview(frame(payload))
        while rest:
            self._check(deadline)
            try:
                rest = rest[self._socket.send(rest[:READ_SIZE]) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise CellEnded(Ended.LOST, "the connection to the container ended") from None
            if self._room:
                self._read()

    def receive(self, max_bytes: int, deadline: float) -> bytes:
        head = self._take(4, deadline)
        if head == NO_LENGTH:
            raise self._told_end(deadline)
        (length,) = struct.unpack(">I", head)
        if length > MAX_FRAME:
            raise CellEnded(Ended.PROTOCOL, f"{length} is no length of a frame")
        if length > max_bytes:
            raise CellEnded(Ended.OUTPUT, f"a frame of {length} bytes, {max_bytes} allowed")
        return self._take(length, deadline)

    def drain_log(self) -> None:
        """Take in what has arrived, without waiting for more."""
        while self._room and not self.log.overflowed and self._read():
            pass

    def hang_up(self) -> None:
        """End the connection, and so the cell. From any thread: who waits for a frame is woken."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def is_open(self) -> bool:
        """Whether the other side has not hung up. Takes nothing from the connection."""
        if not self._open:
            return False
        try:
            return self._socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        self._open = False
        self._socket.close()

    @property
    def _room(self) -> bool:
        return len(self._streams.out) < MAX_WAITING

    def _take(self, count: int, deadline: float) -> bytes:
        out = self._streams.out
        while len(out) < count:
            if not self._read():
                if self._exit_code is not None:
                    raise self._exited()
                if not self._open:
                    raise CellEnded(Ended.LOST, "the connection to the container ended")
                self._wait(select.POLLIN, deadline)
            self._check(deadline)
        data = bytes(memoryview(out)[:count])
        del out[:count]
        return data

    def _told_end(self, deadline: float) -> CellEnded:
        """What follows NO_LENGTH: the rest of the news of the end, which came in pieces, or nonsense."""
        self._streams.out[:0] = NO_LENGTH
        until = min(deadline, time.monotonic() + END_SECONDS)
        while self._exit_code is None:
            if not self._open or len(self._streams.out) > self._end_length or time.monotonic() > until:
                return CellEnded(Ended.PROTOCOL, f"{NO_LENGTH!r} is no length of a frame")
            if not self._read():
                self._wait(select.POLLIN, until)
        return self._exited()

    def _exited(self) -> CellEnded:
        """The log comes by another way than the news of the end: a last moment for what is still in it."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while poll.poll(SETTLE_MS) and not self.log.overflowed and self._read():
            pass
        code = self._exit_code
        return CellEnded(Ended.EXITED, "it ended" if code is None else exit_in_words(code), code)

    def _read(self) -> bool:
        """Sort what has arrived, at most READ_SIZE bytes. Whether there was anything."""
        if not self._open:
            return False
        try:
            data = self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self._open = bool(data)
        self._streams.feed(data)
        self._take_end()
        return bool(data)

    def _take_end(self) -> None:
        """Keep the news of the end apart from frames, of which the last may be unfinished."""
        out = self._streams.out
        code = bytes(out[-CODE_DIGITS:])
        if code.isdigit() and out[-self._end_length : -CODE_DIGITS] == self._end:
            self._exit_code = int(code)
            del out[-self._end_length :]

    def _wait(self, event: int, deadline: float) -> None:
        """Sleep until the connection is usable or the deadline passes."""
        poll = select.poll()
        poll.register(self._socket, event | (select.POLLIN if self._room else 0))
        poll.poll(max(0.0, deadline - time.monotonic()) * 1000 + 1)

    def _check(self, deadline: float) -> None:
        if self.log.overflowed:
            raise CellEnded(Ended.OUTPUT, f"it printed more than {self.log.cap} bytes")
        if time.monotonic() > deadline:
            raise CellEnded(Ended.TIME, "the deadline passed")
