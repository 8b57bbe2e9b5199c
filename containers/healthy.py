"""Whether the service of this container does its work: exit 0 or 1. Called by docker-compose.yml."""

from __future__ import annotations

import sys
import time
import urllib.request
from pathlib import Path

# The scheduler writes its state every three minutes.
SCHEDULE_SECONDS = 600


def web() -> bool:
    with urllib.request.urlopen("http://127.0.0.1:8000/readyz", timeout=4) as reply:
        return bool(reply.status == 200)


def worker() -> bool:
    """The site's worker on this host answers over the broker."""
    import socket

    from learn.celery import app

    return bool(app.control.ping([f"celery@{socket.gethostname()}"], timeout=10))


def scheduler() -> bool:
    return any(time.time() - path.stat().st_mtime < SCHEDULE_SECONDS for path in Path("/tmp").glob("beat.schedule*"))


def grader(queue: str) -> bool:
    """A grader serves the queue: it says so every few seconds, once its sandbox holds."""
    import redis

    from graders.broker import redis_url
    from graders.protocol import heartbeat_key

    return bool(redis.Redis.from_url(redis_url()).exists(heartbeat_key(queue)))


def keeper() -> bool:
    """The keeper answers, and its engine and image are there."""
    import os

    from sandbox.keeper.engine import KeptEngine

    KeptEngine(Path(os.environ["ANNEAL_KEEPER"]), patience=1).close()
    return True


CHECKS = {check.__name__: check for check in (web, worker, scheduler, grader, keeper)}

if __name__ == "__main__":
    sys.path.insert(0, ".")
    try:
        sys.exit(0 if CHECKS[sys.argv[1]](*sys.argv[2:]) else 1)
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
