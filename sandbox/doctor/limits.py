"""Attacks on the limits of a cell. Each control uses the same thing within the limit, and must get it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox import Cell, CellEnded, Ended, Engine, Limits, Profile
from sandbox.doctor.findings import Finding

__all__ = ["ATTEMPTS", "Attempt", "attack", "attempt_on", "more_processor"]

START_SECONDS, SECONDS = 60.0, 10.0
GONE_SECONDS = 10.0
SMALL = Limits(memory_mb=96, processes=16, disk_mb=8, files=256, log_kb=16)

SAY = """
import json, os, struct, sys, time
def say(value):
    data = json.dumps(value).encode()
    os.write(CHANNEL[1], struct.pack(">I", len(data)) + data)
"""
HOG = "kept = []\nfor _ in range(500): kept.append(bytearray(1 << 20))\nsay('500 MB')"
FORK = """
made = 0
try:
    while made < 200:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except OSError:
    pass
say(made)
time.sleep(100)
"""
FILL = """
written = 0
try:
    with open("big", "wb", 0) as file:
        while written < 400_000_000:
            written += file.write(bytes(1 << 20))
except OSError:
    pass
say(written)
"""
FILES = """
made = 0
try:
    for made in range(20_000):
        os.close(os.open(f"file{made}", os.O_CREAT | os.O_WRONLY))
except OSError:
    pass
say(made)
"""
DESCRIPTORS = (
    "made = []\ntry:\n    while len(made) < 100_000: made.append(os.dup(0))\nexcept OSError: pass\nsay(len(made))"
)
BURN = """
os.read(CHANNEL[0], 4)
for _ in range(3):
    os.fork()
