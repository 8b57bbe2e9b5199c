"""Where one installation keeps what is its own: ANNEAL_HOME, who runs in it, and its broker's socket."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from graders.broker import short_folder

ROOT = Path(__file__).resolve().parents[3]


class AlreadyRunning(Exception):
    """Another supervisor serves this home. `url` is where it answers, if it said so."""

    def __init__(self, home: Path, state: Mapping[str, object]) -> None:
        super().__init__(f"Anneal already runs in {home}")
        self.home, self.pid, self.url = home, state.get("supervisor"), state.get("url")


class FolderOfOthers(Exception):
    """The folder for sockets is not ours alone."""


def home(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("ANNEAL_HOME") or ROOT / "var").expanduser().absolute()


def prepare_socket(socket: Path) -> None:
    """Make the socket's folder ours alone. FolderOfOthers when someone else made it first."""
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if socket.parent == short_folder():
        found = socket.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise FolderOfOthers(
                f"{socket.parent} must be a folder of yours that nobody else can enter. Remove it, or set "
                "ANNEAL_HOME to a folder with a shorter name."
            )
    socket.unlink(missing_ok=True)


def read_state(home: Path) -> dict[str, object]:
    """What the last supervisor wrote about itself; empty when there was none or it is unreadable."""
    try:
        state = json.loads((home / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(home: Path, state: Mapping[str, object]) -> None:
    """Replace the file whole, so that a reader never sees half of it."""
    draft = home / "run.json.new"
    draft.write_text(json.dumps(state, indent=1))
    draft.replace(home / "run.json")


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold this home for one supervisor. The kernel lets go of the lock however the process ends."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(home / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(home, read_state(home)) from None
        yield


@contextmanager
def only_one_setup(announce: str) -> Iterator[None]:
    """One set-up at a time in one checkout, whatever the homes; says so once when it has to wait."""
    with open(ROOT / "pyproject.toml") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(announce, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unusable(home: Path, error: OSError) -> str:
    """What to tell who has no room or no right to keep anything where Anneal keeps its own."""
    if error.errno == errno.ENOSPC:
        return (
            f"The disk with {home} is full: make room on it, or keep everything elsewhere:  ANNEAL_HOME=/folder ./run"
        )
    return (
        f"Anneal keeps its own in {home}, and cannot: {error.strerror} ({error.filename}).\n"
        "Let this user write there, or name another folder:  ANNEAL_HOME=/another/folder ./run"
    )


def already_running(running: AlreadyRunning) -> str:
    """What to tell who started a second one."""
    where = f" at {running.url}" if running.url else ""
    return (
        f"Anneal already runs here{where} (process {running.pid}, folder {running.home}).\n"
        "A new sign-in link for it:   .venv/bin/python manage.py owner_link\n"
        f"To stop it:                  kill {running.pid}\n"
        "A second, separate one:      ANNEAL_HOME=/another/folder ./run"
    )
