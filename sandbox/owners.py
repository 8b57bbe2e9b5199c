"""Who started a cell, written so that somebody else can tell later whether that process still lives."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import psutil

__all__ = ["is_dead", "name"]


@cache
def _here() -> str:
    """This start of this kernel, and the namespace in which process numbers mean anything."""
    if sys.platform != "linux":
        return f"{os.uname().nodename.encode().hex()}-{int(psutil.boot_time())}"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"


def _started(pid: int) -> str:
    """When a process started: with its number it names a process for good. ProcessLookupError if it has ended."""
    if sys.platform == "linux":  # ticks since boot, which no correction of the clock moves
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except FileNotFoundError:
            raise ProcessLookupError(pid) from None
    try:
        return str(round(psutil.Process(pid).create_time()))
    except psutil.NoSuchProcess:
        raise ProcessLookupError(pid) from None


def name(pid: int) -> str:
    return f"{_here()}-{pid}-{_started(pid)}"


def is_dead(owner: str) -> bool:
    """Whether that process has ended, for certain: of a stranger to this kernel or namespace nothing is."""
    here, _, process = owner.rpartition("-")[0].rpartition("-")
    if here != _here() or not process.isdigit():
        return False
    try:
        return _started(int(process)) != owner.rpartition("-")[2]
    except ProcessLookupError:
        return True
    except (OSError, psutil.Error):
        return False
