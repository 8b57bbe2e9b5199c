"""A sandbox that is away: what a grader has in hand waits for it, and it is attacked anew before it serves again.

Without this a grader would call everything in its queue broken while the engine starts again, in milliseconds each.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from sandbox import CellEnded, Engine, Profile, SandboxUnavailable

__all__ = ["Outages"]

log = logging.getLogger("graders")

CELL_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
# The smallest cell there is. A cell that was kept warm would prove nothing.
PROBE = Profile("probe", preload=())


class Outages:
    """`attack` raises SandboxUnavailable as long as the sandbox cannot be trusted, or reached."""

    def __init__(self, engine: Engine, attack: Callable[[Engine], None]) -> None:
        self._engine, self._attack = engine, attack
        self._one = threading.Lock()  # one thread waits for the sandbox, the others for that thread
        self._over_at = float("-inf")
        self.away = False
        self.stopped = threading.Event()

    def explains(self, since: float) -> bool:
        """Whether the sandbox was away at some time since `since` (monotonic), and is back.

        Returns when it is, however long that takes; False when this grader is told to stop meanwhile.
        """
        with self._one:
            if self._over_at >= since:
                return True
            if self._a_cell_starts():
                return False
            self.away = True
            try:
                return self._wait()
            finally:
                self.away = False

    def _wait(self) -> bool:
        pause = FIRST_PAUSE
        while not self.stopped.wait(pause):
            try:
                self._attack(self._engine)
            except (SandboxUnavailable, CellEnded) as error:
                pause = min(LONGEST_PAUSE, 2 * pause)
                log.error("no cell starts, so gradings wait: %s (again in %.0f s)", error, pause)
                continue
            log.warning("cells start again, and hold; gradings go on")
            self._over_at = time.monotonic()
            return True
        return False

    def _a_cell_starts(self) -> bool:
        with suppress(SandboxUnavailable, CellEnded):
            cell = self._engine.start(PROBE)
            try:
                cell.wait_ready(time.monotonic() + CELL_SECONDS)
                return True
            finally:
                cell.kill()
        return False
