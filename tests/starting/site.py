"""One `./run` in a folder of its own, and a browser's worth of HTTP to speak with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import redis

from graders.broker import socket_url
from learn.starting import home as homes

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """One `./run` and what it says."""

    def __init__(self, home: Path, *words: str, **variables: str) -> None:
        self.home, self.out = home, home.parent / f"{home.name}.out"
        ignored = ("ANNEAL_PLAIN_STATIC", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if name not in ignored}
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(ROOT / "run"), *words],
            env={**environment, "ANNEAL_HOME": str(home), "ANNEAL_PYTHON": sys.executable, **variables},
            stdout=open(self.out, "wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def wait_ready(self, seconds: float = 600) -> float:
        """Seconds from the command to the sign-in link."""
        until(lambda: "Anneal is ready" in self.said() or self.process.poll() is not None, seconds)
        assert "Anneal is ready" in self.said(), self.said()
        return time.monotonic() - self.began

    @property
    def link(self) -> str:
        return re.findall(r"^ +(http://\S+)$", self.said(), re.M)[0]

    @property
    def url(self) -> str:
        return str(homes.read_state(self.home)["url"])

    def pids(self) -> dict[str, int]:
        processes = homes.read_state(self.home).get("processes")
        return {name: pid for name, (pid, _) in processes.items()} if isinstance(processes, dict) else {}

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(socket_url(self.home))

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def until(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def belonging_to(home: Path) -> list[psutil.Process]:
    """Every process that was told of this home, wherever it went."""
    found, mark = [], f"ANNEAL_HOME={home}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                found.append(psutil.Process(int(path.parent.name)))
    return [process for process in found if process.pid != os.getpid()]


class Owner:
    """Signed in by the link that the start printed."""

    def __init__(self, link: str) -> None:
        self.base = link.split("/accounts/")[0]
        self.jar = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(self.jar)
        self.opener.open(link).read()
        self.post(link)

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar.cookiejar if cookie.name == name), "")

    def post(self, address: str, **fields: str) -> str:
        fields["csrfmiddlewaretoken"] = self.cookie("csrftoken")
        data = urllib.parse.urlencode(fields).encode()
        return self.opener.open(urllib.request.Request(address, data, {"Referer": self.base})).read().decode()
