"""A keeper in this process, of containers that are socket pairs: what tests of its door need."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import CellEnded, Ended, SandboxUnavailable
from sandbox.docker_cell import Launched
from sandbox.keeper.caller import Bounds
from sandbox.keeper.serving import Keeper


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