until = time.monotonic() + 2
while time.monotonic() < until: pass
say(1)
time.sleep(100)
"""


@dataclass(frozen=True)
class Attempt:
    """A program that must end so, or whose answer must be at most so much and at least so little."""

    name: str
    source: str
    ended: Ended | None = None
    most: float = 0
    least: float = 0  # the control of an attempt that answers a number
    control: str = "say(1)"
    limits: Limits = field(default=SMALL)
    seconds: float = SECONDS
    quick: bool = False
    own_kernel: bool = True  # whether it means anything to a sandbox with a kernel of its own


ATTEMPTS = (
    Attempt("more memory", HOG, Ended.MEMORY, control="kept = bytes(range(256)) * (1 << 17)\nsay(1)", quick=True),
    Attempt(
        "more memory, as files",
        FILL,
        Ended.MEMORY,
        limits=replace(SMALL, disk_mb=500),
        control="open('big', 'wb').write(bytes(1 << 24))\nsay(1)",
    ),
    Attempt("more processes", FORK, most=SMALL.processes, least=2, quick=True),
    Attempt("more disk", FILL, most=SMALL.disk_mb << 20, least=1 << 20),
    Attempt("more files", FILES, most=SMALL.files, least=10, own_kernel=False),
    Attempt("more open files", DESCRIPTORS, most=SMALL.open_files, least=10),
    Attempt("more time, computing", "while True: pass", Ended.TIME, seconds=1),
    Attempt("more time, sleeping", "time.sleep(1000)", Ended.TIME, seconds=1),
    Attempt("printing without end", "while True: print('x' * 1000)", Ended.OUTPUT, control="print('x')\nsay(1)"),
    Attempt("a frame that is too long", "say('x' * 100_000)", Ended.OUTPUT),
)


def has_own_kernel(engine: Engine) -> bool:
    """As gVisor has: what a cell does to it, it does to no other."""
    return bool(getattr(engine, "own_kernel", False))


def attack(engine: Engine, *, quick: bool) -> list[Finding]:
    tries: list[Callable[[Engine], Finding]] = [
        lambda engine, attempt=attempt: attempt_on(engine, attempt)  # type: ignore[misc]
        for attempt in ATTEMPTS
        if (attempt.quick or not quick) and (attempt.own_kernel or not has_own_kernel(engine))
    ]
    if not quick:
        tries += [more_processor]
        tries += [_outliving] if Path("/proc/self/cmdline").exists() and not has_own_kernel(engine) else []
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda one: one(engine), tries))


def attempt_on(engine: Engine, attempt: Attempt) -> Finding:
    if attempt.least == 0:
        control = _outcome(engine, attempt.control, attempt)
        if isinstance(control, CellEnded):
            return Finding.not_tried("limits", attempt.name, str(control))
    came = _outcome(engine, attempt.source, attempt)
    if isinstance(came, CellEnded) and came.ended is Ended.LOST:
        return Finding.not_tried("limits", attempt.name, str(came))
    if isinstance(came, CellEnded):
        # gVisor falls, and the machine stands.
        fell = has_own_kernel(engine) and came.ended in (Ended.EXITED, Ended.MEMORY)
        return Finding("limits", attempt.name, fell or came.ended is attempt.ended, str(came))
    if attempt.least and came < attempt.least:
        return Finding.not_tried("limits", attempt.name, f"got {came} of {attempt.least}")
    held = attempt.ended is None and came <= attempt.most
    return Finding("limits", attempt.name, held, f"got {came}")


def _outcome(engine: Engine, source: str, attempt: Attempt) -> Any:
    """What the program says, or how it ended."""
    try:
        cell = _start(engine, source, attempt.limits)
        try:
            return json.loads(cell.receive(10_000, time.monotonic() + attempt.seconds))
        finally:
            cell.kill()
    except CellEnded as ended:
        return ended


def _start(engine: Engine, source: str, limits: Limits) -> Cell:
    cell = engine.start(Profile(name="doctor", preload=(), limits=limits))
    try:
        cell.wait_ready(time.monotonic() + START_SECONDS)
        cell.load({"attempt.py": (SAY + source).encode()}, "attempt.py", time.monotonic() + SECONDS)
    except CellEnded:
        cell.kill()
        raise
    return cell


def more_processor(engine: Engine) -> Finding:
    """Four busy processes get a quarter of one processor, or the least an engine can hold, measured from outside."""
    least = max(0.25, getattr(engine, "finest_cpus", 0.0))
    name, seconds, limits = "more of the processor", 2.0, replace(SMALL, cpus=least)
    try:
        cell = _start(engine, BURN, limits)
        before = cell.usage().cpu_seconds
        cell.send(b"", time.monotonic() + SECONDS)
        cell.receive(100, time.monotonic() + SECONDS)
        after = cell.usage().cpu_seconds
        cell.kill()
    except CellEnded as ended:
        return Finding.not_tried("limits", name, str(ended))
    if before is None or after is None or after - before < 0.05:
        return Finding.not_tried("limits", name, "its use cannot be measured here")
    used = after - before
    return Finding("limits", name, used < limits.cpus * seconds * 1.3 + 0.1, f"{used:.2f} s in {seconds:.0f} s")


def _outliving(engine: Engine) -> Finding:
    """A process that left its parent, its session and its streams is gone when the cell is."""
    name, mark = "outliving the cell", os.urandom(16).hex()
    daemon = f"""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)
        os.execv(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(1000)", {mark!r}])
    os._exit(0)
os.wait()
time.sleep(0.2)
say(1)
time.sleep(100)
"""
    try:
        cell = _start(engine, daemon, SMALL)
        cell.receive(100, time.monotonic() + SECONDS)
    except CellEnded as ended:
        return Finding.not_tried("limits", name, str(ended))
    seen = _runs(mark)
    cell.kill()
    if not seen:
        return Finding.not_tried("limits", name, "processes of cells cannot be seen from here")
    until = time.monotonic() + GONE_SECONDS
    while _runs(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return Finding("limits", name, not _runs(mark), "gone" if not _runs(mark) else "it still runs")


def _runs(mark: str) -> bool:
    """Whether a process of this machine has it in its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark.encode() in path.read_bytes().split(b"\0")[-2:]:
                return True
    return False
