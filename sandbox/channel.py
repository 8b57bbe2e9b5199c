"""Frames and log of a cell over three pipes: bounded in bytes, bounded in time, one thread.

A cell is not trusted: it may write too much, too slowly, nonsense or nothing, read nothing, or be
gone. Every call here returns by its deadline, and no call holds more bytes than its caller allowed.
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import time

from sandbox import MAX_FRAME, CellEnded, Ended
from sandbox.frames import frame

__all__ = ["Channel", "Log"]

READ_SIZE = 1 << 20
LOG_READ_SIZE = 1 << 16


class Log:
    """What a program printed. Of more than `cap` bytes it keeps the head and the tail."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.total = 0  # printed in the whole life of the cell
        self.beginning = b""  # the first bytes of all, also when they were taken
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    @property
    def overflowed(self) -> bool:
        return self.total > self.cap

    def add(self, data: bytes) -> None:
        self.total += len(data)
        self.beginning += data[: 100 - len(self.beginning)]
        room = self.cap // 2 - len(self._head) if not self._tail else 0
        self._head += data[: max(room, 0)]
        self._tail += data[max(room, 0) :]
        excess = len(self._tail) - (self.cap - self.cap // 2)
        if excess > 0:
            self._left_out += excess
            del self._tail[:excess]

    def take(self) -> bytes:
        """What was added since the last call."""
        gap = b"\n[... %d bytes left out ...]\n" % self._left_out if self._left_out else b""
        taken = bytes(self._head) + gap + bytes(self._tail)
        self._head, self._tail, self._left_out = bytearray(), bytearray(), 0
        return taken


class Channel:
    """The outside ends of a cell's pipes. Raises CellEnded; the caller ends the cell's process.

    `gone` is a descriptor that becomes readable when the cell's main process has ended, such as a
    pidfd: a child that the process left behind may keep the pipes open for ever.
    """

    def __init__(self, writer: int, reader: int, log: int, log_cap: int, gone: int | None = None) -> None:
        self.log = Log(log_cap)
        self._writer, self._reader, self._log_fd, self._gone = writer, reader, log, gone
        self._ended = False  # the main process, as `gone` tells
        self._log_open = True
        for fd in (writer, reader, log):
            os.set_blocking(fd, False)

    def send(self, payload: bytes, deadline: float) -> None:
        if len(payload) > MAX_FRAME:
            raise ValueError(f"a frame of {len(payload)} bytes is longer than {MAX_FRAME}")
        rest = memoryview(frame(payload))
        while rest:
            try:
                rest = rest[os.write(self._writer, rest[:READ_SIZE]) :]
            except BlockingIOError:
                self._wait(self._writer, select.POLLOUT, deadline)
            except BrokenPipeError:
                raise CellEnded(Ended.EXITED, "it no longer reads") from None
            self._check(deadline)

    def receive(self, max_bytes: int, deadline: float) -> bytes:
        (length,) = struct.unpack(">I", self._read(4, deadline))
        if length > MAX_FRAME:
            raise CellEnded(Ended.PROTOCOL, f"{length} is no length of a frame")
        if length > max_bytes:
            raise CellEnded(Ended.OUTPUT, f"a frame of {length} bytes, {max_bytes} allowed")
        return self._read(length, deadline)

    def drain_log(self) -> None:
        """Take in what waits in the log's pipe, without waiting for more."""
        while self._log_open and not self.log.overflowed:
            try:
                data = os.read(self._log_fd, LOG_READ_SIZE)
            except BlockingIOError:
                return
            self.log.add(data)
            self._log_open = bool(data)

    def close(self) -> None:
        for fd in (self._writer, self._reader, self._log_fd, self._gone):
            if fd is not None:
                with contextlib.suppress(OSError):
                    os.close(fd)

    def _read(self, count: int, deadline: float) -> bytes:
        """Exactly `count` bytes, and none of the next frame: what nobody asked for stays in the pipe."""
        data = bytearray()
        while len(data) < count:
            try:
                part = os.read(self._reader, min(count - len(data), READ_SIZE))
            except BlockingIOError:
                if self._ended:
                    raise CellEnded(Ended.EXITED, "it ended") from None
                self._wait(self._reader, select.POLLIN, deadline)
            else:
                if not part:
                    raise CellEnded(Ended.EXITED, "it closed its channel")
                data += part
            self._check(deadline)
        return bytes(data)

    def _wait(self, fd: int, event: int, deadline: float) -> None:
        """Sleep until `fd` is usable, the log says something, the process ends or the deadline passes."""
        poll = select.poll()
        poll.register(fd, event)
        if self._log_open:
            poll.register(self._log_fd, select.POLLIN)
        if self._gone is not None and not self._ended:
            poll.register(self._gone, select.POLLIN)
        seconds = max(0.0, deadline - time.monotonic())
        for ready, _ in poll.poll(seconds * 1000 + 1):
            if ready == self._log_fd:
                self.drain_log()
            elif ready == self._gone:
                self._ended = True

    def _check(self, deadline: float) -> None:
        if self.log.overflowed:
            raise CellEnded(Ended.OUTPUT, f"it printed more than {self.log.cap} bytes")
        if time.monotonic() > deadline:
            raise CellEnded(Ended.TIME, "the deadline passed")
