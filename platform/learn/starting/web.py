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
    from django.conf import settings
    from django.urls import get_resolver

    from .preparing import HOPELESS_STATUS, DatabaseUnusable, prepare_site

    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        "learn.asgi:application",
        lifespan="off",
        log_config=None,  # Django's settings have said how to log
        proxy_headers=bool(settings.SECURE_PROXY_SSL_HEADER),
        forwarded_allow_ips=os.environ.get("ANNEAL_FORWARDED_ALLOW_IPS", "127.0.0.1"),
        server_header=False,
        # An open event stream must not keep the site from stopping.
        timeout_graceful_shutdown=3,
    )
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        link = prepare_site()
    except DatabaseUnusable as reason:
        print(reason, file=sys.stderr)
        return HOPELESS_STATUS if reason.hopeless else 1
    _ = get_resolver().url_patterns  # the first request should not wait for them

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(READY, link, flush=True)

    Server(config).run([listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
