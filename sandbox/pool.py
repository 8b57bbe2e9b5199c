"""Cells started ahead: each is handed out once, and replaced when the processor has nothing better to do.

A burst larger than the pool starts cold cells. As many threads fill as there are processors: a cell that warms keeps
one of them busy. They sleep while nothing is missing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sandbox import Cell, CellEnded, Ended, Engine, Profile, SandboxUnavailable

__all__ = ["Pool"]

log = logging.getLogger(__name__)

# At idle priority a cell warms for as long as others work; who needs it meanwhile promotes it.
WARMING_SECONDS = 600.0
LOOK_SECONDS = 60.0  # how often the filler looks whether waiting cells still live
SWEEP_SECONDS, SWEEP_SECONDS_WHEN_SICK = 300.0, 30.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
SICK_AFTER = 3  # failures in a row
MB = 1024 * 1024
# What a warm cell holds, until it is measured: an interpreter with torch and the like, or a bare one.
GUESS_MB = {True: 200, False: 20}


def default_memory_mb() -> int:
    """A quarter of the machine for cells that only wait."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MB // 4


@dataclass
class Warm:
    """A cell that waits, or is still on its way."""

    cell: Cell
    until: float  # from when on it is too old
    ready: bool = False
    failed: bool = False
    claimed: bool = False  # somebody waits for it: it is no longer the pool's


@dataclass
class Shelf:
    """The cells of one profile."""

    cells: deque[Warm] = field(default_factory=deque)
    starting: int = 0  # asked of the engine, and not among the cells yet
    used: float = 0.0  # when it was last asked for
    cell_mb: int = 0
    pause: float = 0.0  # after a failure
    paused_until: float = 0.0


