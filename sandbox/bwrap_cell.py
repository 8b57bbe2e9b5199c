"""One cell below bwrap: how it is ended, measured, and what its end means."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping

from sandbox import CellEnded, Ended, Profile, Usage
from sandbox.bwrap_cgroups import Group
from sandbox.bwrap_limits import take_turn
from sandbox.bwrap_watch import MemoryWatch
from sandbox.piped import PipedCell

__all__ = ["BwrapCell"]

log = logging.getLogger(__name__)

KILL_SECONDS = 5.0
TURN_SECONDS = 0.12
MB = 1024 * 1024


class BwrapCell(PipedCell):
    """A process tree below bwrap. `init` is the first process of its process-number namespace."""

    def __init__(
        self,
        cell_id: str,
        process: subprocess.Popen[bytes],
        profile: Profile,
        init: int,
        group: Group | None,
        watch: MemoryWatch,
        forget: Callable[[str], object],
        yields: bool,
    ) -> None:
        super().__init__(cell_id, process, profile)
        self.started = time.monotonic()
        self._init, self._init_fd = init, os.pidfd_open(init)
        self._group, self._watch, self._forget = group, watch, forget
        self._ending = threading.Lock()
        self._promoted = False
        self._yields = yields  # its turn comes after everybody else's, as long as it warms
        self._over: int | None = None  # bytes, when the watch found too many
        self._last = Usage()
        self._out_of_memory = False
        self._entered = False  # from then on what is printed is the learner's, whatever it says

    def wait_ready(self, deadline: float) -> None:
        super().wait_ready(deadline)
        self._entered = True
        if self._promoted:  # perhaps before it began to yield
            self.give_turn()

    def load(self, files: Mapping[str, bytes], entry: str, deadline: float) -> None:
        if self._group is not None:
            self._group.forget_peak()
        else:
            self._watch.watch(self._init, self.profile.limits.memory_mb * MB, self._end_for_memory)
        super().load(files, entry, deadline)

    def usage(self) -> Usage:
        with self._ending:
            return self._measure()

    def give_turn(self) -> None:
        """Its full share of the processor."""
        with self._ending:
            self._promoted = True
            done = self._init_fd < 0 or self._stop_yielding()
        if not done:
            later = threading.Timer(TURN_SECONDS, self.give_turn)
            later.daemon = True
            later.start()

    def _stop_yielding(self) -> bool:
        """Whether it is done, or was never needed."""
        if self._yields and self._group is not None:
            self._group.share(idle=False)
            self._yields = False
        if self._yields and take_turn(self._init):
            self._yields = not self._entered  # a cell on its way may begin to yield only now
            return True
        return not self._yields

    def _measure(self) -> Usage:
        if self._init_fd >= 0:
            if self._group is not None:
                self._last = self._group.usage()
            else:
                self._last = self._watch.usage(self._init)
        return self._last

    def _end_for_memory(self, used: int) -> None:
        self._over = used
        self._end_processes()

    def _end_processes(self) -> None:
        with self._ending:
            if self._init_fd < 0:
                return
            if self._group is None:
                self._measure()  # of dead processes nothing is left to read
            self._stop_yielding()  # dying takes its turns too
            self._kill_init()
            self._process.kill()
            self._process.wait()
            self._watch.forget(self._init)
            if self._group is not None:
                self._measure()
                self._out_of_memory = self._group.out_of_memory()
                self._group.remove()
            os.close(self._init_fd)
            self._init_fd = -1
        self._forget(self.id)

    def _kill_init(self) -> None:
        """With the init of a process-number namespace the kernel kills everything in it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init_fd, signal.SIGKILL)
        gone, _, _ = select.select([self._init_fd], [], [], KILL_SECONDS)
        if not gone:
            log.error("cell %s: its processes do not die", self.id)

    def _explain(self, ended: CellEnded) -> CellEnded:
        if self._out_of_memory or self._over is not None:
            used = f"{self._over // MB} MB, " if self._over is not None else ""
            return CellEnded(Ended.MEMORY, f"{used}{self.profile.limits.memory_mb} MB allowed", ended.exit_code)
        said = self._channel.log.beginning
        if ended.ended is Ended.EXITED and not self._entered and (b"bwrap: " in said or b"/cell/enter.py" in said):
            return CellEnded(Ended.LOST, "the sandbox could not be set up", ended.exit_code)
        return ended
