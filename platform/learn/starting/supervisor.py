"""Keeps the programs of one machine running: starts, watches, restarts, and at the end stops all of them.

One thread and one loop: signals, the ends of children and what they print all wake the same selector.
Nothing here knows what the programs do; `programs.py` says which they are.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from . import family, stopping
from .logs import Logs

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A program that ran this long had started well: its next restart is quick again.
STEADY_SECONDS = 20.0
# A program that ends this often before it was ever ready will not become ready.
HOPELESS_STARTS = 4
# A program that ends with this status (EX_CONFIG) has said why no further start can succeed.
HOPELESS_STATUS = 78
GRACE_SECONDS = 12.0
# The kernel may be slow to end a killed process, but not for ever.
KILL_SECONDS = 5.0
MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str = ""  # what it prints once it serves; empty: as soon as it runs
    hidden: re.Pattern[str] | None = None  # lines for its file only
    essential: bool = False  # without it the start has failed
    later: bool = False  # starts when the essential ones are ready: they have the processor first
    last: bool = False  # the others need it while they stop
    descriptors: tuple[int, ...] = ()
    grace: float = GRACE_SECONDS


@dataclass
class Child:
    """A program, and the process that runs it at the moment."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float | None = None
    ends: int = 0  # in a row, each soon after its start
    was_ready: bool = False
    ready_line: str = ""
    rest: bytes = b""

    @property
    def running(self) -> bool:
        return self.process is not None


class StartFailed(Exception):
    """An essential program ended again and again before it was ever ready."""


@dataclass
class Supervisor:
    programs: Sequence[Program]
    logs: Logs
    # Once, when every essential program is ready; gets the lines by which each said so.
    on_ready: Callable[[dict[str, str]], None] = lambda said: None
    on_change: Callable[[dict[str, int]], None] = lambda pids: None  # after each start
    children: list[Child] = field(default_factory=list)
    signals: int = 0  # of those that ask to stop
    _announced: bool = False

    def run(self) -> None:
        """Until a signal asks to stop. Returns when nothing that was started is left. StartFailed if it never ran."""
        self.children = [Child(program) for program in self.programs]
        family.adopt_orphans()
        with selectors.DefaultSelector() as self.selector, self._listening_to_signals():
            self.signals += stopping.asked
            try:
                while not self.signals:
                    self._start_due()
                    if self._announce_ready():
                        self._start_due()
                    self._wait(self._next_restart())
            finally:
                self._stop_all()

    # ------------------------------------------------------------------------------------- starting

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            due = child.restart_at is None or child.restart_at <= now
            if not child.running and due and not self.signals and (self._announced or not child.program.later):
                self._start(child)

    def _start(self, child: Child) -> None:
        program = child.program
        child.started, child.restart_at, child.rest = time.monotonic(), None, b""
        try:
            child.process = subprocess.Popen(
                program.command,
                env=program.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=program.descriptors,
                # Its own session: Ctrl-C reaches the supervisor alone, which then stops the rest in order.
                start_new_session=True,
                preexec_fn=family.die_with_parent(),
            )
        except OSError as error:
            self._say(child, f"cannot be started: {error}")
            self._plan_restart(child)
            return
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)
        child.was_ready = child.was_ready or not program.ready
        self.on_change({each.program.name: each.process.pid for each in self.children if each.process})

    def _announce_ready(self) -> bool:
        """Whether just now the last essential program got ready."""
        if self._announced or not all(child.was_ready for child in self.children if child.program.essential):
            return False
        self._announced = True
        self.on_ready({child.program.name: child.ready_line for child in self.children})
        return True

    def _plan_restart(self, child: Child) -> None:
        steady = time.monotonic() - child.started >= STEADY_SECONDS
        child.ends = 1 if steady else child.ends + 1
        pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (child.ends - 1))
        child.restart_at = time.monotonic() + pause
        if child.program.essential and not child.was_ready and child.ends >= HOPELESS_STARTS:
            raise StartFailed(f"{child.program.name} ended {child.ends} times without getting ready.")
        self._say(child, f"is started again in {pause:g} s.")

    def _next_restart(self) -> float:
        due = [child.restart_at for child in self.children if child.restart_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else 60.0

    # ------------------------------------------------------------------------------------- watching

    def _wait(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            if isinstance(key.data, Child):
                self._read(key.data)
            else:
                os.read(key.fd, 512)  # a signal woke us; its handler has noted what matters
        self._reap()

    def _read(self, child: Child) -> None:
        """Pass on what a program printed; at the end of its output stop listening."""
        if child.process is None or child.process.stdout is None:
            return
        try:
            part = os.read(child.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return
        if not part:
            self.selector.unregister(child.process.stdout)
            child.process.stdout.close()
            child.process.stdout = None
        *lines, child.rest = (child.rest + part).split(b"\n")
        if len(child.rest) > MAX_LINE_BYTES or not part and child.rest:
            lines, child.rest = [*lines, child.rest], b""
        for line in lines:
            self._line(child, line.decode(errors="replace").rstrip("\r"))

    def _line(self, child: Child, line: str) -> None:
        if child.program.ready and child.program.ready in line:
            child.was_ready, child.ready_line = True, line
        else:
            self.logs.write(child.program.name, line, child.program.hidden)

    def _reap(self) -> None:
        """Note which children ended. Orphans of theirs that came to us are only waited for."""
        for pid, status in family.ended():
            child = next((each for each in self.children if each.process and each.process.pid == pid), None)
            if child is not None:
                self._ended(child, status)

    def _ended(self, child: Child, status: int) -> None:
        process = child.process
        assert process is not None
        if process.stdout is not None:
            self._drain(child)
        process.returncode, child.process = status, None
        family.kill_group(process.pid)  # what it leaves behind must not meet its successor
        if self.signals:
            return
        if child.program.essential and not child.was_ready and status == HOPELESS_STATUS:
            raise StartFailed(f"{child.program.name} cannot start; it says above why.")
        self._say(child, f"ended ({family.describe(status)}).")
        self._plan_restart(child)

    def _drain(self, child: Child) -> None:
        """Read what is left in the pipe, and let go of it even where a grandchild still holds the other end."""
        assert child.process is not None and child.process.stdout is not None
        pipe = child.process.stdout
        for _ in range(16):
            if child.process.stdout is None:
                return
            self._read(child)
        self.selector.unregister(pipe)
        pipe.close()

    def _say(self, child: Child, text: str) -> None:
        self.logs.write(child.program.name, f"{child.program.name} {text}")

    # ------------------------------------------------------------------------------------- stopping

    def _stop_all(self) -> None:
        self.signals = max(self.signals, 1)
        self._stop([child for child in self.children if not child.program.last])
        self._stop([child for child in self.children if child.program.last])
        family.end_descendants()

    def _stop(self, children: Sequence[Child]) -> None:
        """Ask, wait, insist. A second signal insists at once."""
        asked = time.monotonic()
        for child in children:
            if child.process:
                # Not Popen.send_signal, which may wait for the process and hide its end from `_reap`.
                os.kill(child.process.pid, signal.SIGTERM)
        longest = max((child.program.grace for child in children), default=0.0) + KILL_SECONDS
        while any(child.running for child in children) and time.monotonic() - asked < longest:
            for child in children:
                late = time.monotonic() - asked > child.program.grace or self.signals > 1
                if child.process and late:
                    family.kill_group(child.process.pid)
            self._wait(0.2)

    def _listening_to_signals(self) -> family.SignalWatch:
        return family.SignalWatch(self.selector, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        self.signals += 1
