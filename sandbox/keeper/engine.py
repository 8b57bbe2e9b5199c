"""Cells of a Docker engine for somebody who may not speak to it: a keeper starts them, their streams come here.

Frames go straight between this process and the container. The keeper is asked for what only it can
know or do: counters, a full share of the processor, the end.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

from sandbox import Cell, CellEnded, Ended, Profile, SandboxUnavailable, Usage
from sandbox.docker_attach import Attachment
from sandbox.docker_cell import DockerCell, HostGone
from sandbox.keeper.line import KeeperGone, Line, call
from sandbox.keeper.table import as_request

__all__ = ["KeptEngine"]

# A keeper that was killed is started again within seconds.
PATIENCE_SECONDS = 20.0


class KeptEngine:
    """`expected`: the engine that must be kept there, None for any. SandboxUnavailable if it is not."""

    for_strangers = True

    def __init__(self, path: Path, expected: str | None = None, patience: float = PATIENCE_SECONDS) -> None:
        self._path, self._patience, self._closed = path, patience, False
        self._house: House | None = None
        self._lock = threading.Lock()
        about = self._open().about
        self.name, self.own_kernel = str(about["name"]), bool(about["own_kernel"])
        self.devices = [str(name) for name in about["devices"]]
        if expected is not None and self.name != expected:
            self.close()
            raise SandboxUnavailable(
                f"the keeper at {path} has {self.name} cells, not {expected}: start it with --engine {expected}"
            )

    def start(self, profile: Profile, *, background: bool = False) -> Cell:
        return self._open().start(profile, background)

    def promote(self, cell: Cell) -> None:
        if isinstance(cell, DockerCell) and (house := self._house):
            house.line.tell("promote", cell=cell.id)

    def sweep(self) -> int:
        """What the keeper swept: never a cell of a living caller before its time is over."""
        try:
            return int(self._open().ask("sweep").get("value", 0))
        except (KeeperGone, SandboxUnavailable):
            return 0

    def describe(self) -> dict[str, str]:
        """What the keeper says now, or said last: its engine may have been replaced while its line held."""
        try:
            about = self._open().ask("hello")
        except (KeeperGone, SandboxUnavailable):
            with self._lock:
                about = self._house.about if self._house else {}
        return {**about.get("describe", {}), "keeper": str(self._path)}

    def out_of_service(self) -> str:
        """What the keeper says now; a keeper that is away for a moment is no reason to end."""
        if not self.devices:
            return ""
        try:
            return str(self._open().ask("hello")["out_of_service"])
        except (KeeperGone, SandboxUnavailable):
            return ""

    def what_it_cannot_hold(self) -> list[str]:
        with self._lock:
            found = list(self._house.about.get("cannot_hold", [])) if self._house else []
        return [sentence for sentence in found if "this process may" not in sentence]

    def close(self) -> None:
        with self._lock:
            self._closed, house = True, self._house
        if house is not None:
            house.close()

    def _open(self) -> House:
        """The keeper's line, made anew when the last one ended."""
        with self._lock:
            if self._closed:
                raise SandboxUnavailable("this engine is closed")
            if self._house is None or self._house.line.ended:
                self._house = House(self._path, self._patience)
            return self._house


class House:
    """What stands and falls with one connection to a keeper. The `Host` of its cells."""

    def __init__(self, path: Path, patience: float) -> None:
        self._cells: dict[str, DockerCell] = {}
        self._lock = threading.Lock()
        self.line: Line = call(path, patience, self._ended)
        try:
            self.about = self.ask("hello")
        except KeeperGone as gone:
            raise SandboxUnavailable(f"the keeper at {path} hung up: {gone}") from None
        except BaseException:
            self.line.close()
            raise

    def ask(self, what: str, **about: Any) -> dict[str, Any]:
        reply, descriptor = self.line.ask(what, **about)
        if descriptor is not None:
            os.close(descriptor)
        _raise_error(reply)
        return reply

    def start(self, profile: Profile, background: bool) -> Cell:
        asked = time.monotonic()
        try:
            reply, descriptor = self.line.ask("start", **as_request(profile), background=background)
        except KeeperGone as gone:
            raise CellEnded(Ended.LOST, str(gone)) from None
        _raise_error(reply)
        if descriptor is None:
            raise CellEnded(Ended.LOST, "the keeper sent no connection")
        connection = socket.socket(fileno=descriptor)
        attachment = Attachment(connection, profile.limits.log_kb * 1024, str(reply["mark"]))
        counted = bool(reply["counted"])
        cell = DockerCell(str(reply["cell"]), self, attachment, profile, asked=asked, counted=counted)
        with self._lock:
            self._cells[cell.id] = cell
        if self.line.ended:
            cell.lose("the keeper of the cells has ended")
        return cell

    def close(self) -> None:
        with self._lock:
            cells = list(self._cells.values())
        for cell in cells:
            cell.kill()
        self.line.close()

    # What cells ask for.

    def group_of(self, container: str) -> Counters | None:
        return Counters(self, container)

    def ran_out_of_memory(self, container: str) -> bool:
        return bool(self._value("engine_out_of_memory", container))

    def ended_itself(self, container: str) -> bool:
        return bool(self._value("ended_itself", container))

    def remove(self, container: str) -> None:
        with self._lock:
            self._cells.pop(container, None)
        self.line.tell("remove", cell=container)

    def _value(self, what: str, container: str) -> Any:
        try:
            return self.ask(what, cell=container).get("value")
        except (KeeperGone, CellEnded, SandboxUnavailable) as reason:
            raise HostGone(str(reason)) from None

    def _ended(self) -> None:
        with self._lock:
            cells = list(self._cells.values())
        for cell in cells:
            cell.lose("the keeper of the cells has ended")


class Counters:
    """Of one cell, read by the keeper."""

    def __init__(self, house: House, container: str) -> None:
        self._house, self._container = house, container

    def forget_peak(self) -> None:
        self._house.line.tell("reset_peak", cell=self._container)

    def usage(self) -> Usage:
        try:
            reply = self._house.ask("usage", cell=self._container)
        except (KeeperGone, CellEnded, SandboxUnavailable):
            return Usage()
        return Usage(reply.get("memory_peak_bytes"), reply.get("cpu_seconds"))

    def out_of_memory(self) -> bool:
        return bool(self._house._value("out_of_memory", self._container))


def _raise_error(reply: dict[str, Any]) -> None:
    detail = str(reply.get("detail", ""))
    if reply.get("error") == "lost":
        raise CellEnded(Ended.LOST, detail)
    if "error" in reply:
        raise SandboxUnavailable(detail)
