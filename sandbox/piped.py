"""A cell whose process we started ourselves, with three pipes. Engines add how it starts and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TypeVar

from sandbox import CellEnded, Ended, Profile, Usage
from sandbox.channel import Channel
from sandbox.frames import LOADED, READY, pack

__all__ = ["PipedCell", "environment", "exit_in_words"]

T = TypeVar("T")
EXIT_SECONDS = 0.5


def environment(home: str, *, gpu: bool = False) -> dict[str, str]:
    """The whole environment of a cell: one thread per library unless told otherwise, no hub, no bytecode.

    Without an accelerator Triton's kernels are interpreted: it decides so when it is imported.
    """
    threads = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        **{f"{library}_NUM_THREADS": "1" for library in threads},
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": home,
        "TMPDIR": home,
        "USER": "cell",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        **({} if gpu else {"TRITON_INTERPRET": "1", "NVIDIA_VISIBLE_DEVICES": "void"}),
    }


def exit_in_words(code: int) -> str:
    """An exit code as a learner knows it. A process ended by a signal has its number negative, or plus 128."""
    number = -code if code < 0 else code - 128
    if number in set(signal.Signals):
        return f"signal {signal.Signals(number).name}"
    return f"exit status {code}"


def _take(stream: IO[bytes]) -> int:
    """The descriptor of a pipe, out of the hands of the file object that would close it."""
    fd = os.dup(stream.fileno())
    stream.close()
    return fd


class PipedCell:
    """Speaks frames with a process. `kill` may come from another thread than the one that speaks."""

    def __init__(self, cell_id: str, process: subprocess.Popen[bytes], profile: Profile) -> None:
        assert process.stdin and process.stdout and process.stderr
        self.id, self.profile = cell_id, profile
        self._process = process
        self._speaking = threading.RLock()
        self._ended: CellEnded | None = None
        writer, reader, log = (_take(stream) for stream in (process.stdin, process.stdout, process.stderr))
        gone = os.pidfd_open(process.pid)
        self._channel = Channel(writer, reader, log, profile.limits.log_kb * 1024, gone)

    def wait_ready(self, deadline: float) -> None:
        self._expect(READY, deadline)

    def load(self, files: Mapping[str, bytes], entry: str, deadline: float) -> None:
        bundle = pack(files, entry)
        self._speak(lambda: self._channel.send(bundle, deadline))
        self._expect(LOADED, deadline)

    def send(self, frame: bytes, deadline: float) -> None:
        self._speak(lambda: self._channel.send(frame, deadline))

    def receive(self, max_bytes: int, deadline: float) -> bytes:
        return self._speak(lambda: self._channel.receive(max_bytes, deadline))

    def take_log(self) -> bytes:
        with self._speaking:
            if self._ended is None:
                self._channel.drain_log()
            return self._channel.log.take()

    def alive(self) -> bool:
        return self._ended is None and self._process.poll() is None

    def kill(self) -> None:
        self._finish(CellEnded(Ended.EXITED, "it was killed"), killed=True)

    def usage(self) -> Usage:
        raise NotImplementedError

    def _end_processes(self) -> None:
        """Kill everything in the cell, wait for it, free what it held. Called twice at most; never raises."""
        raise NotImplementedError

    def _explain(self, ended: CellEnded) -> CellEnded:
        """What really ended the cell, where counters tell more than pipes. All processes are dead by now."""
        return ended

    def _expect(self, answer: bytes, deadline: float) -> None:
        got = self.receive(len(READY) + len(LOADED), deadline)
        if got != answer:
            raise self._finish(CellEnded(Ended.PROTOCOL, f"{got!r} in place of {answer!r}"))

    def _speak(self, call: Callable[[], T]) -> T:
        with self._one_caller():
            return call()

    @contextmanager
    def _one_caller(self) -> Iterator[None]:
        with self._speaking:
            if self._ended is not None:
                raise self._ended
            try:
                yield
            except CellEnded as ended:
                raise self._finish(ended) from None

    def _wait_for_exit(self) -> None:
        """A process that closed its channel is mostly about to end, and its own exit code tells more."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(EXIT_SECONDS)

    def _with_exit_code(self, ended: CellEnded, killed: bool) -> CellEnded:
        code = self._process.returncode
        if ended.ended is Ended.EXITED and not killed:
            return CellEnded(Ended.EXITED, exit_in_words(code), code)
        ended.exit_code = code
        return ended

    def _finish(self, ended: CellEnded, *, killed: bool = False) -> CellEnded:
        """Make the cell dead, once. Returns why it is, which is the first reason found."""
        if ended.ended is Ended.EXITED and not killed:
            self._wait_for_exit()
        self._end_processes()  # outside the lock: a caller who waits for a frame is woken by this
        with self._speaking:
            if self._ended is None:
                self._channel.drain_log()
                self._ended = self._explain(self._with_exit_code(ended, killed))
                self._channel.close()
            return self._ended
