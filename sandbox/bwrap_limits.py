"""What holds a bwrap cell beside control groups: resource limits, and its turn at the processor."""

from __future__ import annotations

import contextlib
import math
import os
import platform
import resource
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox import Limits

__all__ = [
    "Children",
    "Processors",
    "children_now",
    "counts_processes_per_cell",
    "descendants",
    "limit_process",
    "prefer_to_kill",
    "take_turn",
]

MB = 1024 * 1024
# Beyond the memory limit: private memory that is reserved and not touched, as allocators do.
UNTOUCHED_MB = 1024


def counts_processes_per_cell() -> bool:
    """Since Linux 5.14 RLIMIT_NPROC counts within a user namespace, and not all of a user's processes."""
    major, minor = (int("".join(filter(str.isdigit, part))) for part in platform.release().split(".")[:2])
    return (major, minor) >= (5, 14)


def limit_process(pid: int, limits: Limits, *, own_user: bool, group: bool) -> None:
    """Limit a process and all that it will start.

    `own_user`: no other process counts as this user's. `group`: a control group holds the memory,
    so private memory need not be held by a limit that also counts what was never touched.
    """
    files = limits.disk_mb * MB
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_FSIZE: files,
        resource.RLIMIT_RTPRIO: 0,
    }
    if own_user:
        wanted[resource.RLIMIT_NPROC] = limits.processes + 1
    if not group:
        wanted[resource.RLIMIT_DATA] = (limits.memory_mb + UNTOUCHED_MB) * MB
    for limit, value in wanted.items():
        _, most = resource.prlimit(pid, limit)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.prlimit(pid, limit, (value, value))


class Processors:
    """Which cores a cell without a control group keeps to. Its filter refuses to let it choose others."""

    def __init__(self) -> None:
        self._pinned: dict[int, set[int]] = {}

    def pin(self, pid: int, cpus: float) -> None:
        """Keep a process and all that it will start on as many cores as it may use, the least used ones."""
        self._pinned = {other: cores for other, cores in self._pinned.items() if os.path.exists(f"/proc/{other}")}
        use = Counter(core for cores in self._pinned.values() for core in cores)
        cores = sorted(os.sched_getaffinity(0), key=lambda core: use[core])
        self._pinned[pid] = set(cores[: max(1, math.ceil(cpus))])
        os.sched_setaffinity(pid, self._pinned[pid])


def prefer_to_kill(pid: int) -> None:
    """When the host itself runs out of memory, a cell goes before anything else."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


Children = Callable[[int], Iterable[int]]


def descendants(pid: int, children: Children | None = None) -> list[int]:
    """A process and everything below it: all of a cell, when `pid` is the cell's init."""
    children = children or children_now()
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def children_now() -> Children:
    """A function that tells the children of a process."""
    if os.path.exists("/proc/thread-self/children"):
        return _children
    table = _table()
    return lambda pid: table.get(pid, ())


def _children(pid: int) -> Iterable[int]:
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")
        lists = [Path(f"/proc/{pid}/task/{thread}/children").read_text() for thread in threads]
        return [int(child) for text in lists for child in text.split()]
    return ()


def _table() -> dict[int, list[int]]:
    """The children of every process, for kernels built without the files that tell: one look at all of /proc."""
    table: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError):
            stat = Path(f"/proc/{name}/stat").read_text()
            parent = int(stat.rpartition(")")[2].split()[1])
            table.setdefault(parent, []).append(int(name))
    return table


def take_turn(init: int) -> bool:
    """End what `cell/enter.py` began for a cell warmed in the background: that it runs after all others.

    Its session is a group of its own for the scheduler (autogroup), whose niceness, unlike that of a
    process, anyone may lower again down to 0; but only ten times a second. False: try again soon.
    """
    for process in descendants(init)[1:]:  # the init is in our own session
        with contextlib.suppress(OSError):
            file = Path(f"/proc/{process}/autogroup")
            if file.read_text().split()[-1] == "0":
                continue
            try:
                file.write_text("0")
            except BlockingIOError:
                return False
    return True
