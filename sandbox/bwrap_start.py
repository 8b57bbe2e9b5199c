"""Start bwrap, put its first process under limits while it still waits, then let it go on."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sandbox import SandboxUnavailable
from sandbox.bwrap_seccomp import filter_program

__all__ = ["launch", "remedy"]

START_SECONDS = 10.0
HOSTS = b"127.0.0.1 localhost cell\n::1 localhost\n"

REMEDIES = {
    "uid map": "this system keeps bwrap from using user namespaces: on Ubuntu 24.04 load the AppArmor profile"
    " bwrap-userns-restrict (package apparmor-profiles), or set kernel.apparmor_restrict_unprivileged_userns=0",
    "RTM_NEWADDR": "this system takes the rights of a user namespace away: on Ubuntu 24.04 load the AppArmor"
    " profile bwrap-userns-restrict, or set kernel.apparmor_restrict_unprivileged_userns=0",
    "namespace": "this system allows no user namespaces: set user.max_user_namespaces (and on Debian"
    " kernel.unprivileged_userns_clone=1); in a container, allow them or use ANNEAL_ENGINE=docker",
    "proc": "a new /proc may not be mounted here, as in most containers: run outside the container,"
    " or use ANNEAL_ENGINE=docker",
}


def launch(
    bwrap: str, arguments: Callable[[dict[str, int]], list[str]], prepare: Callable[[int], None]
) -> tuple[subprocess.Popen[bytes], int]:
    """The bwrap process and the process number of the cell's init, after `prepare(init)` has limited it.

    SandboxUnavailable, with what bwrap said and the remedy, when it comes to nothing.
    """
    with _descriptors() as (theirs, info, block):
        process = subprocess.Popen(
            [bwrap, *arguments(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(theirs.values()),
            cwd="/",
            env={},  # a cell can read the environment of its init, which is bwrap's
        )
        for fd in theirs.values():
            os.close(fd)
        theirs.clear()
        try:
            init = _init_number(info)
            prepare(init)
            os.write(block, b".")
        except (OSError, ValueError, KeyError) as error:
            raise SandboxUnavailable(_give_up(process, error)) from error
    return process, init


@contextmanager
def _descriptors() -> Iterator[tuple[dict[str, int], int, int]]:
    """What bwrap gets, and our ends of the pipes on which it tells of its child and waits for us."""
    info, their_info = os.pipe()
    their_block, block = os.pipe()
    theirs = {
        "seccomp": _readable(filter_program()),
        "hosts": _readable(HOSTS),
        "info": their_info,
        "block": their_block,
    }
    try:
        yield theirs, info, block
    finally:
        for fd in (info, block, *theirs.values()):
            os.close(fd)


def _readable(content: bytes) -> int:
    """A descriptor from which these few bytes can be read."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


def _init_number(info: int) -> int:
    """What bwrap writes once its child exists: a JSON object."""
    text, until = b"", time.monotonic() + START_SECONDS
    while not text.rstrip().endswith(b"}"):
        ready, _, _ = select.select([info], [], [], max(0.0, until - time.monotonic()))
        part = os.read(info, 4096) if ready else b""
        if not part:
            raise ValueError("bwrap did not say which process it started")
        text += part
    return int(json.loads(text)["child-pid"])


def _give_up(process: subprocess.Popen[bytes], error: Exception) -> str:
    """End bwrap. Returns what went wrong and what to do."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    process.kill()
    _, said = process.communicate()
    message = said.decode(errors="backslashreplace").strip()[:500] or str(error)
    return f"bwrap cannot start a cell ({message}){remedy(message)}"


def remedy(said: str) -> str:
    """What to do about a message of bwrap, as the rest of a sentence; nothing where nobody knows."""
    return next((f": {text}" for key, text in REMEDIES.items() if key in said), "")
