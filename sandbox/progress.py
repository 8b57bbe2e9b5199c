"""How long work is shown: one line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

__all__ = ["Progress"]

PLAIN_EVERY = 5.0


class Progress:
    """`step` begins a part of the work, `show` says where in it we are, `done` ends it."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream, self._live = stream, stream.isatty()
        self._title, self._began, self._said = "", 0.0, 0.0

    def step(self, title: str) -> None:
        self._title, self._began, self._said = title, time.monotonic(), time.monotonic()
        self._write(title) if self._live else self._line(title)

    def show(self, text: str) -> None:
        text = " ".join(text.split())
        if self._live:
            self._write(f"{self._title}: {text}")
        elif text and time.monotonic() - self._said >= PLAIN_EVERY:
            self._said = time.monotonic()
            self._line(f"  {text}")

    def done(self, result: str = "") -> None:
        seconds = time.monotonic() - self._began
        text = f"{self._title}: {result or 'done'} ({seconds:.1f} s)"
        if self._live:
            self._write(text)
            self._stream.write("\n")
        else:
            self._line(text)

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r\x1b[K" + (text if len(text) <= width else text[: width - 1] + "…"))
        self._stream.flush()

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
