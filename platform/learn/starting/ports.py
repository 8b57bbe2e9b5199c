"""The socket on which the site listens. The supervisor holds it, so that a restart of the web refuses nobody."""

from __future__ import annotations

import errno
import os
import socket

import psutil

DEFAULT_PORT = 8000
TRIES = 20
EVERYWHERE = ("0.0.0.0", "::")


class PortTaken(Exception):
    """The address cannot be had. The message says why, and what to do."""


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on `port`, or, when none was asked for, on the first free one from 8000."""
    if port is not None:
        return _listen(host, port)
    for candidate in range(DEFAULT_PORT, DEFAULT_PORT + TRIES):
        try:
            return _listen(host, candidate)
        except PortTaken:
            if candidate == DEFAULT_PORT + TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:  # the resolver would silently take it modulo 65536
        raise PortTaken(f"{port} is no port: they go up to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, OverflowError) as error:
        raise PortTaken(f"{host!r} with port {port} is no address of this machine: {error}") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise PortTaken(_reason(host, port, error)) from error
    return listener


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken{_holder(port)}. Choose another with --port, or leave it out to get a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} needs an administrator's rights. Choose one above 1023 with --port."
    return f"Cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}."


def _holder(port: int) -> str:
    """Who listens on `port`, where this user may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""


def shown_host(listener: socket.socket) -> str:
    """The host part of an address that a browser can open: every-address becomes one of this machine's."""
    host = listener.getsockname()[0]
    if host not in EVERYWHERE:
        return f"[{host}]" if ":" in host else str(host)
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.connect(("192.0.2.1", 9))  # sends nothing: only asks the kernel which address it would use
        return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"
    finally:
        probe.close()
