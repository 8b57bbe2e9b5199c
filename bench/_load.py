"""Many learners at a site: arrivals that do not wait for each other, and as many as it can take."""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
import urllib.error
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from bench._site import Learner, Running, until, waiting
from bench.figures import Series

SOURCE = "def double(x):\n    return 2 * x\n"
LAST_SECONDS = 900.0


class Feeder(threading.Thread):
    """Keeps every learner's every exercise in flight, until it is told to stop."""

    def __init__(self, running: Running, learners: list[Learner], exercises: Sequence[str]) -> None:
        super().__init__(name="feeder", daemon=True)
        self.running, self.stopped = running, threading.Event()
        self.free = list(itertools.product(learners, exercises))
        self.in_flight: dict[str, tuple[Learner, str]] = {}
        self.answered: list[str] = []
        self.unanswered = 0  # the web died before it answered: the learner knows that nothing is certain

    def run(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            while not self.stopped.is_set():
                places, self.free = self.free, []
                for place, pk in zip(places, pool.map(self.submit, places), strict=True):
                    if pk is None:
                        self.free.append(place)
                    else:
                        self.in_flight[pk] = place
                self.stopped.wait(0.5)
                queued = {pk for (pk,) in self.running.rows("SELECT id FROM exercises_submission WHERE state='queued'")}
                self.free += [self.in_flight.pop(pk) for pk in self.in_flight.keys() - queued]

    def submit(self, place: tuple[Learner, str]) -> str | None:
        if self.stopped.is_set():
            return None
        learner, exercise = place
        try:
            pk = learner.submit(exercise, SOURCE)
        except urllib.error.HTTPError as error:
            self.unanswered += error.code != 429  # too many a minute, which is as it should be
            return None
        except OSError:
            self.unanswered += 1
            return None
        self.answered.append(pk)
        return pk

    def stop(self) -> None:
        self.stopped.set()
        self.join()


def open_loop(running: Running, learners: list[Learner], rate: float, seconds: float) -> tuple[Series, float]:
    """Poisson arrivals of the trivial exercise: times to the recorded verdict, and the share of pool hits.

    An arrival does not wait for those before it. Each learner sends once: nobody is held to a rate.
    """
    rng, arrivals, moment = random.Random(1), [], 0.0
    while (moment := moment + rng.expovariate(rate)) < seconds and len(arrivals) < len(learners):
        arrivals.append(moment)
    came: dict[str, float] = {}

    def arrive(learner: Learner, at: float) -> None:
        came[learner.submit("trivial", SOURCE)] = at

    threads, began = [], time.time()
    for learner, arrival in zip(learners, arrivals, strict=False):
        time.sleep(max(0.0, began + arrival - time.time()))
        threads.append(threading.Thread(target=arrive, args=(learner, began + arrival)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    until(lambda: not waiting(running), LAST_SECONDS, "all were judged")
    query = "SELECT id, graded_at, json_extract(report, '$.receipt.pool_hit') FROM exercises_submission"
    rows = [row for row in running.rows(query) if row[0] in came]
    times = [(unix(graded) - came[pk]) * 1000 for pk, graded, _ in rows]
    hits = sum(bool(hit) for *_, hit in rows) / len(rows)
    return Series(f"{len(rows)} arrivals at {rate:g} a second", times), hits


def unix(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def sustained(running: Running, learners: list[Learner], seconds: float) -> float:
    """Gradings a second while more is in flight than can be graded."""
    feeder = Feeder(running, learners, ("trivial",))
    feeder.start()
    until(lambda: graded(running) >= 5, 120, "the first verdicts")
    began, before = time.monotonic(), graded(running)
    time.sleep(seconds)
    rate = (graded(running) - before) / (time.monotonic() - began)
    feeder.stop()
    until(lambda: not waiting(running), LAST_SECONDS, "all were judged")
    return rate


def graded(running: Running) -> int:
    return int(running.rows("SELECT count(*) FROM exercises_submission WHERE state = 'graded'")[0][0])


def gradings_before_anothers_first(running: Running, flood: Learner, other: Learner) -> int:
    """Of one who sends all at once, how many are graded before the first of another who comes right after."""
    places = itertools.product(("trivial", "bare"), ("submit", "run"))
    theirs = {flood.submit(exercise, f"{SOURCE}# {os.urandom(4).hex()}\n", mode) for exercise, mode in places}
    began = datetime.now(UTC)
    first = other.submit("trivial", f"{SOURCE}# {os.urandom(4).hex()}\n")
    until(lambda: not waiting(running), LAST_SECONDS, "all were judged")
    rows = running.rows("SELECT id, graded_at FROM exercises_submission WHERE graded_at >= ?", f"{began:%F %T.%f}")
    done = sorted(rows, key=lambda row: row[1])
    order = [pk for pk, _ in done]
    return sum(pk in theirs for pk in order[: order.index(first)])
