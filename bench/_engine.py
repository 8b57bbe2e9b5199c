"""What cells of the dead are left on any engine."""

from __future__ import annotations

import os
import subprocess
import time

import psutil

from sandbox import owners
from sandbox.docker_config import OWNER


def orphans(pids: set[int], environment: dict[str, str], seconds: float) -> list[str]:
    """Cells that are still there after `seconds` though the process that started them, one of `pids`, is not."""
    deadline = time.monotonic() + seconds
    while (found := _orphans(pids, environment)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _orphans(pids: set[int], environment: dict[str, str]) -> list[str]:
    dead = [owner for owner in _owners(environment) if owners.is_dead(owner) and int(owner.split("-")[-2]) in pids]
    return sorted(dead)


def cells_of(pid: int) -> list[str]:
    """Cells that this process started and that are still there."""
    return [owner for owner in _owners({}) if owner == owners.name(pid)]


def _owners(environment: dict[str, str]) -> list[str]:
    """The owner of every cell of this machine, as containers' labels and bwrap's command lines and groups name them."""
    listed = subprocess.run(
        ["docker", "ps", "--all", "--format", f'{{{{.Label "{OWNER}"}}}}', "--filter", f"label={OWNER}"],
        env={**os.environ, **environment}, capture_output=True, text=True,
    )  # fmt: skip
    here = owners.name(os.getpid()).rpartition("-")[0].rpartition("-")[0]
    words = [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or []]
    words += [name.removeprefix("anneal-cell-") for _, names, _ in os.walk("/sys/fs/cgroup") for name in names]
    cells = [word.rpartition("-")[0] for word in words if word.startswith(here)]
    return [*listed.stdout.split(), *cells]
