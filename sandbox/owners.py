"""Who started a cell, written so that somebody else can tell later whether that process still lives."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

__all__ = ["is_dead", "name"]


@cache
def _here() -> str:
    """This start of this kernel, and the namespace in which process numbers mean anything."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"


def _started(pid: int) -> str:
    """When a process started, in ticks since boot: with its number it names a process for good."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def name(pid: int) -> str:
    return f"{_here()}-{pid}-{_started(pid)}"


def is_dead(owner: str) -> bool:
    """Whether that process has ended, for certain: of a stranger to this kernel or namespace nothing is."""
    here, _, process = owner.rpartition("-")[0].rpartition("-")
    if here != _here() or not process.isdigit():
        return False
    try:
        return _started(int(process)) != owner.rpartition("-")[2]
    except FileNotFoundError:
        return True
    except OSError:
        return False
