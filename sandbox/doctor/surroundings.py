"""What the host offers to an attack, so that it has something to reach: ports, files, secrets, another cell.

Each is first used from outside the cell. Only then does its being out of reach mean anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["PORT_OF_OTHER", "Surroundings"]

VARIABLE = "ANNEAL_DOCTOR_SECRET"
FORBIDDEN = ("/root/.ssh", "/etc/shadow", "/etc/ssh", "/run/docker.sock", "/var/run/docker.sock", "/var/lib/docker")
# Where clouds tell a machine its keys, a public resolver, and the usual address of a container's host.
ELSEWHERE = (("169.254.169.254", 80), ("1.1.1.1", 53), ("172.17.0.1", 22), ("::1", 22), ("fe80::1%lo", 22))


PORT_OF_OTHER = 29717
ABSTRACT = sys.platform == "linux"  # names of sockets that are no files exist nowhere else


@dataclass
class Surroundings:
    """Listens on every address of this host, and under an abstract name."""

    tcp: socket.socket
    abstract: socket.socket
    secret: str
    secret_path: Path
    calls: int = 0  # connections that arrived

    @classmethod
    @contextmanager
    def prepare(cls) -> Iterator[Surroundings]:
        secret = secrets.token_hex(16)
        with contextlib.ExitStack() as stack:
            tcp = stack.enter_context(socket.create_server(("", 0)))
            abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            if ABSTRACT:
                abstract.bind(f"\0anneal-doctor-{secret}")
                abstract.listen()
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anneal-doctor-")), "secret")
            path.parent.chmod(0o755)
            path.write_text(secret)
            os.environ[VARIABLE] = secret
            stack.callback(os.environ.pop, VARIABLE)
            found = cls(tcp, abstract, secret, path)
            for listener in (tcp, abstract) if ABSTRACT else (tcp,):
                threading.Thread(target=found._count, args=(listener,), daemon=True).start()
            yield found
            for listener in (tcp, abstract):  # wakes the thread that accepts
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)

    def control(self) -> str:
        """What of it cannot be used even from outside; empty when all can."""
        try:
            addresses = self._addresses()
            for address in addresses:
                socket.create_connection((address, self._port), 2).close()
            if ABSTRACT:
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(self._abstract_name)
            self.secret_path.read_text()
        except OSError as error:
            return str(error)
        until = time.monotonic() + 2
        made = len(addresses) + ABSTRACT
        while self.calls < made and time.monotonic() < until:
            time.sleep(0.001)
        if self.calls != made:
            return f"{self.calls} calls arrived in place of {made}"
        self.calls = 0
        return ""

    def describe(self, marks: tuple[str, str], own_kernel: bool) -> bytes:
        """For the attacker. `marks`: of its own command line, and of the other cell's."""
        addresses: list[tuple[str, int]] = [(address, self._port) for address in self._addresses()]
        host: dict[str, Any] = {
            "addresses": [*addresses, *ELSEWHERE],
            "abstract": self._abstract_name[1:],
            "secret": self.secret,
            "secret_path": str(self.secret_path),
            "variable": VARIABLE,
            "forbidden": [*FORBIDDEN, *_files_at_home()],
            "own_kernel": own_kernel,
            "kernel": os.uname().release,
            "pid": os.getpid(),
            "command": _command(),
            "own_mark": marks[0],
            "mark": marks[1],
            "port_of_other": PORT_OF_OTHER,
        }
        return json.dumps(host).encode()

    @property
    def _port(self) -> int:
        return int(self.tcp.getsockname()[1])

    @property
    def _abstract_name(self) -> str:
        return f"\0anneal-doctor-{self.secret}"

    def _addresses(self) -> list[str]:
        """Loopback, and the address this host has for others, if it has one. Sends nothing."""
        found = ["127.0.0.1"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
            sock.connect(("192.0.2.1", 9))
            found.append(sock.getsockname()[0])
        return found

    def _count(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.close()
                self.calls += 1


def _command() -> str:
    with contextlib.suppress(OSError), open("/proc/self/cmdline", "rb") as file:
        return file.read(4096).decode(errors="replace")
    return "none that a cell could see"


def _files_at_home() -> list[str]:
    """Some that are there and that this process can read. A root folder is no home: every container has one."""
    with contextlib.suppress(OSError, RuntimeError):
        home = Path.home()
        found = sorted(path for path in home.iterdir() if path.is_file() and os.access(path, os.R_OK))
        return [str(path) for path in found[:5]] if home != Path("/") else []
    return []
