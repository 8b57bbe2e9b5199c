"""What a grader has in hand, said on the broker for as long as it lives: by its silence the site knows what it lost."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import redis

from graders.protocol import claim_key

__all__ = ["CLAIM_SECONDS", "Claims"]

# A grader that is stopped for longer is taken for dead. What it then answers too late does no harm.
CLAIM_SECONDS = 12
RENEWED_EVERY = 3.0
# Nobody grades for so long. What hangs all the same is given up here, so that another may take it.
HELD_SECONDS = 1800.0


class Claims(threading.Thread):
    """Renews the claims on what was taken until it is answered; then they lapse, while the verdict is recorded."""

    def __init__(self, connection: redis.Redis) -> None:
        super().__init__(name="claims", daemon=True)
        self.redis, self.stopped = connection, threading.Event()
        self._held: dict[str, float] = {}  # submission → when (monotonic) it was taken
        self._lock = threading.Lock()

    def take(self, submission: str) -> None:
        with self._lock:
            self._held[submission] = time.monotonic()
        self._say([submission])

    def let_go(self, submission: str) -> None:
        with self._lock:
            self._held.pop(submission, None)

    def run(self) -> None:
        while not self.stopped.wait(RENEWED_EVERY):
            with self._lock:
                held = [name for name, since in self._held.items() if time.monotonic() < since + HELD_SECONDS]
            self._say(held)

    def _say(self, submissions: list[str]) -> None:
        if not submissions:
            return
        with suppress(redis.RedisError):
            together = self.redis.pipeline(transaction=False)
            for submission in submissions:
                together.set(claim_key(submission), "1", ex=CLAIM_SECONDS)
            together.execute()
