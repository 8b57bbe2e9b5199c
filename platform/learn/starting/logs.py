"""What the programs print: each line with its program's name to the terminal, and to a file that rotates."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from logging import INFO, Formatter, LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

MAX_BYTES, KEPT = 5 * 1024 * 1024, 3
COLOURS = (36, 32, 33, 35, 34, 31)
WIDTH = 10


class QuietFile(RotatingFileHandler):
    """A full disk must not end the supervisor, nor fill the terminal with its own complaints."""

    def handleError(self, record: LogRecord) -> None:
        pass


class Logs:
    """One file per process in `folder`, and all of them on the terminal."""

    def __init__(self, folder: Path, out: TextIO | None = None) -> None:
        self.folder, self.out = folder, out if out is not None else sys.stdout
        self.colourful = self.out.isatty() and "NO_COLOR" not in os.environ
        self.files: dict[str, QuietFile] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, line: str, hidden: re.Pattern[str] | None = None) -> None:
        """Keep `line`; show it unless it is of a kind that only the file should have."""
        file = self.files.get(name) or self._open(name)
        file.emit(LogRecord(name, INFO, "", 0, line, None, None))
        if hidden is None or not hidden.search(line):
            self.say(f"{self._prefix(name)}{line}")

    def say(self, text: str) -> None:
        """Print, and go on without the terminal when it is gone."""
        with contextlib.suppress(OSError, ValueError):
            self.out.write(text + "\n")
            self.out.flush()

    def close(self) -> None:
        for file in self.files.values():
            file.close()

    def _open(self, name: str) -> QuietFile:
        path = self.folder / f"{name}.log"
        file = QuietFile(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True, errors="replace")
        file.setFormatter(Formatter("%(asctime)s %(message)s"))
        self.files[name] = file
        return file

    def _prefix(self, name: str) -> str:
        if not self.colourful:
            return f"{name:<{WIDTH}} | "
        colour = COLOURS[list(self.files).index(name) % len(COLOURS)]
        return f"\x1b[{colour}m{name:<{WIDTH}} |\x1b[0m "
