"""The control group of a process that an engine started: its counters, and its share of the processor.

Read where the host shows them, in version 1 and 2. Nothing here makes or removes a group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import Usage

__all__ = ["Group", "folder", "mounts"]

CONTROLLERS = ("memory", "cpu", "cpuacct")
FULL_SHARE, IDLE_SHARE = {1: 1024, 2: 100}, {1: 2, 2: 1}


@dataclass(frozen=True)
class Group:
    version: int
    folders: dict[str, Path]  # by controller

    @classmethod
    def of(cls, pid: int, name: str) -> Group | None:
        """The group of process `pid`, if its path holds `name`. None where this host does not show it.

        With an engine on another machine `pid` is somebody else here: `name` tells.
        """
        try:
            lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        except OSError:
            return None
        paths: dict[str, str] = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if name in path:
                paths.update(dict.fromkeys(controllers.split(","), path))
        return _version_1(paths) or _version_2(paths)

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the group for its memory limit."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        return self._fields("memory", name).get("oom_kill", 0) > 0

    def usage(self) -> Usage:
        if self.version == 1:
            nanoseconds = self._number("cpuacct", "cpuacct.usage")
            seconds = nanoseconds / 1e9 if nanoseconds is not None else None
            return Usage(self._number("memory", "memory.max_usage_in_bytes"), seconds)
        microseconds = self._fields("cpu", "cpu.stat").get("usage_usec")
        seconds = microseconds / 1e6 if microseconds is not None else None
        return Usage(self._number("memory", "memory.peak"), seconds)

    def forget_peak(self) -> None:
        """Measure the peak from now on, where that can be told: in version 1."""
        if self.version == 1:
            self._write("memory", "memory.max_usage_in_bytes", 0)

    def share(self, *, idle: bool) -> bool:
        """Run when nobody else wants to, or as everybody does. Whether this process may say so."""
        name = "cpu.shares" if self.version == 1 else "cpu.weight"
        return self._write("cpu", name, (IDLE_SHARE if idle else FULL_SHARE)[self.version])

    def allow_burst(self, microseconds: int) -> bool:
        """Let processor time that was not used be used later, up to so much. Linux 5.14 and newer."""
        name = "cpu.cfs_burst_us" if self.version == 1 else "cpu.max.burst"
        return self._write("cpu", name, microseconds)

    def _write(self, controller: str, name: str, value: object) -> bool:
        try:
            (self.folders[controller] / name).write_text(str(value))
            return True
        except (KeyError, OSError):
            return False

    def _number(self, controller: str, name: str) -> int | None:
        try:
            return int((self.folders[controller] / name).read_text())
        except (KeyError, OSError, ValueError):
            return None

    def _fields(self, controller: str, name: str) -> dict[str, int]:
        try:
            lines = (self.folders[controller] / name).read_text().splitlines()
            return {key: int(value) for key, value in (line.split() for line in lines)}
        except (KeyError, OSError, ValueError):
            return {}


def mounts() -> Iterator[tuple[str, list[str], str, Path]]:
    """Type, options, root within the hierarchy and mount point of every control group mount."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            root, point = left.split()[3:5]
            yield kind, options.split(","), root, Path(point)


def _version_1(paths: dict[str, str]) -> Group | None:
    folders = {}
    for kind, options, root, point in mounts():
        for controller in set(CONTROLLERS).intersection(options, paths) if kind == "cgroup" else ():
            folders[controller] = folder(point, root, paths[controller])
    return Group(1, folders) if _readable(folders, "memory.oom_control") else None


def _version_2(paths: dict[str, str]) -> Group | None:
    for kind, _, root, point in mounts():
        if kind == "cgroup2" and "" in paths:
            folders = dict.fromkeys(("memory", "cpu"), folder(point, root, paths[""]))
            if _readable(folders, "memory.events"):
                return Group(2, folders)
    return None


def folder(point: Path, root: str, path: str) -> Path:
    inside = path.removeprefix(root) if root != "/" else path
    return point / inside.lstrip("/")


def _readable(folders: dict[str, Path], name: str) -> bool:
    return "memory" in folders and (folders["memory"] / name).is_file()
