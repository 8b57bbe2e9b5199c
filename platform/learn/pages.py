"""Addresses that belong to no app: whether the process lives and is ready, and the pages of errors."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve pages. A broker that is away is told, not held against it: what is sent is kept."""
    database = _database()
    lines = f"database: {database}\nbroker: {_broker()}\n"
    return HttpResponse(lines, status=200 if database == "ok" else 503, content_type="text/plain")


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"no answer ({type(error).__name__})"
    return f"{len(waiting)} migrations are waiting: manage.py migrate" if waiting else "ok"


def _broker() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"no answer ({type(error).__name__})"
    finally:
        client.close()
    return "ok"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def our_fault(request: HttpRequest) -> HttpResponse:
    """Without the session and the database, one of which may be what failed."""
    return render(None, "500.html", status=500)
