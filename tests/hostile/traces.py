"""What cells leave on the machine: processes, control groups, mounts, containers, files. There should be nothing."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Users of cells of either engine: nobody else's number is as high.
FIRST_UID, LAST_UID = 1_800_000_000, 2_100_000_000


class Traces:
    """Knows every cell that an engine has started since, and looks for what bears its name or belongs to its user."""

    def __init__(self, engine) -> None:
        self.engine, self.names = engine, {}  # cell → what it is called on this machine
        start = engine.start

        def start_and_remember(profile, *, background=False):
            cell = start(profile, background=background)
            self.names[cell.id] = {cell.id, *layers(engine, cell.id)}
            return cell

        engine.start = start_and_remember

    def left(self, held: set[str]) -> set[str]:
        """Of every cell but those that somebody holds. What was looked for and is gone is forgotten."""
        known = held | set(self.engine._cells)
        ended = {cell: names for cell, names in self.names.items() if cell not in known}
        found = {cell: list(self._of(names)) for cell, names in ended.items()}
        for cell, traces in found.items():
            if not traces:
                del self.names[cell]
        return {trace for traces in found.values() for trace in traces} | set(files_of_cells())

    def _of(self, names: set[str]) -> Iterator[str]:
        one = re.compile("|".join(f"{re.escape(name)}(?![0-9])" for name in names))  # cell 26 is not cell 261
        bears = one.search
        yield from (f"process {told}" for told in processes() if bears(told))
        yield from (f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if bears(line))
        yield from (f"control group {path}" for path in control_groups() if bears(path))
        if hasattr(self.engine, "_api"):
            listed = self.engine._api.containers(all=True, quiet=True, filters={"label": "anneal.owner"})
            yield from (f"container {one['Id']}" for one in listed if bears(one["Id"]))
            root = Path(self.engine._info.get("DockerRootDir", "/var/lib/docker"))
            folders = (root / "containers", root / "overlay2", root / "image" / "overlay2" / "layerdb" / "mounts")
            yield from (f"folder {at / name}" for at in folders for name in names if (at / name).exists())


def layers(engine, cell: str) -> list[str]:
    """The folder in which a container's own layer lies, by its name."""
    if not hasattr(engine, "_api"):
        return []
    with suppress(Exception):  # it may have ended already
        return [Path(engine._api.inspect_container(cell)["GraphDriver"]["Data"]["MergedDir"]).parent.name]
    return []


def processes() -> Iterator[str]:
    """Number, command line and control groups of every process, this one and threads of it aside."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        if int(name) != os.getpid():
            with suppress(OSError):
                words = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                yield f"{name} {words} {Path(f'/proc/{name}/cgroup').read_text()}"


def control_groups() -> list[str]:
    return [os.path.join(at, name) for at, names, _ in os.walk("/sys/fs/cgroup") for name in names]


def files_of_cells() -> Iterator[str]:
    """Where the machine lets everybody write, and where a crash might put its memory."""
    for folder in {
        tempfile.gettempdir(),
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/var/crash",
        "/var/lib/systemd/coredump",
        ".",
    }:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if FIRST_UID <= entry.stat(follow_symlinks=False).st_uid < LAST_UID:
                        yield f"file {entry.path}"
