"""What Unix knows of parents and children: signals, groups, orphans. Used by the supervisor alone."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

import psutil

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Loaded before any fork: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """Grandchildren whose parent dies come to us and not to init, so that none is lost from sight."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> Callable[[], None] | None:
    """For Popen's preexec_fn: ask the child to stop when the supervisor is killed without a chance to."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask


def ended() -> Iterator[tuple[int, int]]:
    """Process id and status (negative: the signal) of every child that has ended, ours or adopted."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def describe(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def end_descendants() -> None:
    """Kill and wait for whatever is still below us: cells, and what left its group."""
    for _ in range(50):
        below = psutil.Process().children(recursive=True)
        if not below:
            return
        for process in below:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(below, timeout=0.2)
        for _pid, _status in ended():
            pass


def end_leftovers(processes: dict[str, Any]) -> list[str]:
    """Stop what a supervisor that was killed left behind; their names. `processes`: name → [pid, start time].

    The start time tells a process of ours from a stranger that got its number since.
    """
    found = {}
    for name, (pid, created) in processes.items():
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if abs(process.create_time() - created) < 1.0 and process.status() != psutil.STATUS_ZOMBIE:
                found[name] = process
    below = [child for process in found.values() for child in _children(process)]
    for process in found.values():
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs([*found.values(), *below], timeout=5)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return sorted(found)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def created(pid: int) -> float:
    with suppress(psutil.Error):
        return float(psutil.Process(pid).create_time())
    return 0.0


class SignalWatch:
    """While entered: the stopping signals call `stop`, and they and SIGCHLD wake the selector."""

    def __init__(self, selector: Any, stop: Callable[[], None]) -> None:
        self.selector, self.stop = selector, stop
        self.reader, self.writer = socket.socketpair()
        self.before: dict[int, Any] = {}

    def __enter__(self) -> SignalWatch:
        self.reader.setblocking(False)
        self.writer.setblocking(False)
        self.selector.register(self.reader, 1)
        self.wakeup = signal.set_wakeup_fd(self.writer.fileno(), warn_on_full_buffer=False)
        for number in STOPPING:
            self.before[number] = signal.signal(number, self._stop)
        self.before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self.wakeup)
        self.selector.unregister(self.reader)
        self.reader.close()
        self.writer.close()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stop()
