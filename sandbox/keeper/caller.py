"""One connection to a keeper: what it may ask, and the cells that it started, which end with it."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from sandbox import CellEnded, Profile, SandboxUnavailable
from sandbox.cgroups import Group
from sandbox.docker_cell import Launched
from sandbox.keeper import table
from sandbox.keeper.wire import MAX_MESSAGE, Malformed, Message, decode, encode

__all__ = ["Bounds", "Caller", "Containers", "peer_of"]

log = logging.getLogger(__name__)

SEND_SECONDS = 5


class Containers(Protocol):
    """What a keeper needs of its engine."""

    name: str
    own_kernel: bool

    def launch(self, profile: Profile, *, background: bool = False) -> Launched: ...

    def group_of(self, container: str) -> Group | None: ...

    def give_full_share(self, container: str, group: Group | None, cpus: float) -> None: ...

    def ran_out_of_memory(self, container: str) -> bool: ...

    def ended_itself(self, container: str) -> bool: ...

    def remove(self, container: str) -> None: ...

    def sweep(self) -> int: ...

    def describe(self) -> dict[str, str]: ...

    def what_it_cannot_hold(self) -> list[str]: ...


@dataclass(frozen=True)
class Bounds:
    """What one caller may do, and how many callers there are. More makes it wait, or is refused."""

    callers: int = 16
    cells: int = 64  # alive or starting, per caller
    slow: int = 8  # requests at once that the engine is asked for, per caller
    per_second: float = 1000.0
    burst: float = 2000.0


@dataclass
class Kept:
    """A container that runs for a caller."""

    group: Group | None
    cpus: float


class Caller:
    """Reads in a thread of its own. What asks the engine is done by `workers`, so that counters are never behind it."""

    def __init__(
        self, connection: socket.socket, engine: Callable[[], Containers], workers: Executor, bounds: Bounds
    ) -> None:
        self._socket, self._engine, self._workers, self._bounds = connection, engine, workers, bounds
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        self._cells: dict[str, Kept] = {}
        self._starting, self._closed = 0, False
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._slow_slots = threading.Semaphore(bounds.slow)
        self._tokens, self._told = bounds.burst, time.monotonic()
        self._quick: dict[str, Callable[[str], Message]] = {
            "promote": self._promote,
            "reset_peak": self._reset_peak,
            "usage": self._usage,
            "out_of_memory": self._out_of_memory,
            "remove": self._remove,
        }
        self._slow: dict[str, Callable[[str], Message]] = {
            "engine_out_of_memory": lambda cell: {"value": self._engine().ran_out_of_memory(cell)},
            "ended_itself": lambda cell: {"value": self._engine().ended_itself(cell)},
        }

    def serve(self) -> None:
        """Until it hangs up or sends nonsense. Then nothing of it is left."""
        try:
            while data := self._socket.recv(MAX_MESSAGE + 1):
                self._wait_for_turn()
                self._take(decode(data))
        except Malformed as error:
            log.warning("a caller sent nonsense, which ends its connection: %s", error)
        except OSError:
            pass
        finally:
            self._end()

    def hang_up(self) -> None:
        """From another thread: `serve` returns soon."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    # ------------------------------------------------------------------------------------ requests

    def _take(self, message: Message) -> None:
        number, what, cell = message.pop("id", None), message.pop("do", None), message.get("cell")
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(what, str):
            raise Malformed("a request has a number and says what to do")
        if what in self._quick or what in self._slow:
            if set(message) != {"cell"} or not isinstance(cell, str):
                raise Malformed(f"{what} is about a cell, and nothing else")
            return self._take_about(number, what, cell)
        if what == "start":
            return self._later(number, lambda: self._start(number, message))
        if what == "sweep" and not message:
            return self._later(number, lambda: {"value": self._engine().sweep()})
        if what == "hello" and not message:
            return self._later(number, self._hello)
        raise Malformed(f"there is no request {what[:40]!r} of that form")

    def _take_about(self, number: int, what: str, cell: str) -> None:
        if cell not in self._cells:
            self._reply(number, {"error": "refused", "detail": "this caller has no such cell"})
        elif what in self._quick:
            self._answer(number, lambda: self._quick[what](cell))
        else:
            self._later(number, lambda: self._slow[what](cell))

    def _later(self, number: int, work: Callable[[], Message | None]) -> None:
        self._slow_slots.acquire()
        try:
            self._workers.submit(self._answer, number, work).add_done_callback(lambda _: self._slow_slots.release())
        except RuntimeError:  # the keeper stops
            self._slow_slots.release()
            raise OSError("the keeper stops") from None

    def _answer(self, number: int, work: Callable[[], Message | None]) -> None:
        try:
            reply = work()
        except table.Refused as error:
            reply = {"error": "refused", "detail": str(error)}
        except SandboxUnavailable as error:
            reply = {"error": "unavailable", "detail": str(error)}
        except CellEnded as ended:
            reply = {"error": "lost", "detail": ended.detail}
        except Exception as error:
            log.exception("a request failed")
            reply = {"error": "lost", "detail": f"the keeper failed: {type(error).__name__}"}
        if reply is not None:
            self._reply(number, reply)

    def _reply(self, number: int, reply: Message, descriptor: int | None = None) -> bool:
        """Whether it was sent. A caller that does not read its replies is hung up on."""
        if len(str(reply.get("detail", ""))) > 2000:
            reply = {**reply, "detail": reply["detail"][:2000]}
        try:
            with self._sending:
                data = encode({"id": number, **reply})
                if descriptor is None:
                    self._socket.send(data)
                else:
                    socket.send_fds(self._socket, [data], [descriptor])
            return True
        except OSError:
            self.hang_up()
            return False

    def _hello(self) -> Message:
        engine = self._engine()
        devices = getattr(engine, "devices", None)
        return {
            "name": engine.name,
            "devices": devices.names() if devices else [],
            "out_of_service": getattr(engine, "out_of_service", str)(),
            "own_kernel": engine.own_kernel,
            "describe": engine.describe(),
            "cannot_hold": engine.what_it_cannot_hold(),
        }

    def _start(self, number: int, asked: Message) -> None:
        background = asked.pop("background", False)
        if not isinstance(background, bool):
            raise table.Refused("background is true or false")
        profile = table.profile_of(asked)
        with self._lock:
            if len(self._cells) + self._starting >= self._bounds.cells:
                raise table.Refused(f"a caller has at most {self._bounds.cells} cells")
            self._starting += 1
        try:
            launched = self._engine().launch(profile, background=background)
        finally:
            with self._lock:
                self._starting -= 1
        kept = Kept(self._engine().group_of(launched.id), profile.limits.cpus)
        with self._lock:
            if not self._closed:
                self._cells[launched.id] = kept
        reply = {"cell": launched.id, "mark": launched.mark, "counted": kept.group is not None}
        # From here on the caller alone holds the connection: when it ends, the cell does.
        with launched.connection as connection:
            sent = not self._closed and self._reply(number, reply, connection.fileno())
        if not sent:
            self._forget(launched.id)
            self._engine().remove(launched.id)

    def _promote(self, cell: str) -> Message:
        kept = self._cells[cell]
        self._engine().give_full_share(cell, kept.group, kept.cpus)
        return {}

    def _reset_peak(self, cell: str) -> Message:
        if group := self._cells[cell].group:
            group.forget_peak()
        return {}

    def _usage(self, cell: str) -> Message:
        usage = group.usage() if (group := self._cells[cell].group) else None
        return {
            "memory_peak_bytes": usage.memory_peak_bytes if usage else None,
            "cpu_seconds": usage.cpu_seconds if usage else None,
        }

    def _out_of_memory(self, cell: str) -> Message:
        group = self._cells[cell].group
        return {"value": group.out_of_memory() if group else None}

    def _remove(self, cell: str) -> Message:
        self._forget(cell)
        self._engine().remove(cell)
        return {}

    def _forget(self, cell: str) -> None:
        with self._lock:
            self._cells.pop(cell, None)

    # ------------------------------------------------------------------------------------- bounds

    def _wait_for_turn(self) -> None:
        """So many requests a second, and the next waits; what waits further, waits on the caller's side."""
        now = time.monotonic()
        self._tokens = min(self._bounds.burst, self._tokens + (now - self._told) * self._bounds.per_second)
        self._told = now
        if self._tokens < 1:
            time.sleep((1 - self._tokens) / self._bounds.per_second)
        self._tokens -= 1

    def _end(self) -> None:
        with self._lock:
            self._closed = True
            cells = list(self._cells)
            self._cells.clear()
        with self._sending:
            self._socket.close()
        for cell in cells:
            self._engine().remove(cell)


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the kernel knows them."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, user, _ = struct.unpack("3i", raw)
    return pid, user
