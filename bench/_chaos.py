"""Kill -9 at the worst moment: waits for a submission to be in a phase, strikes, and audits what became of all.

Where a phase is too short to meet, the program that would end it is stopped (SIGSTOP) for the moment.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import redis

from bench._dockerd import Dockerd
from bench._site import Learner, Running, until
from graders.broker import socket_url
from graders.protocol import TASK_RECORD, progress_channel

PHASES = ("queued", "claimed", "running", "judged", "recorded")
PREFIX = progress_channel("")


@dataclass(frozen=True)
class Struck:
    """Who died, and where a submission was at that moment."""

    victims: tuple[str, ...]
    phase: str
    submission: str
    back_after: float  # seconds until another process of each was started


@dataclass
class Chaos:
    """Strikes at one site."""

    running: Running
    engine: Dockerd | None = None  # one that may be killed too
    patience: float = 240.0  # seconds; a grader attacks itself before it serves, and the machine may be busy
    struck: list[Struck] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)  # every process that may have started cells

    def __post_init__(self) -> None:
        self.broker = redis.Redis.from_url(socket_url(self.running.home), socket_timeout=5)

    def pids(self) -> dict[str, int]:
        found = self.running.pids()
        self.seen.update(found.values())
        return found | ({"dockerd": self.engine.pid} if self.engine else {})

    def strike(self, victims: tuple[str, ...], phase: str, submit: Callable[[], str | None]) -> Struck:
        """Kill `victims` while what `submit` sends (any submission, if it tells no id) is in `phase`."""
        until(self.answers, 60, "the broker answers")
        before = self.pids()
        with self.reached(phase, submit) as submission:
            for name in victims:
                with suppress(ProcessLookupError):
                    os.kill(before[name], signal.SIGKILL)
        began = time.monotonic()
        until(lambda: all(self.is_back(name, before) for name in victims), 120, f"{victims} came back")
        self.struck.append(Struck(victims, phase, submission, time.monotonic() - began))
        return self.struck[-1]

    def answers(self) -> bool:
        try:
            return bool(self.broker.ping())
        except redis.RedisError:
            return False

    def is_back(self, name: str, before: dict[str, int]) -> bool:
        if name == "dockerd" and self.engine and not self.engine.answers():
            return False
        return self.pids().get(name, before[name]) != before[name]

    # -------------------------------------------------------------------------------------- the phases

    @contextmanager
    def reached(self, phase: str, submit: Callable[[], str | None]) -> Iterator[str]:
        """Within the block a submission is in `phase`; its id."""
        if phase == "queued":
            with self.stopped("grader"):
                yield submit() or self.any_queued()
        elif phase == "judged":
            with self.stopped("worker"), self.client().monitor() as commands:
                yield verdict_sent(commands, submit())
        else:
            with self.listening() as told:
                yield told(submit(), MOMENTS[phase])

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        pid = self.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def any_queued(self) -> str:
        """One that the broker holds, or that waits for its turn."""
        rows = self.running.rows("SELECT id FROM exercises_submission WHERE state = 'queued' LIMIT 1")
        return str(rows[0][0])

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(socket_url(self.running.home), socket_timeout=self.patience)

    @contextmanager
    def listening(self) -> Iterator[Callable[..., str]]:
        """Hear what graders and site tell; the yielded function waits for a message that it likes."""
        listener = self.client().pubsub()
        listener.psubscribe(PREFIX + "*")

        def told(pk: str | None, liked: Callable[[dict], bool]) -> str:
            for message in listener.listen():
                about = message["channel"].decode().removeprefix(PREFIX)
                if message["type"] == "pmessage" and pk in (None, about) and liked(json.loads(message["data"])):
                    return about
            raise ConnectionError("the broker went away")

        try:
            yield told
        finally:
            with suppress(redis.RedisError):
                listener.close()


# By what graders and site tell, which is no oftener than an eye can follow.
MOMENTS: dict[str, Callable[[dict], bool]] = {
    "claimed": lambda message: message["state"] == "running",
    "running": lambda message: message["state"] == "running" and message["done"] == 1,
    "recorded": lambda message: message["state"] == "recorded",
}


def verdict_sent(commands: redis.client.Monitor, pk: str | None) -> str:
    """Wait until the broker is given the verdict on `pk`, or on any; its id. The list itself may not show it:
    a worker that was stopped while it asked for the next message has been given it, and cannot take it."""
    for command in commands.listen():
        found = re.match(r'LPUSH site .*"body": "([^"]+)"', command["command"])
        if found and f'"{TASK_RECORD}"' in command["command"]:
            about = str(json.loads(base64.b64decode(found[1]))[1]["submission"])
            if pk in (None, about):
                return about
    raise ConnectionError("the broker went away")


# Takes its time, so that there is a while in which it runs.
SLOW = "import time\ntime.sleep(0.3)\ndef double(x):\n    time.sleep(0.3)\n    return 2 * x\n"


def submitted(learner: Learner, answered: list[str]) -> str:
    """Have `learner` submit it; its id, which is also noted in `answered`."""
    answered.append(learner.submit("bare", SLOW))
    return answered[-1]


# ------------------------------------------------------------------------------------------- the audit


@dataclass(frozen=True)
class Audit:
    """What became of every submission."""

    rows: int
    lost: list[str]  # the learner was answered, and there is no row
    waiting: list[str]
    wrong: list[str]  # judged otherwise than passed
    unreviewed: list[str]  # a verdict without the review it causes, or a review without its verdict
    again: int  # rows that were sent more than once

    @property
    def fine(self) -> bool:
        return not (self.lost or self.waiting or self.wrong or self.unreviewed)


def audit(running: Running, answered: list[str]) -> Audit:
    rows = running.rows("SELECT id, state, outcome, resends, report IS NOT NULL FROM exercises_submission")
    reviews = {pk for (pk,) in running.rows("SELECT id FROM reviews_reviewevent WHERE kind != 'join'")}
    known, graded = {row[0] for row in rows}, {row[0] for row in rows if row[1] == "graded"}
    return Audit(
        rows=len(rows),
        lost=sorted(set(answered) - known),
        waiting=sorted(known - graded),
        wrong=[f"{row[0]}: {row[2]}" for row in rows if row[1] == "graded" and (row[2] != "passed" or not row[4])],
        unreviewed=sorted(graded ^ reviews),
        again=sum(row[3] > 0 for row in rows),
    )
