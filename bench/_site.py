"""A site of its own in a folder that goes away, with all its programs, and learners who press its buttons."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.plain import ROOT

OWN_COURSE = ROOT / "bench" / "course" / "courses" / "bench"  # exercises that compute next to nothing
COURSE = ROOT / "courses" / "llm-roadmap"
TOKEN = "b" * 32  # Django takes any secret that cookie and form agree on

# Run by `manage.py shell`: accounts without a password, and a session for each.
LEARNERS = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
keys = []
for number in range({count}):
    learner = get_user_model().objects.create_user(f"learner{{number}}@example.org", zone="UTC")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(learner.pk), learner.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.create()
    keys.append(session.session_key)
print("KEYS", json.dumps(keys))
"""


@dataclass(frozen=True)
class Learner:
    """A browser that is signed in."""

    base: str
    session: str

    def submit(self, exercise: str, source: str, mode: str = "submit") -> str:
        """The submission's id, once the site has answered. OSError when it does not, or refuses."""
        fields = {"source": source, "mode": mode, "csrfmiddlewaretoken": TOKEN}
        request = urllib.request.Request(
            f"{self.base}/exercises/{exercise}/submit/",
            urllib.parse.urlencode(fields).encode(),
            {"Cookie": f"sessionid={self.session}; csrftoken={TOKEN}", "HX-Request": "true", "Referer": self.base},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            found = re.search(r'data-submission="(\w+)"', reply.read().decode())
        if found is None:
            raise OSError("the site answered without a submission")
        return found.group(1)


class Running:
    """A site that serves."""

    def __init__(self, home: Path, process: subprocess.Popen[str], base: str, environment: Mapping[str, str]) -> None:
        self.home, self.process, self.base, self.environment = home, process, base, environment

    def learners(self, count: int) -> list[Learner]:
        words = [sys.executable, str(ROOT / "manage.py"), "shell", "-c", LEARNERS.format(count=count)]
        run = subprocess.run(words, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=True)
        keys = json.loads(run.stdout.partition("KEYS")[2])
        return [Learner(self.base, key) for key in keys]

    def rows(self, query: str, *values: object) -> list[tuple]:
        with sqlite3.connect(f"file:{self.home / 'db.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
            return database.execute(query, values).fetchall()

    def pids(self) -> dict[str, int]:
        """Every program of the supervisor, as it told last."""
        try:
            processes = json.loads((self.home / "run.json").read_text())["processes"]
        except (OSError, ValueError, KeyError):
            return {}
        return {name: pid for name, (pid, _) in processes.items()}

    def graders(self) -> list[psutil.Process]:
        """Those that hold cells: the grader, and who keeps the engine for it."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if re.search(r"graders|sandbox", " ".join(cmdline(child)))]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@contextmanager
def site(engine: str | None, *courses: Path, words: list[str] | None = None, **more: str) -> Iterator[Running]:
    """`manage.py serve`, or the program of `words`, with `courses` published, until the end of the block."""
    home = Path(tempfile.mkdtemp(prefix="anneal-bench-"))
    environment = {**os.environ, "ANNEAL_HOME": str(home), "ANNEAL_PLAIN_STATIC": "1", "ANNEAL_COURSE": courses[0].name}
    environment["ANNEAL_ALLOW_WEAK_SANDBOX"] = "1"  # these learners' code is ours
    environment |= {"ANNEAL_ENGINE": engine} if engine else {}
    environment |= {"ANNEAL_CELL_PYTHON": sys.executable} if "ANNEAL_CELL_PYTHON" not in os.environ else {}
    environment |= more
    manage = [sys.executable, str(ROOT / "manage.py")]
    for each in (["migrate", "-v", "0"], *(["course", "publish", str(course)] for course in courses)):
        subprocess.run([*manage, *each], env=environment, cwd=ROOT, check=True, capture_output=True)
    process = subprocess.Popen(
        words or [*manage, "serve", "--port", "0"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Running(home, process, wait_for_link(process).split("/accounts/")[0], environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def waiting(running: Running) -> int:
    return int(running.rows("SELECT count(*) FROM exercises_submission WHERE state = 'queued'")[0][0])


def wait_for_link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://\S+/accounts/owner/\S+", line):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found.group()
    raise RuntimeError(f"the site did not start:\n{''.join(said[-20:])}")


def until(true, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)
