"""A keeper in this process, of containers that are socket pairs, and a caller who speaks to it by hand."""

from __future__ import annotations

import itertools
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import CellEnded, Ended, SandboxUnavailable
from sandbox.docker_cell import Launched
from sandbox.keeper import table
from sandbox.keeper.caller import Bounds
from sandbox.keeper.serving import Keeper
from tests.sandbox.programs import plain

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a keeper's socket keeps packets apart, as Linux can")

START = table.as_request(plain())


class Streams:
    """Stands in for the engine: each container is the other end of a socket pair."""

    name, own_kernel = "docker", False

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.running: dict[str, socket.socket] = {}
        self.profiles = []
        self.removed: list[str] = []
        self.slow = threading.Event()  # unset: launches wait
        self.slow.set()
        self.fails: Exception | None = None

    def launch(self, profile, *, background=False):
        self.slow.wait(10)
        if self.fails:
            raise self.fails
        name = f"c{next(self.numbers)}"
        ours, theirs = socket.socketpair()
        self.running[name] = theirs
        self.profiles.append((profile, background))
        return Launched(name, "m" * 32, ours)

    def remove(self, container):
        self.removed.append(container)
        if stream := self.running.pop(container, None):
            stream.close()

    def group_of(self, container):
        return None

    def give_full_share(self, container, group, cpus): ...

    def ran_out_of_memory(self, container):
        return False

    def ended_itself(self, container):
        return False

    def sweep(self):
        return 0

    def describe(self):
        return {"engine": self.name}

    def what_it_cannot_hold(self):
        return []

    def close(self): ...


LOST = CellEnded(Ended.LOST, "the engine hiccuped")
NONE = SandboxUnavailable("no Docker engine answers; start one")


@contextmanager
def keeping(folder: Path, engine, users=(), bounds: Bounds | None = None) -> Iterator[Path]:
    """A keeper that serves for as long as the block lasts. Its socket's path."""

    def open_engine():
        if isinstance(engine, Exception):
            raise engine
        return engine

    keeper = Keeper(folder / f"k{os.urandom(4).hex()}.sock", open_engine, users, bounds)
    thread = threading.Thread(target=keeper.serve, daemon=True)
    thread.start()
    try:
        yield keeper.path
    finally:
        keeper.stop()
        thread.join(20)
        assert not thread.is_alive() and not keeper.path.exists()


class Stranger:
    """Someone who speaks to the socket by hand."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(5)
        self.socket.connect(str(path))

    def send(self, data: bytes | dict) -> None:
        self.socket.send(data if isinstance(data, bytes) else json.dumps(data).encode())

    def hear(self) -> dict | None:
        """The next reply; None when the keeper hung up."""
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionError:
            return None
        return json.loads(data) if data else None

    def ask(self, **message) -> dict | None:
        self.send({"id": 1, **message})
        return self.hear()
