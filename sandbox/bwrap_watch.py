"""Memory of cells that no control group holds: one thread looks at them, often, and says when one has too much."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sandbox import Usage
from sandbox.bwrap_command import TMPFS
from sandbox.bwrap_limits import Children, children_now, descendants

__all__ = ["MemoryWatch", "measure"]

# A process fills some 2 GB a second, so it is at most 50 MB over its limit when it is seen.
SECONDS = 0.025


def measure(init: int, limit: int = 0, children: Children | None = None) -> Usage:
    """What the cell below `init` holds now, memory in files included, and the processor time it has had.

    Of several processes that together stay below `limit`, however much they share, only the largest
    is told: to count what they share once takes long.
    """
    processes = descendants(init, children)
    seconds = sum(_seconds(process) for process in processes)
    status = [_fields(process, "status") for process in processes]
    private = [fields.get("RssAnon", 0) for fields in status]
    shared = [fields.get("RssShmem", 0) for fields in status]
    files = _files_of(init)  # those that are mapped are in `shared` too
    if len(processes) <= 2:  # the init and the program
        return Usage(sum(private) + max(sum(shared), files), seconds)
    if sum(private) + sum(shared) + files <= limit:
        return Usage(max(private) + max(*shared, files), seconds)
    exact = [_fields(process, "smaps_rollup") for process in processes]
    private = [fields.get("Pss_Anon", 0) for fields in exact]
    shared = [fields.get("Pss_Shmem", 0) for fields in exact]
    return Usage(sum(private) + max(sum(shared), files), seconds)


def _fields(pid: int, file: str) -> dict[str, int]:
    """The lines `Name: 12 kB`, in bytes."""
    with contextlib.suppress(OSError, ValueError):
        lines = (line.split() for line in Path(f"/proc/{pid}/{file}").read_text().splitlines())
        return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1:] == ["kB"]}
    return {}


def _files_of(init: int) -> int:
    """Bytes in the cell's own tmpfs, whose path lies in a read-only root: nobody can put another there."""
    with contextlib.suppress(OSError):
        found = os.statvfs(f"/proc/{init}/root{TMPFS}")
        return (found.f_blocks - found.f_bfree) * found.f_frsize
    return 0


def _seconds(pid: int) -> float:
    """Processor time of a process and of the children it has waited for."""
    with contextlib.suppress(OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


class MemoryWatch:
    """Sleeps while there is nothing to watch."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._cells: dict[int, tuple[int, Callable[[int], None]]] = {}
        self._seen: dict[int, Usage] = {}  # peak of memory, last processor time
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

    def forget(self, pid: int) -> None:
        """Watch it no longer."""
        with self._changed:
            self._cells.pop(pid, None)
            self._seen.pop(pid, None)

    def usage(self, pid: int) -> Usage:
        """The most memory it was seen to hold, and its processor time, with one more look now."""
        self._note(pid, measure(pid))
        with self._changed:
            return self._seen[pid]

    def _note(self, pid: int, now: Usage) -> None:
        with self._changed:
            before = self._seen.get(pid, Usage(0, 0.0))
            self._seen[pid] = Usage(
                max(before.memory_peak_bytes or 0, now.memory_peak_bytes or 0),
                max(before.cpu_seconds or 0.0, now.cpu_seconds or 0.0),
            )

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
            began = time.monotonic()
            children = children_now()
            for pid, (limit, over) in cells.items():
                self._look(pid, limit, over, children)
            with self._changed:
                # A cell of many processes takes long to look at: the watch is busy a fifth of the time at most.
                pause = max(SECONDS, 4 * (time.monotonic() - began))
                self._changed.wait_for(lambda: self._closed, pause)

    def _look(self, pid: int, limit: int, over: Callable[[int], None], children: Children) -> None:
        now = measure(pid, limit, children)
        used = now.memory_peak_bytes or 0
        with self._changed:
            if pid not in self._cells:
                return
            self._note(pid, now)
            if used <= limit:
                return
            del self._cells[pid]
        over(used)
