"""An engine that isolates nothing: `boot.py` in a plain process. For tests of our own code alone."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import sandbox
from sandbox import Cell, Profile, Usage
from sandbox.piped import PipedCell, environment

BOOT = Path(sandbox.__file__).parent / "cell" / "boot.py"
NUMBERS = itertools.count(1)


class LocalCell(PipedCell):
    """A process group in a temporary folder. Time, output and frames are bounded; memory and disk are not."""

    def __init__(self, profile: Profile) -> None:
        self._home = tempfile.mkdtemp(prefix="anneal-local-")
        self._usage = Usage()
        process = subprocess.Popen(
            [sys.executable, "-I", str(BOOT), *profile.preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._home,
            env=environment(self._home),
            start_new_session=True,
        )
        super().__init__(f"local-{os.getpid()}-{next(NUMBERS)}", process, profile)

    def usage(self) -> Usage:
        if self._process.returncode is None:
            self._usage = measure(self._process.pid) or self._usage
        return self._usage

    def _end_processes(self) -> None:
        self.usage()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)


def measure(pid: int) -> Usage | None:
    """The peak memory and processor time of a live process."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    peak = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
    ticks = int(fields[11]) + int(fields[12])
    return Usage(peak * 1024, ticks / os.sysconf("SC_CLK_TCK"))


class LocalEngine:
    name = "local"
    for_strangers = True

    def __init__(self) -> None:
        self._cells: list[LocalCell] = []

    def start(self, profile: Profile, *, background: bool = False) -> Cell:
        cell = LocalCell(profile)
        self._cells.append(cell)
        return cell

    def promote(self, cell: Cell) -> None:
        """Nothing was held back."""

    def sweep(self) -> int:
        return 0

    def describe(self) -> dict[str, str]:
        return {"engine": self.name, "python": sys.version.split()[0]}

    def close(self) -> None:
        for cell in self._cells:
            cell.kill()
