"""A caller's end of a keeper's socket: many requests at once from many threads, each with its own reply."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import SandboxUnavailable
from sandbox.keeper.wire import MAX_MESSAGE, Malformed, Message, decode, encode

__all__ = ["KeeperGone", "Line", "call"]

RETRY_SECONDS = 0.05


class KeeperGone(Exception):
    """The connection ended: every cell that was started over it is lost."""


@dataclass
class Pending:
    """A request whose reply has not come."""

    done: threading.Event = field(default_factory=threading.Event)
    reply: Message | None = None
    descriptor: int | None = None


class Line:
    """`on_end` is called once, in a thread of its own, when the connection has ended."""

    def __init__(self, connection: socket.socket, on_end: Callable[[], None] = lambda: None) -> None:
        self._socket, self._on_end = connection, on_end
        self._numbers = itertools.count(1)
        self._pending: dict[int, Pending] = {}
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._ended = False
        self.farewell = ""  # what the keeper said before it hung up
        threading.Thread(target=self._read, name="keeper-line", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self._ended

    def ask(self, what: str, **about: Any) -> tuple[Message, int | None]:
        """The reply, and the descriptor that came with it, which is the caller's now. KeeperGone without one."""
        pending, number = Pending(), next(self._numbers)
        with self._lock:
            if self._ended:
                raise KeeperGone(self.farewell or "the keeper of the cells has ended")
            self._pending[number] = pending
        self._send({"id": number, "do": what, **about})
        pending.done.wait()
        if pending.reply is None:
            raise KeeperGone(self.farewell or "the keeper of the cells has ended")
        return pending.reply, pending.descriptor

    def tell(self, what: str, **about: Any) -> None:
        """A request whose reply nobody waits for. Never raises."""
        self._send({"id": next(self._numbers), "do": what, **about})

    def close(self) -> None:
        """The keeper ends every cell that was started over it."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _send(self, message: Message) -> None:
        try:
            with self._sending:
                self._socket.send(encode(message))
        except OSError:
            self.close()  # the reader learns of it and tells whoever waits

    def _read(self) -> None:
        try:
            while True:
                data, descriptors, _, _ = socket.recv_fds(self._socket, MAX_MESSAGE + 1, 1)
                if not data:
                    return
                self._take(decode(data), descriptors[0] if descriptors else None)
        except (OSError, Malformed):
            pass
        finally:
            self._end()

    def _take(self, reply: Message, descriptor: int | None) -> None:
        with self._lock:
            pending = self._pending.pop(reply.get("id", 0), None)
        if pending is None:
            if descriptor is not None:
                os.close(descriptor)
            if reply.get("id") == 0:
                self.farewell = str(reply.get("detail", ""))
            return
        pending.reply, pending.descriptor = reply, descriptor
        pending.done.set()

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            waiting = list(self._pending.values())
            self._pending.clear()
        with self._sending:
            self._socket.close()
        for pending in waiting:
            pending.done.set()
        self._on_end()


def call(path: Path, seconds: float, on_end: Callable[[], None] = lambda: None) -> Line:
    """A line to the keeper at `path`, which may be about to start. SandboxUnavailable after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            connection.connect(str(path))
            return Line(connection, on_end)
        except PermissionError:
            connection.close()
            raise SandboxUnavailable(
                f"this user may not call the keeper at {path}: start it with --user {os.geteuid()}"
            ) from None
        except OSError as error:
            connection.close()
            if time.monotonic() > until:
                raise SandboxUnavailable(
                    f"no keeper of cells answers at {path} ({error.strerror}): start one with `python -m sandbox"
                    " keeper`, or unset ANNEAL_KEEPER to speak to the Docker engine directly"
                ) from None
        time.sleep(RETRY_SECONDS)
