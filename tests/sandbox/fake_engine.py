"""An engine whose cells are none, so that a test of a pool says when each is ready, and when it fails or dies."""

import threading
import time
from collections import Counter

from sandbox import CellEnded, Ended, Profile, Usage

PLAIN = Profile(name="plain", preload=())


class FakeCell:
    """A cell that becomes ready when told, or after a while."""

    def __init__(self, number, seconds, fails):
        self.id, self.seconds, self.fails = str(number), seconds, fails
        self.killed, self.promoted = threading.Event(), threading.Event()

    def wait_ready(self, deadline):
        until = min(deadline, time.monotonic() + self.seconds)
        while time.monotonic() < until and not self.promoted.is_set():
            if self.killed.wait(0.005):
                raise CellEnded(Ended.EXITED, "killed")
        if self.fails:
            raise CellEnded(Ended.LOST, "it fails")
        if time.monotonic() >= deadline:
            raise CellEnded(Ended.TIME)

    def alive(self):
        return not self.killed.is_set()

    def kill(self):
        self.killed.set()

    def usage(self):
        return Usage(memory_peak_bytes=100 * 1024 * 1024)


class FakeEngine:
    name = "fake"
    for_strangers = True

    def __init__(self, seconds=0.0, fails=lambda number: False, background_seconds=None):
        self.seconds, self.fails, self.cells, self.lock = seconds, fails, [], threading.Lock()
        self.background_seconds = seconds if background_seconds is None else background_seconds
        self.backgrounds = Counter()

    def start(self, profile, *, background=False):
        with self.lock:
            number = len(self.cells)
            seconds = self.background_seconds if background else self.seconds
            self.cells.append(FakeCell(number, seconds, self.fails(number)))
            self.backgrounds[background] += 1
            return self.cells[-1]

    def promote(self, cell):
        cell.promoted.set()

    def sweep(self):
        return 0

    @property
    def living(self):
        return [cell for cell in self.cells if cell.alive()]


def soon(seconds=10):
    return time.monotonic() + seconds


def warm(pool, profile=PLAIN):
    return pool.stats()["profiles"].get(profile.name, {"warm": 0})["warm"]
