"""Where the broker is: one setting, REDIS_URL, in the two spellings that redis-py and Celery want."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

# The kernel takes 107 bytes for the name of a unix socket; some systems fewer (104 on macOS).
MAX_SOCKET_BYTES = 100


def redis_url() -> str:
    """For redis-py, such as redis://host:6379/0 or unix:///path/valkey.sock."""
    home = Path(os.environ.get("ANNEAL_HOME") or Path(__file__).resolve().parent.parent / "var")
    return os.environ.get("REDIS_URL") or socket_url(home)


def socket_url(home: Path) -> str:
    """Of the broker that `./run` starts in `home`. A space or a letter beyond ASCII is quoted."""
    return f"unix://{quote(str(socket_path(home)))}"


def socket_path(home: Path) -> Path:
    """In the home, or under /tmp where the home's name is too long for a socket."""
    inside = home.absolute() / "valkey.sock"
    if len(os.fsencode(inside)) <= MAX_SOCKET_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()
    return short_folder() / f"{digest[:16]}.sock"


def short_folder() -> Path:
    return Path(f"/tmp/anneal-{os.getuid()}")


def celery_url(url: str | None = None) -> str:
    """The same place for Celery, which calls a unix socket redis+socket://."""
    url = url or redis_url()
    return "redis+socket://" + url.removeprefix("unix://") if url.startswith("unix://") else url
