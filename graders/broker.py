"""Where the broker is: one setting, REDIS_URL, in the two spellings that redis-py and Celery want."""

from __future__ import annotations

import os
from pathlib import Path


def redis_url() -> str:
    """For redis-py, such as redis://host:6379/0 or unix:///path/valkey.sock."""
    home = Path(os.environ.get("ANNEAL_HOME") or Path(__file__).resolve().parent.parent / "var")
    return os.environ.get("REDIS_URL") or f"unix://{home}/valkey.sock"


def celery_url(url: str | None = None) -> str:
    """The same place for Celery, which calls a unix socket redis+socket://."""
    url = url or redis_url()
    return "redis+socket://" + url.removeprefix("unix://") if url.startswith("unix://") else url
