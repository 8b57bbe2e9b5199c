"""The web process: uvicorn on a socket that the supervisor holds. `python -m learn.starting.web DESCRIPTOR`."""

from __future__ import annotations

import logging
import os
import socket
import sys

import uvicorn

READY = "anneal: the site answers"


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(READY, flush=True)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
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
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # the first request should not wait for every view's imports
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    Server(config).run([listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
