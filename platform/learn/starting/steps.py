"""Steps of the set-up: each knows by a digest of its inputs whether it is still done. Standard library only."""

from __future__ import annotations

import hashlib
import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from . import stopping

LAST_LINES = 15
# Without a terminal a long step says every so often that it is still alive.
HEARTBEAT_SECONDS = 20.0


class StepFailed(Exception):
    """A command of a step ended badly, or a step cannot work here. `remedy` is what a person can do."""

    def __init__(self, message: str, lines: Iterable[str] = (), remedy: str = "") -> None:
        super().__init__(message)
        self.lines, self.remedy = list(lines), remedy


@dataclass(frozen=True)
class Step:
    """One thing that must be there before the site starts."""

    title: str
    stamp: Path  # lies inside what the step makes, so that removing the one removes the other
    inputs: Callable[[], str]  # digest of all the step depends on
    work: Callable[[Console], None]
    outputs: tuple[Path, ...] = ()
    is_there: Callable[[], bool] = lambda: True  # of what is no file
    remedy: str = ""

    def is_done(self) -> bool:
        try:
            stamped = self.stamp.read_text()
        except OSError:
            return False
        return stamped == self.inputs() and all(path.exists() for path in self.outputs) and self.is_there()

    def take(self, console: Console) -> None:
        self.stamp.unlink(missing_ok=True)
        self.work(console)
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.inputs())


def digest_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """Names and contents of files; of folders all they hold, save caches and what packages bring."""
    digest = hashlib.sha256()
    for path in sorted(files_below(paths)):
        digest.update(f"{path}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def files_below(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_file():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if name not in ("__pycache__", "node_modules", "dist")]
            yield from (Path(folder, name) for name in names)


@dataclass
class Console:
    """Shows how far the set-up is, and keeps all that the commands print in a log."""

    log_path: Path
    out: TextIO = field(default_factory=lambda: sys.stdout)
    title: str = ""
    began: float = 0.0
    _log: TextIO | None = None
    _spoken: float = 0.0

    def __enter__(self) -> Console:
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._log = open(self.log_path, "a", encoding="utf-8", errors="replace")
        return self

    def __exit__(self, *error: object) -> None:
        assert self._log is not None
        self._log.close()

    def begin(self, title: str) -> None:
        self.title, self.began, self._spoken = title, time.monotonic(), time.monotonic()
        self.note(f"== {title} ({time.strftime('%Y-%m-%d %H:%M:%S')})")
        self.out.write(f"{title} …" if self.is_terminal else f"{title} …\n")
        self.out.flush()

    def end(self, word: str = "done") -> None:
        seconds = time.monotonic() - self.began
        self.out.write(f"{self.clear}{self.title}: {word} ({seconds:.1f} s)\n")
        self.out.flush()

    @property
    def is_terminal(self) -> bool:
        return self.out.isatty()

    @property
    def clear(self) -> str:
        return "\r\x1b[K" if self.is_terminal else ""

    def note(self, line: str) -> None:
        assert self._log is not None
        self._log.write(line + "\n")
        self._log.flush()

    def say(self, *lines: str) -> None:
        """Something that a person should read although the set-up goes on."""
        for line in lines:
            self.note(line)
            self.out.write(f"{self.clear}{line}\n")
        self.out.flush()

    def progress(self, line: str) -> None:
        """Show the last line of a command beside the time, on one line of the terminal."""
        now = time.monotonic()
        said = f"{self.title} … {now - self.began:.0f} s  {line.strip()}"
        if self.is_terminal:
            width = os.get_terminal_size(self.out.fileno()).columns
            self.out.write(self.clear + said[: max(20, width - 1)])
        elif now - self._spoken < HEARTBEAT_SECONDS:
            return
        else:
            self._spoken = now
            self.out.write(said[:160] + "\n")
        self.out.flush()

    def command(
        self, *words: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> list[str]:
        """Run a command to its end; its last lines. StepFailed when its status is not zero."""
        line = shlex.join(str(word) for word in words)
        self.note(f"$ {line}")
        status, last = self._follow([str(word) for word in words], cwd, environment)
        if status:
            raise StepFailed(f"`{line}` ended with status {status}", last[-LAST_LINES:])
        return last

    def _follow(
        self, words: Sequence[str], cwd: Path | None, environment: Mapping[str, str] | None
    ) -> tuple[int, list[str]]:
        """The exit status of a command and the last lines that it printed."""
        last: deque[str] = deque(maxlen=200)
        process: subprocess.Popen[bytes] | None = None
        try:
            with interrupts_held():  # a command that Ctrl-C met half started would never be ended
                process = started(words, cwd, environment)
            for text in lines_of(process):
                if stopping.asked:
                    raise KeyboardInterrupt
                if text:
                    self.note(text)
                    last.append(text)
                self.progress(last[-1] if last else "")
            return process.wait(), list(last)
        except OSError as error:
            return 127, [str(error)]
        finally:
            if process is not None:
                end_group(process)


def started(words: Sequence[str], cwd: Path | None, environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C comes at the end of the block and not in the midst of it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_group(process: subprocess.Popen[bytes]) -> None:
    """After Ctrl-C: the command and all that it started, such as npm's node."""
    if process.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


def lines_of(process: subprocess.Popen[bytes]) -> Iterable[str]:
    """Lines as they are printed, and an empty one each half second of silence."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(0.5):
                yield ""
                continue
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                break
            # A carriage return redraws a progress bar: each drawing counts as a line.
            *lines, rest = (rest + part).replace(b"\r", b"\n").split(b"\n")
            yield from (line.decode(errors="replace") for line in lines if line.strip())
    if rest:
        yield rest.decode(errors="replace")
