"""The web process: uvicorn on a socket that the supervisor holds. `python -m learn.starting.web DESCRIPTOR`.

It is the first program of the site to run, so it brings the database up to date; and it makes the
owner's link, which the supervisor prints.
"""

from __future__ import annotations

import logging
import os
import socket
import sys

READY = "anneal: the site answers"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
    import uvicorn

    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        "learn.asgi:application",
        lifespan="off",
        log_config=None,  # Django's settings have said how to log
        proxy_headers=True,
        forwarded_allow_ips=os.environ.get("ANNEAL_FORWARDED_ALLOW_IPS", "127.0.0.1"),
        server_header=False,
        # An open event stream must not keep the site from stopping.
        timeout_graceful_shutdown=3,
    )
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    link = prepare_site()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(READY, link, flush=True)

    Server(config).run([listener])
    return 0


def prepare_site() -> str:
    """Migrate a database that is new, newer or put back; import every view; the owner's sign-in link."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, connections
    from django.db.migrations.executor import MigrationExecutor
    from django.urls import get_resolver
    from django.utils import timezone

    from learn.accounts import owner_link

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    _ = get_resolver().url_patterns  # the first request should not wait for them
    try:
        return owner_link.make(settings.BASE_URL, timezone.now())
    finally:
        connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
