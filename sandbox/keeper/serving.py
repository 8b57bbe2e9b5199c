"""`python -m sandbox keeper`: listens, knows who calls, and removes what callers leave behind."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sandbox import SandboxUnavailable
from sandbox.keeper.caller import Bounds, Caller, Containers, peer_of
from sandbox.keeper.wire import encode

__all__ = ["Keeper"]

log = logging.getLogger(__name__)

SWEEP_SECONDS, ALIVE_SECONDS = 60.0, 30.0
WORKERS = 16
BACKLOG = 16


class Keeper:
    """`open_engine` is tried again for each caller until it works: an engine may come later than its keeper."""

    def __init__(
        self,
        path: Path,
        open_engine: Callable[[], Containers],
        users: Collection[int] = (),
        bounds: Bounds | None = None,
    ) -> None:
        self.path, self._open_engine, self._bounds = path, open_engine, bounds or Bounds()
        self._users = {os.geteuid(), *users}
        self._opened: Containers | None = None
        self._opening, self._lock = threading.Lock(), threading.Lock()
        self._callers: dict[Caller, threading.Thread] = {}
        self._stopped = threading.Event()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="keeper")
        self._listener = _listen(path, next(iter(users), None))

    def engine(self) -> Containers:
        """SandboxUnavailable with what is missing."""
        with self._opening:
            if self._opened is None:
                self._opened = self._open_engine()
            return self._opened

    def serve(self) -> None:
        """Until `stop`. Nothing that a caller started is left then."""
        threading.Thread(target=self._sweep, name="keeper-sweep", daemon=True).start()
        try:
            while not self._stopped.is_set():
                with suppress(OSError):
                    connection, _ = self._listener.accept()
                    self._welcome(connection)
        finally:
            self._close()

    def serve_until(self, signals: set[signal.Signals]) -> None:
        """`serve` until one of them comes. They must be blocked in every thread."""
        server = threading.Thread(target=self.serve, name="keeper-server")
        server.start()
        while server.is_alive() and signal.sigtimedwait(signals, ALIVE_SECONDS) is None:
            pass
        self.stop()
        server.join()

    def stop(self) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `serve`

    def _welcome(self, connection: socket.socket) -> None:
        pid, user = peer_of(connection)
        if user not in self._users:
            log.warning("process %s of user %s may not call", pid, user)
            return _send_away(connection, f"cells are for user {', '.join(map(str, sorted(self._users)))} alone")
        caller = Caller(connection, self.engine, self._workers, self._bounds)
        with self._lock:
            if self._stopped.is_set() or len(self._callers) >= self._bounds.callers:
                return _send_away(connection, f"{self._bounds.callers} callers at once are the most")
            thread = threading.Thread(target=self._serve, args=(caller,), name=f"caller-{pid}", daemon=True)
            self._callers[caller] = thread
        thread.start()

    def _serve(self, caller: Caller) -> None:
        try:
            caller.serve()
        finally:
            with self._lock:
                self._callers.pop(caller, None)

    def _sweep(self) -> None:
        """Whatever a keeper before this one, or a worker without a keeper, left when it was killed."""
        while True:
            with suppress(SandboxUnavailable):
                if removed := self.engine().sweep():
                    log.warning("%s cells removed whose owner is dead or whose time is over", removed)
            if self._stopped.wait(SWEEP_SECONDS):
                return

    def _close(self) -> None:
        self._listener.close()
        self.path.unlink(missing_ok=True)
        with self._lock:
            callers = dict(self._callers)
        for caller in callers:
            caller.hang_up()
        for thread in callers.values():
            thread.join(10)
        self._workers.shutdown()
        if self._opened is not None and (close := getattr(self._opened, "close", None)):
            close()  # waits for what is being removed


def _listen(path: Path, owner: int | None) -> socket.socket:
    """A socket that its owner alone can open; the kernel's word on who calls is checked besides."""
    path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            probe.connect(str(path))
            raise SandboxUnavailable(f"a keeper answers at {path} already")
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        if owner is not None and owner != os.geteuid():
            os.chown(path, owner, -1)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SandboxUnavailable(f"the keeper cannot listen at {path}: {error.strerror or error}") from None
    except SandboxUnavailable:
        listener.close()
        raise
    return listener


def _send_away(connection: socket.socket, why: str) -> None:
    with connection, suppress(OSError):
        connection.settimeout(1)
        connection.send(encode({"id": 0, "error": "unavailable", "detail": why}))
