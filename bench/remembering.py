"""Reviews over a million events and a hundred thousand items, on SQLite and on PostgreSQL.

    python -m bench remembering [--learners 50] [--reviews 20000] [--database sqlite|postgres|both]

Pages are asked for as a browser does, through every layer but the network. Each figure stands beside the
one it must reach; the exit status is 1 where one does not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import Series

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Goal:
    """What must be reached: milliseconds at the 95th percentile."""

    name: str
    limit_ms: float


NEXT = Goal("next item", 30)
POST = Goal("posting a review", 40)
PAGE = Goal("statistics page", 200)
REFOLD = Goal("refold of a learner's whole log", 1000)
FIT = Goal("fit of 100,000 reviews", 2000)


@dataclass(frozen=True)
class Measured:
    """Wall times, and the median of the processor time this process took: what neighbours cannot add to.
    A database server's own is not in it."""

    goal: Goal
    wall: Series
    cpu_ms: float


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench remembering", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--reviews", type=int, default=20_000, help="of each learner")
    parser.add_argument("--count", type=int, default=60, help="how often each page is asked for")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inner:
        return measure(options)
    names = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    return max([run(name, argv) for name in names])


def run(name: str, argv: list[str]) -> int:
    """One database in a process of its own, since settings are read once."""
    with tempfile.TemporaryDirectory() as folder:
        home = {"ANNEAL_HOME": folder, "ANNEAL_PLAIN_STATIC": "1", "DJANGO_SETTINGS_MODULE": "learn.settings"}
        if name == "sqlite":
            return _inner(name, argv, home)
        from tests.running.machine import postgres, postgres_folder, short_folder

        if postgres_folder() is None:
            print("PostgreSQL: not measured, its programs are not on this machine (apt-get install postgresql)")
            return 0
        with short_folder() as place, postgres(place) as environment:
            (url,) = environment.values()
            return _inner(name, argv, home | {"DATABASE_URL": url})


def _inner(name: str, argv: list[str], environment: dict[str, str]) -> int:
    path = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
    command = [sys.executable, "-m", "bench", "remembering", *argv, "--inner", name]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path, **environment}).returncode


def measure(options: argparse.Namespace) -> int:
    import django

    (Path(os.environ["ANNEAL_HOME"]) / "static").mkdir(exist_ok=True)  # WhiteNoise looks for it
    django.setup()
    from django.core.management import call_command

    from bench._remembered import ITEMS, Size, make, said

    size = Size(options.learners, options.reviews)
    print(f"\n{options.inner}: {size.events:,} events of {size.learners} learners, {size.learners * ITEMS:,} items")
    call_command("migrate", verbosity=0)
    learners = make(size)
    said("measuring")
    rows, counts = pages(learners, options.count)
    rows += [refolding(learners), fitting(learners)]
    return report(rows, counts)


# --------------------------------------------------------------------------------------------- pages


def pages(learners: list[int], count: int) -> tuple[list[Measured], dict[str, tuple[int, int]]]:
    """Each page for learner after learner; and its queries for a long and a short history."""
    asked_of = learners[:-1][:10]
    clients = {learner: signed_in(learner) for learner in [*asked_of, learners[-1]]}
    asked = {NEXT: next_item, POST: post_review, PAGE: statistics}
    rows, counts = [], {}
    for goal, act in asked.items():
        for client in clients.values():
            act(client)  # texts are rendered once per process
        times = [milliseconds(act, clients[asked_of[turn % len(asked_of)]]) for turn in range(count)]
        rows.append(measured(goal, times))
        counts[goal.name] = (queries(act, clients[learners[0]]), queries(act, clients[learners[-1]]))
    return rows, counts


def signed_in(learner: int):
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(pk=learner))
    return client


def next_item(client) -> None:
    assert client.get("/reviews/next/").status_code == 200


def post_review(client) -> None:
    """A rating of a card, another one each time."""
    from ulid import ULID

    post_review.turn += 1
    item = f"bench/card:t{post_review.turn % 50}-c{post_review.turn // 50 % 24}"
    line = {"id": str(ULID()), "item": item, "rating": 3, "at": int(time.time() * 1000), "duration_ms": 5000}
    answer = client.post("/reviews/log/", json.dumps({"lines": [line]}), content_type="application/json")
    assert answer.json()["results"][0]["ok"], answer.content


post_review.turn = 0


def statistics(client) -> None:
    assert client.get("/reviews/memory/").status_code == 200


def milliseconds(act: Callable, *given) -> tuple[float, float]:
    """By the clock, and of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    act(*given)
    return 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked)


def measured(goal: Goal, times: list[tuple[float, float]]) -> Measured:
    walls, cpus = zip(*times, strict=True)
    return Measured(goal, Series(goal.name, list(walls)), median(cpus))


def queries(act: Callable, client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        act(client)
    return len(captured)


# ---------------------------------------------------------------------------------------- whole logs


def refolding(learners: list[int]) -> Measured:
    from django.contrib.auth import get_user_model

    from learn.reviews.refolding import refold

    users = [get_user_model().objects.get(pk=learner) for learner in learners[10:15] or learners[:1]]
    times = []
    for user in users:
        refold(user)  # a copy was made of another's cards, and days are drawn by learner
        times.append(milliseconds(refold, user))
        assert refold(user, write=False).is_same
    return measured(REFOLD, times)


def fitting(learners: list[int]) -> Measured:
    from django.contrib.auth import get_user_model

    from learn.reviews import calibration
    from learn.reviews.fitting import histories_of

    logs = []
    for learner in learners[:6]:
        known = histories_of(get_user_model().objects.get(pk=learner))
        logs += known.reviews
    known, kept = calibration.histories(logs), 100_000
    if len(known.recalls) > kept:
        known = calibration.Histories(known.reviews, known.recalls[:kept])
    print(f"  fitted to {len(known.recalls):,} recalls")
    return measured(FIT, [milliseconds(calibration.fit, known) for _ in range(3)])


def report(rows: list[Measured], counts: dict[str, tuple[int, int]]) -> int:
    missed, load = 0, os.getloadavg()[0]
    print(f"  load of this machine: {load:.1f} on {os.cpu_count()} processors; what it adds is in the times below")
    head = f"{'n':>4} {'median ms':>10} {'p95 ms':>9} {'must be':>9} {'cpu ms':>9}   queries (long, short history)"
    print(f"\n  {'':34} {head}")
    for row in rows:
        goal, series = row.goal, row.wall
        p95 = series.percentile(0.95)
        long, short = counts.get(goal.name, (0, 0))
        is_met = p95 <= goal.limit_ms and long <= short + 1
        missed += not is_met
        told = f"{long}, {short}" if long else ""
        line = (
            f"  {series.name:34} {len(series.times):4} {series.median:10.1f} {p95:9.1f} {goal.limit_ms:9.0f} "
            f"{row.cpu_ms:9.1f}   {told}"
        )
        print(line + ("" if is_met else "   MISSED"))
    return 1 if missed else 0
