"""Which sandbox the set-up prepares: Docker where an engine answers, else bwrap. Standard library only.

Only asks whether someone answers. Whether it can hold a cell is for `sandbox` to find out.
"""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

DEFAULT_SOCKET = "/var/run/docker.sock"


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def wanted_engine(environment: Mapping[str, str] = os.environ) -> str:
    """docker, runsc or bwrap: as ANNEAL_ENGINE says, else what answers here."""
    return environment.get("ANNEAL_ENGINE") or ("docker" if docker_answers(environment) else "bwrap")


def meaning_of_engine(environment: Mapping[str, str] = os.environ) -> str:
    """What the engine in use means for whoever runs this."""
    engine = wanted_engine(environment)
    if engine == "docker":
        return "Sandbox: Docker containers without network, root or rights."
    if engine == "runsc":
        return "Sandbox: Docker containers under gVisor."
    why = "as ANNEAL_ENGINE says" if environment.get("ANNEAL_ENGINE") else "because no Docker engine answers this user"
    return (
        f"Sandbox: bwrap, namespaces of this machine's own kernel, {why}.\n"
        "  Good for your own code: that of others than staff is refused, unless ANNEAL_ALLOW_WEAK_SANDBOX=1 says that"
        " you trust them. For strangers' code let a Docker engine answer."
    )


def docker_answers(environment: Mapping[str, str] = os.environ) -> bool:
    connection = docker_connection(environment)
    if connection is None:
        return False
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_image(tag: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the engine still has an image. True when it cannot be asked this way: the graders will say."""
    connection = docker_connection(environment)
    if connection is None:
        return True
    try:
        connection.request("GET", f"/images/{tag}/json")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return True
    finally:
        connection.close()


def docker_connection(environment: Mapping[str, str]) -> http.client.HTTPConnection | None:
    """To the engine that DOCKER_HOST names; None for ssh and TLS, which the graders' client speaks but we do not."""
    address = urlsplit(environment.get("DOCKER_HOST") or f"unix://{DEFAULT_SOCKET}")
    if address.scheme == "unix":
        return SocketConnection(address.path, timeout=5)
    if address.scheme == "tcp" and not environment.get("DOCKER_TLS_VERIFY"):
        return http.client.HTTPConnection(address.hostname or "localhost", address.port or 2375, timeout=5)
    return None
