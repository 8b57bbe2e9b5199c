"""What a grader says of itself on the broker, every few seconds, while it can serve anybody."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

import redis

from graders.broker import redis_url
from graders.protocol import heartbeat_key

__all__ = ["HEARTBEAT_SECONDS", "Heartbeat"]

log = logging.getLogger("graders")

HEARTBEAT_SECONDS = 10


class Heartbeat(threading.Thread):
    """Says every few seconds which queues are served, so that the site can tell a learner when one is not.

    `trouble` says why this grader can serve nobody any longer, or nothing. Then it ends. While it is `away` it
    serves nobody and lives.
    """

    def __init__(
        self,
        queues: list[str],
        about: dict[str, str],
        trouble: Callable[[], str] = str,
        away: Callable[[], bool] = bool,
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.queues, self.about, self.stopped = queues, json.dumps(about), threading.Event()
        self.trouble, self.away, self.ended_by = trouble, away, ""

    def run(self) -> None:
        connection = redis.Redis.from_url(redis_url())
        while not self.stopped.is_set():
            if why := self.trouble():
                log.error("this grader ends: %s", why)
                self.ended_by = why
                os.kill(os.getpid(), signal.SIGTERM)
                break
            if not self.away():
                self._say(connection)
            self.stopped.wait(HEARTBEAT_SECONDS)
        with suppress(redis.RedisError):
            connection.delete(*map(heartbeat_key, self.queues))

    def _say(self, connection: redis.Redis) -> None:
        with suppress(redis.RedisError):
            for queue in self.queues:
                connection.set(heartbeat_key(queue), self.about, ex=3 * HEARTBEAT_SECONDS)
