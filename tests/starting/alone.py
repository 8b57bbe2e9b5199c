"""The web process without its supervisor, and the site's commands, each in a home of the test's."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from learn.starting.web import READY
from tests.starting.site import ROOT


class Said(NamedTuple):
    text: str
    ready: bool


def environment(home: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    paths = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    return {**kept, "ANNEAL_HOME": str(home), "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **variables}


def manage(home: Path, *words: str) -> str:
    command = [sys.executable, ROOT / "manage.py", *words]
    return subprocess.run(command, env=environment(home), check=True, capture_output=True, text=True).stdout


@contextmanager
def serving(home: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Said, int]]:
    """The process, once it is ready or has ended; what it said until then; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [sys.executable, "-m", "learn.starting.web", str(listener.fileno())],
            env=environment(home, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        )
        try:
            yield process, until_ready(process), listener.getsockname()[1]
        finally:
            process.kill()
            process.wait()


def until_ready(process: subprocess.Popen[bytes]) -> Said:
    assert process.stdout is not None
    said, deadline = b"", time.monotonic() + 120
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while READY.encode() not in said:
            assert selector.select(deadline - time.monotonic()), said
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                return Said(said.decode(), ready=False)
            said += part
    return Said(said.decode(), ready=True)
