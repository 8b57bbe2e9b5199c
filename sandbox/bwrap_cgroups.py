"""Control groups for bwrap cells, where this process may make them: version 1, version 2 or none at all.

A group's name says who owns it, so that whoever comes later can remove what a dead owner left.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import Limits, cgroups, owners

__all__ = ["Group", "Groups"]

PREFIX = "anneal-cell-"
# Half of the usual period: a cell that used up its share waits 50 ms at most for the next.
PERIOD_US = 50_000
REMOVE_SECONDS = 5.0
CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")


@dataclass(frozen=True)
class Groups:
    """Where groups are made: for each controller its folder, which in version 2 is the same for all."""

    version: int
    parents: dict[str, Path]

    @classmethod
    def find(cls) -> Groups | None:
        """The place found by trying. None where this process may make no group that limits memory."""
        for groups in (_version_1(), _version_2()):
            if groups is not None and "memory" in groups.parents:
                return groups
        return None

    def create(self, name: str, limits: Limits, *, background: bool) -> Group:
        group = self._group(PREFIX + name)
        try:
            for folder in group.paths:
                folder.mkdir()
            group.limit(limits)
        except OSError:
            group.remove()
            raise
        group.share(idle=background)
        return group

    def left_behind(self) -> Iterator[Group]:
        """The groups of owners that are dead."""
        names = {path.name for parent in self.parents.values() for path in parent.glob(f"{PREFIX}*")}
        for name in sorted(names):
            if owners.is_dead(name.removeprefix(PREFIX).rpartition("-")[0]):
                yield self._group(name)

    def _group(self, name: str) -> Group:
        return Group(self.version, {controller: parent / name for controller, parent in self.parents.items()})


class Group(cgroups.Group):
    """The control group of one cell, which we made and have to remove."""

    @property
    def paths(self) -> set[Path]:
        return set(self.folders.values())

    def limit(self, limits: Limits) -> None:
        """OSError if the memory or the number of processes cannot be limited. Not every kernel counts swap."""
        memory = limits.memory_mb * 1024 * 1024
        quota = int(limits.cpus * PERIOD_US)
        if self.version == 1:
            held = self._write("memory", "memory.limit_in_bytes", memory)
            self._write("memory", "memory.memsw.limit_in_bytes", memory)
            self._write("cpu", "cpu.cfs_period_us", PERIOD_US)
            self._write("cpu", "cpu.cfs_quota_us", quota)
        else:
            held = self._write("memory", "memory.max", memory)
            self._write("memory", "memory.swap.max", 0)
            self._write("memory", "memory.oom.group", 1)
            self._write("cpu", "cpu.max", f"{quota} {PERIOD_US}")
        # bwrap keeps one process inside, which collects orphans.
        if not held or not self._write("pids", "pids.max", limits.processes + 1):
            raise OSError(errno.EPERM, "the control group does not take its limits")

    def add(self, pid: int) -> None:
        for folder in self.paths:
            (folder / "cgroup.procs").write_text(str(pid))

    def processes(self) -> list[int]:
        with contextlib.suppress(OSError):
            return [int(line) for line in (self.folders["memory"] / "cgroup.procs").read_text().split()]
        return []

    def remove(self) -> None:
        """Remove the folders as soon as the last process has left them. Gives up after some seconds."""
        until = time.monotonic() + REMOVE_SECONDS
        for folder in self.paths:
            while not _removed(folder) and time.monotonic() < until:
                time.sleep(0.002)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError as error:
        return error.errno != errno.EBUSY
    return True


def _own_paths() -> dict[str, str]:
    """Controller -> path of this process's group; the empty name is version 2."""
    paths = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        paths.update(dict.fromkeys(names.split(","), path))
    return paths


def _may_create(parent: Path) -> bool:
    probe = parent / f"anneal-probe-{os.getpid()}"
    try:
        probe.mkdir()
        probe.rmdir()
        return True
    except OSError:
        return False


def _version_1() -> Groups | None:
    """Below the group of this process, so that its own limits hold too; else at the top."""
    own, parents = _own_paths(), {}
    for kind, options, root, point in cgroups.mounts():
        for controller in set(CONTROLLERS).intersection(options) if kind == "cgroup" else ():
            below = cgroups.folder(point, root, own.get(controller, "/"))
            parent = next((choice for choice in (below, point) if _may_create(choice)), None)
            if parent is not None:
                parents[controller] = parent
    return Groups(1, parents) if {"memory", "pids"} <= set(parents) else None


def _version_2() -> Groups | None:
    """The nearest group above this process that hands out its controllers and that we may write to.

    A group with processes of its own cannot hand out controllers: it is mostly the parent of ours.
    """
    for kind, _, root, point in cgroups.mounts():
        if kind != "cgroup2":
            continue
        own = cgroups.folder(point, root, _own_paths().get("", "/"))
        for parent in (own, *own.parents):
            if not parent.is_relative_to(point):
                break
            controllers = _handed_out(parent)
            if {"memory", "pids"} <= controllers and _may_move_into(parent):
                return Groups(2, dict.fromkeys(controllers, parent))
    return None


def _handed_out(parent: Path) -> set[str]:
    control = parent / "cgroup.subtree_control"
    for name in ("memory", "pids", "cpu"):
        with contextlib.suppress(OSError):
            control.write_text(f"+{name}")
    with contextlib.suppress(OSError):
        return set(control.read_text().split()) & {"memory", "pids", "cpu"}
    return set()


def _may_move_into(parent: Path) -> bool:
    """Moving a process needs the right to write to the group above both places."""
    return os.access(parent / "cgroup.procs", os.W_OK) and _may_create(parent)
