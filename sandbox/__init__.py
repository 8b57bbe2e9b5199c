"""Run what nobody trusts: bytes in, bytes out, limits hold. This file is the whole interface.

An engine starts cells. A cell is one isolated process that has imported what its profile names and
then waits for a bundle of files; from the bundle on it speaks frames, each four bytes of big-endian
length and as many bytes. Nothing here knows what an exercise is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

__all__ = [
    "MAX_FRAME",
    "Cell",
    "CellEnded",
    "Ended",
    "Engine",
    "Limits",
    "Profile",
    "SandboxUnavailable",
    "Usage",
]

# No frame in either direction is longer, whatever a caller allows.
MAX_FRAME = 64 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a cell may use. Enforced by the engine from outside the cell."""

    memory_mb: int = 1024
    processes: int = 64  # processes and threads together
    disk_mb: int = 64  # the writable tmpfs, which also counts as memory
    files: int = 4096  # inodes of that tmpfs
    open_files: int = 1024
    cpus: float = 1.0
    log_kb: int = 256  # stdout and stderr together; more ends the cell with OUTPUT
    lifetime_seconds: float = 3600.0  # the reaper removes an older cell, whoever forgot it


@dataclass(frozen=True)
class Profile:
    """A kind of cell: equal profiles share a warm pool."""

    name: str = "torch"
    image: str = "python"  # a folder of sandbox/images; users never choose it
    preload: tuple[str, ...] = ("torch",)  # modules imported while the cell waits
    limits: Limits = field(default_factory=Limits)
    gpu: bool = False


class Ended(StrEnum):
    """Why a cell can no longer be spoken to."""

    EXITED = "exited"  # the process ended by itself, with whatever status
    TIME = "time"  # a deadline passed
    MEMORY = "memory"  # the memory limit, known from counters outside the cell
    OUTPUT = "output"  # the log or a frame was longer than allowed
    PROTOCOL = "protocol"  # bytes that are no frame
    LOST = "lost"  # our fault: the engine, the host or the connection failed


class CellEnded(Exception):
    """Raised by every cell method that can no longer be served. The cell is dead by then."""

    def __init__(self, ended: Ended, detail: str = "", exit_code: int | None = None) -> None:
        super().__init__(f"{ended}: {detail}" if detail else str(ended))
        self.ended, self.detail, self.exit_code = ended, detail, exit_code


class SandboxUnavailable(Exception):
    """The engine cannot work here. The message says what is missing and the remedy."""


@dataclass(frozen=True)
class Usage:
    """Measured from outside the cell. None where this host offers no counter."""

    memory_peak_bytes: int | None = None
    cpu_seconds: float | None = None


class Cell(Protocol):
    """One isolated process. Used by one caller at a time; every deadline is `time.monotonic()` based."""

    id: str

    def wait_ready(self, deadline: float) -> None:
        """Return once the profile's modules are imported."""

    def load(self, files: Mapping[str, bytes], entry: str, deadline: float) -> None:
        """Write `files` into the cell's own tmpfs and run `entry` there. Once per cell.

        `entry` runs with a global `CHANNEL = (read_fd, write_fd)` on which it speaks frames. Its
        stdout and stderr are the log.
        """

    def send(self, frame: bytes, deadline: float) -> None: ...

    def receive(self, max_bytes: int, deadline: float) -> bytes:
        """The next frame, without its length. A longer one ends the cell with OUTPUT."""

    def take_log(self) -> bytes:
        """What the program printed since the last call, head and tail within `log_kb`. Never blocks."""

    def usage(self) -> Usage: ...

    def alive(self) -> bool: ...

    def kill(self) -> None:
        """End the cell and everything it started, and free what it held. Idempotent, never raises."""


class Engine(Protocol):
    """Starts cells. Safe to use from several threads."""

    name: str  # "docker", "runsc", "bwrap"
    for_strangers: bool  # whether it is meant for code of people whom nobody here knows

    def start(self, profile: Profile, *, background: bool = False) -> Cell:
        """A new cell, started but perhaps not ready. `background` warms it at idle priority."""

    def promote(self, cell: Cell) -> None:
        """Give a cell that was warmed in the background its full share of the processor."""

    def sweep(self) -> int:
        """Remove cells of this host whose owner is dead or whose lifetime is over; how many."""

    def describe(self) -> dict[str, str]:
        """Engine, runtime, kernel, cgroup version, image digests: what a receipt should name."""

    def close(self) -> None:
        """Kill every cell this engine started."""
