"""Memory of cells that no control group holds: one thread looks at them, often, and says when one has too much."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from sandbox.bwrap_limits import descendants

__all__ = ["MemoryWatch", "memory_of"]

# A process fills some 2 GB a second, so it is at most 50 MB over its limit when it is seen.
SECONDS = 0.025


def memory_of(pid: int) -> int:
    """Bytes that the processes below `pid` hold and nobody else: anonymous and shared memory, each counted once."""
    processes = descendants(pid)
    rough = sum(_field(process, "status", ("RssAnon", "RssShmem")) for process in processes)
    if len(processes) <= 2:  # the init and the program: nothing is shared
        return rough
    exact = sum(_field(process, "smaps_rollup", ("Pss_Anon", "Pss_Shmem")) for process in processes)
    return exact or rough


def _field(pid: int, file: str, names: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        return sum(int(values[name].split()[0]) * 1024 for name in names if name in values)
    return 0


class MemoryWatch:
    """Sleeps while there is nothing to watch."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._cells: dict[int, tuple[int, Callable[[int], None]]] = {}
        self._peaks: dict[int, int] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    def watch(self, pid: int, limit: int, over: Callable[[int], None]) -> None:
        """Call `over(bytes)`, once, when the processes below `pid` hold more than `limit` bytes."""
        with self._changed:
            self._cells[pid] = (limit, over)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="memory-watch", daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self, pid: int) -> int:
        """Watch it no longer. Returns the most it was seen to hold."""
        with self._changed:
            self._cells.pop(pid, None)
            return self._peaks.pop(pid, 0)

    def peak(self, pid: int) -> int:
        with self._changed:
            return self._peaks.get(pid, 0)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._cells or self._closed)
                if self._closed:
                    return
                cells = dict(self._cells)
            for pid, (limit, over) in cells.items():
                self._look(pid, limit, over)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, SECONDS)

    def _look(self, pid: int, limit: int, over: Callable[[int], None]) -> None:
        used = memory_of(pid)
        with self._changed:
            if pid not in self._cells:
                return
            self._peaks[pid] = max(used, self._peaks.get(pid, 0))
            if used <= limit:
                return
            del self._cells[pid]
        over(used)
