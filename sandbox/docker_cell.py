"""A container that speaks frames. What ended it is found out before anything of it is removed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sandbox import CellEnded, Ended, Profile, Usage
from sandbox.docker_attach import Attachment
from sandbox.frames import LOADED, READY, pack

__all__ = ["Counters", "DockerCell", "Host", "HostGone", "Launched"]

T = TypeVar("T")

WORD_SECONDS = 0.3
KILLED = 137


class HostGone(Exception):
    """Nobody can say any longer what ended a cell, so that its end proves nothing."""


@dataclass(frozen=True)
class Launched:
    """A container that runs, and the connection to its streams, which is the receiver's."""

    id: str
    mark: str  # by which its init tells the end of the program
    connection: socket.socket


class Counters(Protocol):
    """What is measured of a cell from outside."""

    def forget_peak(self) -> object: ...

    def usage(self) -> Usage: ...

    def out_of_memory(self) -> bool: ...


class Host(Protocol):
    """What a cell asks of its engine. Raises nothing but HostGone."""

    def group_of(self, container: str) -> Counters | None: ...

    def ran_out_of_memory(self, container: str) -> bool:
        """What the engine itself says, where no counter can be read."""

    def ended_itself(self, container: str) -> bool:
        """Whether the end of the container, told by nobody, must be the program's doing."""

    def remove(self, container: str) -> None: ...


class DockerCell:
    """`kill` may come from another thread than the one that speaks."""

    def __init__(
        self,
        container: str,
        host: Host,
        attachment: Attachment,
        profile: Profile,
        *,
        asked: float,
        counted: bool = True,
    ) -> None:
        """`asked`: the moment (monotonic) since when its life may count. `counted`: whether it can be measured."""
        self.id, self.profile = container, profile
        self._host, self._attachment, self._counted = host, attachment, counted
        self._group: Counters | None = None
        self._usage = Usage()
        self._until = asked + profile.limits.lifetime_seconds
        self._ended: CellEnded | None = None
        self._speaking, self._ending = threading.RLock(), threading.RLock()

    def wait_ready(self, deadline: float) -> None:
        self._expect(READY, deadline)
        self.find_group()

    def load(self, files: Mapping[str, bytes], entry: str, deadline: float) -> None:
        bundle = pack(files, entry)
        if self._group is not None:
            self._group.forget_peak()
        self.send(bundle, deadline)
        self._expect(LOADED, deadline)

    def send(self, frame: bytes, deadline: float) -> None:
        self._speak(lambda: self._attachment.send(frame, deadline))

    def receive(self, max_bytes: int, deadline: float) -> bytes:
        return self._speak(lambda: self._attachment.receive(max_bytes, deadline))

    def take_log(self) -> bytes:
        with self._speaking:
            if self._ended is None:
                with suppress(CellEnded):  # the next who speaks finds out
                    self._attachment.drain_log()
            return self._attachment.log.take()

    def usage(self) -> Usage:
        with self._ending:
            if self._ended is None and (group := self.find_group()) is not None:
                self._usage = group.usage()
            return self._usage

    def alive(self) -> bool:
        return self._ended is None and self._attachment.is_open()

    def kill(self) -> None:
        self._finish(CellEnded(Ended.EXITED, "it was killed"), explain=False)

    def lose(self, why: str) -> None:
        """End it because its host did. Whatever it was doing is nobody's fault."""
        self._finish(CellEnded(Ended.LOST, why), explain=False)

    def find_group(self) -> Counters | None:
        if self._group is None and self._counted:
            self._group = self._host.group_of(self.id)
        return self._group

    def _expect(self, answer: bytes, deadline: float) -> None:
        got = self.receive(len(READY) + len(LOADED), deadline)
        if got != answer:
            raise self._finish(CellEnded(Ended.PROTOCOL, f"{got!r} in place of {answer!r}"))

    def _speak(self, call: Callable[[], T]) -> T:
        with self._one_caller():
            return call()

    @contextmanager
    def _one_caller(self) -> Iterator[None]:
        with self._speaking:
            if self._ended is not None:
                raise self._ended
            try:
                yield
            except CellEnded as ended:
                raise self._finish(ended) from None

    def _finish(self, ended: CellEnded, *, explain: bool = True) -> CellEnded:
        """Make the cell dead, once. Returns why it is, which is the first reason found."""
        with self._ending:
            if self._ended is not None:
                return self._ended
            self.usage()
            try:
                self._ended = self._explain(ended) if explain else ended
            except HostGone as gone:
                self._ended = CellEnded(Ended.LOST, str(gone))
            self._attachment.hang_up()
            self._host.remove(self.id)
        with self._speaking:  # who waits for a frame has been woken by now
            self._attachment.close()
        return self._ended

    def _explain(self, ended: CellEnded) -> CellEnded:
        """What really ended the cell, where counters tell more than the connection."""
        if ended.ended in (Ended.EXITED, Ended.TIME, Ended.LOST) and self._out_of_memory(ended):
            return CellEnded(Ended.MEMORY, f"{self.profile.limits.memory_mb} MB allowed", ended.exit_code)
        if ended.ended is Ended.LOST and time.monotonic() >= self._until:
            return CellEnded(Ended.TIME, f"a cell lives for {self.profile.limits.lifetime_seconds:.0f} s")
        if ended.ended is Ended.LOST and self._host.ended_itself(self.id):
            return CellEnded(Ended.EXITED, "it ended with its whole sandbox")
        return ended

    def _out_of_memory(self, ended: CellEnded) -> bool:
        group = self.find_group()
        if group is not None and ended.ended is not Ended.LOST:
            return group.out_of_memory()
        # The engine hears of it a moment later. A kill is no proof of it, only a reason to wait.
        until = time.monotonic() + (WORD_SECONDS if ended.exit_code in (None, KILLED) else 0)
        while not (found := self._host.ran_out_of_memory(self.id)) and time.monotonic() < until:
            time.sleep(0.02)
        return found