class Pool:
    def __init__(self, engine: Engine, size: int = 2, memory_mb: int | None = None) -> None:
        self._engine, self._size = engine, size
        self._memory_mb = default_memory_mb() if memory_mb is None else memory_mb
        self._changed = threading.Condition()
        self._shelves: dict[Profile, Shelf] = {}
        self._closed = False
        self._counts = {"hits": 0, "misses": 0, "failures": 0, "discarded": 0}
        self._failures_in_a_row = 0
        self._last_error = ""
        self._swept = time.monotonic()
        fillers = max(1, min(size, os.cpu_count() or 1))
        self._fillers = [
            threading.Thread(target=self._fill, name=f"pool-filler-{number}", daemon=True) for number in range(fillers)
        ]
        for filler in self._fillers:
            filler.start()

    def warm(self, profile: Profile) -> None:
        """Have cells of this profile waiting from now on."""
        with self._changed:
            self._shelf(profile)
            self._changed.notify_all()

    def take(self, profile: Profile, deadline: float) -> tuple[Cell, bool]:
        """A ready cell, nobody else's, and whether it was waiting. CellEnded or SandboxUnavailable if none comes."""
        with self._changed:
            if self._closed:
                raise SandboxUnavailable("the pool is closed")
            shelf = self._shelf(profile)
            shelf.used = time.monotonic()
            found = self._claim(shelf)
            self._counts["hits" if found and found.ready else "misses"] += 1
            self._changed.notify_all()
        if found and found.ready:
            self._engine.promote(found.cell)
            return found.cell, True
        if found and self._hurry(found, deadline):
            return found.cell, False
        return self._start_cold(profile, deadline), False

    def stats(self) -> dict[str, Any]:
        with self._changed:
            return {
                **self._counts,
                "healthy": self._failures_in_a_row < SICK_AFTER,
                "last_error": self._last_error,
                "memory_mb": self._held_mb(),
                "profiles": {
                    profile.name: {
                        "warm": sum(one.ready for one in shelf.cells),
                        "warming": sum(not one.ready for one in shelf.cells),
                    }
                    for profile, shelf in self._shelves.items()
                },
            }

    def close(self) -> None:
        with self._changed:
            self._closed = True
            cells = [one.cell for shelf in self._shelves.values() for one in shelf.cells]
            self._shelves.clear()
            self._changed.notify_all()
        for cell in cells:
            cell.kill()
        for filler in self._fillers:
            filler.join()

    # ------------------------------------------------------------------------------------- taking

    def _shelf(self, profile: Profile) -> Shelf:
        return self._shelves.setdefault(profile, Shelf(cell_mb=GUESS_MB[bool(profile.preload)]))

    def _claim(self, shelf: Shelf) -> Warm | None:
        """The oldest cell that lives, ready ones first. It leaves the shelf."""
        for one in sorted(shelf.cells, key=lambda one: not one.ready):
            shelf.cells.remove(one)
            if one.cell.alive() and time.monotonic() < one.until:
                one.claimed = True
                return one
            self._discard(one)
        return None

    def _hurry(self, one: Warm, deadline: float) -> bool:
        """Wait for a cell that is on its way, which comes sooner than a new one. Whether it came."""
        self._engine.promote(one.cell)
        with self._changed:
            self._changed.wait_for(lambda: one.ready or one.failed, max(0.0, deadline - time.monotonic()))
            if one.ready:
                return True
        one.cell.kill()
        return False

    def _start_cold(self, profile: Profile, deadline: float) -> Cell:
        """What the engine lost is started once more."""
        try:
            return self._start_ready(profile, deadline)
        except CellEnded as ended:
            if ended.ended is not Ended.LOST:
                raise
        return self._start_ready(profile, deadline)

    def _start_ready(self, profile: Profile, deadline: float) -> Cell:
        cell = self._engine.start(profile)
        try:
            cell.wait_ready(deadline)
        except CellEnded:
            cell.kill()
            raise
        self._engine.promote(cell)  # its share is full, but a burst is only allowed from here on
        return cell

    # ------------------------------------------------------------------------------------- filling

    def _fill(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (profile := self._missing()) is None:
                    self._changed.wait(self._nap())
                if self._closed:
                    return
                assert profile is not None
                self._shelf(profile).starting += 1
            try:
                self._add(profile)
            except Exception as error:  # whatever an engine does, the pool goes on
                self._failed(profile, error)

    def _add(self, profile: Profile) -> None:
        """Start one cell and wait until it is ready, with it on the shelf meanwhile."""
        one = self._start_background(profile)
        if one is None:
            return
        cell = one.cell
        try:
            cell.wait_ready(time.monotonic() + WARMING_SECONDS)
        except BaseException:
            with self._changed:
                one.failed = True
                with suppress(KeyError, ValueError):
                    self._shelves[profile].cells.remove(one)
                self._changed.notify_all()
            cell.kill()
            raise
        peak = cell.usage().memory_peak_bytes
        with self._changed:
            one.ready = True
            shelf = self._shelf(profile)
            shelf.pause = shelf.paused_until = 0.0
            shelf.cell_mb = peak // MB if peak else shelf.cell_mb
            self._failures_in_a_row = 0
            self._changed.notify_all()

    def _start_background(self, profile: Profile) -> Warm | None:
        """A cell on the shelf that is not ready; none if the pool was closed meanwhile."""
        try:
            self._sweep()  # also when nothing starts: what hinders it may be what is left behind
            cell = self._engine.start(profile, background=True)
        except BaseException:
            with self._changed:
                self._shelf(profile).starting -= 1
            raise
        # Half of its life is for whoever takes it.
        one = Warm(cell, time.monotonic() + profile.limits.lifetime_seconds / 2)
        with self._changed:
            if not self._closed:
                shelf = self._shelf(profile)
                shelf.starting -= 1
                shelf.cells.append(one)
                return one
        cell.kill()
        return None

    def _failed(self, profile: Profile, error: Exception) -> None:
        with self._changed:
            if self._closed:
                return
            shelf = self._shelf(profile)
            shelf.pause = min(LONGEST_PAUSE, 2 * shelf.pause or FIRST_PAUSE)
            shelf.paused_until = time.monotonic() + shelf.pause
            self._counts["failures"] += 1
            self._failures_in_a_row += 1
            self._last_error = f"{type(error).__name__}: {error}"
        log.warning("no warm cell of profile %s: %s (again in %.0f s)", profile.name, error, shelf.pause)

    def _missing(self) -> Profile | None:
        """The profile that needs a cell most: the one asked for last. Throws out what is dead, old or too much."""
        now = time.monotonic()
        for shelf in self._shelves.values():
            for one in [one for one in shelf.cells if now >= one.until or not one.cell.alive()]:
                shelf.cells.remove(one)
                self._discard(one)
        for profile, shelf in sorted(self._shelves.items(), key=lambda item: -item[1].used):
            if profile.gpu:
                continue  # a cell that waits would keep its device from whoever needs one
            if len(shelf.cells) + shelf.starting < self._size and now >= shelf.paused_until and self._make_room(shelf):
                return profile
        return None

    def _make_room(self, wanted: Shelf) -> bool:
        """Whether one more cell fits; for it, cells go of profiles that were asked for longer ago."""
        for shelf in sorted(self._shelves.values(), key=lambda shelf: shelf.used):
            while shelf.used < wanted.used and shelf.cells and not self._fits(wanted):
                self._discard(shelf.cells.popleft())
        return self._fits(wanted)

    def _fits(self, wanted: Shelf) -> bool:
        return self._held_mb() + wanted.cell_mb <= self._memory_mb

    def _held_mb(self) -> int:
        return sum((len(shelf.cells) + shelf.starting) * shelf.cell_mb for shelf in self._shelves.values())

    def _nap(self) -> float:
        """How long nothing can become missing by itself."""
        now = time.monotonic()
        times = [one.until for shelf in self._shelves.values() for one in shelf.cells]
        times += [shelf.paused_until for shelf in self._shelves.values() if shelf.paused_until > now]
        return max(0.01, min([LOOK_SECONDS, *(moment - now for moment in times)]))

    def _discard(self, one: Warm) -> None:
        """In a thread: to kill a container takes a while, and the caller holds the lock."""
        self._counts["discarded"] += 1
        threading.Thread(target=one.cell.kill, name="pool-discard", daemon=True).start()

    def _sweep(self) -> None:
        with self._changed:
            pause = SWEEP_SECONDS_WHEN_SICK if self._failures_in_a_row else SWEEP_SECONDS
            if time.monotonic() <= self._swept + pause:
                return
            self._swept = time.monotonic()
        self._engine.sweep()
