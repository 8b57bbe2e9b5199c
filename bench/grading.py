"""From pressing Submit to the recorded verdict, over the real site: web, broker, grader, sandbox, database.

    python -m bench grading [--count 20] [--engine docker|bwrap]        one at a time
    python -m bench grading --open-loop 0.5 [--seconds 60]              arrivals that do not wait, RATE a second
    python -m bench grading --sustained [--seconds 60]                  as much as it can take, and who waits for whom
    python -m bench grading --leftovers 2000                            what so many gradings leave behind

One at a time is compared, in the same run, with the same cases in an already warm plain process, with pytest
in a process and with pytest in a cold `docker run`. Status 1 if something is not as it should be.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
from pathlib import Path
from statistics import median

from bench import _cells, _load
from bench._site import COURSE, OWN_COURSE, Learner, Running, site
from bench.figures import Series, goal, load, table
from bench.plain import ROOT, cold_times, pytest_times, warm_times

ALLOWED_FACTOR, ALLOWED_MS, COLD_FACTOR = 3.0, 150.0, 10.0
FIRST_LINE_MS, TRIVIAL_MS, TRIVIAL_P95_MS, WARM_MB, OF_CAPACITY = 30.0, 100.0, 250.0, 160.0, 0.75
IDLE_SECONDS, FILL_SECONDS = 20.0, 15.0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench grading", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--cold", type=int, default=3, help="runs of pytest, of several seconds each")
    parser.add_argument("--engine", choices=("docker", "runsc", "bwrap"))
    parser.add_argument("--exercise", default="sdpa")
    parser.add_argument(
        "--pause", type=float, default=7.0, help="seconds between submissions: the pool refills, and more is refused"
    )
    parser.add_argument("--open-loop", type=float, metavar="RATE", help="arrivals a second of a Poisson process")
    parser.add_argument("--sustained", action="store_true", help="more than can be graded, from many learners")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--leftovers", type=int, metavar="N", help="grade N times and look for what is left")
    options = parser.parse_args(argv)
    print(load(), flush=True)
    if options.leftovers:
        left = _cells.leftovers(options.engine, options.leftovers)
        print("\n".join(left))
        fine = not left
    elif options.open_loop:
        fine = in_open_loop(options)
    elif options.sustained:
        fine = under_full_load(options)
    else:
        fine = one_at_a_time(options)
    print(load())
    return int(not fine)


# ------------------------------------------------------------------------------------------ one at a time


def one_at_a_time(options: argparse.Namespace) -> bool:
    exercise = ROOT / "exercises" / options.exercise
    trivial = _cells.EXERCISES / "trivial"
    print(f"{options.exercise} and a trivial one: {options.count} each, one at a time. Starting the site …", flush=True)
    with site(options.engine, COURSE, OWN_COURSE) as running:
        (learner,) = running.learners(1)
        time.sleep(FILL_SECONDS)  # the pool fills at idle priority
        graded, hits = submissions(running, learner, exercise, options)
        least, trivial_hits = submissions(running, learner, trivial, options)
        idle(running)
        warm = _cells.memory()
        keeper = running.home / "keeper.sock"
        first = _cells.first_lines(options.engine, keeper, options.count)
    plain = Series(f"{options.exercise}, warm plain process", warm_times(exercise, options.count))
    rows = [plain, graded, least, first]
    rows.append(Series(f"{options.exercise}, pytest in a process", pytest_times(exercise, options.cold)))
    cold = cold_series(exercise, options.cold)
    print("\n" + table(rows + ([cold] if cold else []), plain))
    print(f"\npool hits: {hits} of {options.count}, {trivial_hits} of {options.count}")
    return all([*judge(plain, graded, cold), *judge_trivial(least, first), judge_memory(warm)])


def judge(plain: Series, graded: Series, cold: Series | None) -> list[bool]:
    allowed = ALLOWED_FACTOR * plain.median + ALLOWED_MS
    held = [goal(f"{graded.name}, p50 (3 × plain + 150 ms)", graded.median, allowed)]
    if cold is None:
        print("cold docker run: not measured, no engine or no image here")
        return held
    faster = cold.median / graded.median
    fine = faster >= COLD_FACTOR
    print(f"{faster:.1f} times faster than a cold container with pytest and torch, at least 10: {word(fine)}")
    return [*held, fine]


def judge_trivial(least: Series, first: Series) -> list[bool]:
    return [
        goal(f"{least.name}, p50", least.median, TRIVIAL_MS),
        goal(f"{least.name}, p95", least.percentile(0.95), TRIVIAL_P95_MS),
        goal(f"{first.name}, p50", first.median, FIRST_LINE_MS),
    ]


def judge_memory(warm: list[tuple[str, float]]) -> bool:
    """Of answer cells with torch alone: an exercise may ask for more, and a judge has worked already."""
    by_kind: dict[str, list[float]] = {}
    for preloaded, unique in warm:
        by_kind.setdefault(preloaded, []).append(unique)
    for preloaded, all_of_it in sorted(by_kind.items()):
        print(f"{len(all_of_it):3} cells with {preloaded:60} {median(all_of_it):6.0f} MB of their own (median)")
    alone = [unique for preloaded, unique in warm if preloaded.startswith("torch") and "sentence" not in preloaded]
    return goal("unique memory of a warm cell with torch, median", median(alone) if alone else 0.0, WARM_MB, "MB")


def word(fine: bool) -> str:
    return "held" if fine else "MISSED"


def submissions(running: Running, learner: Learner, exercise: Path, options: argparse.Namespace) -> tuple[Series, int]:
    """Press Submit again and again. Times until the verdict is in the database, and how many had a warm cell."""
    source = (exercise / "reference.py").read_text()
    database = sqlite3.connect(f"file:{running.home / 'db.sqlite3'}?mode=ro", uri=True, timeout=10)
    times, hits = [], 0
    for number in range(options.count + 1):
        began = time.perf_counter()
        # Another text each time, so that nothing could be remembered.
        pk = learner.submit(exercise.name, f"{source}\n# {number}\n")
        outcome, hit = wait_for_verdict(database, pk)
        took = (time.perf_counter() - began) * 1000
        if outcome != "passed":
            raise RuntimeError(f"the reference was graded {outcome}")
        if number:  # the first one still warms the judge
            times.append(took)
            hits += bool(hit)
        time.sleep(options.pause)
    return Series(f"{exercise.name}, Submit → recorded verdict", times), hits


def wait_for_verdict(database: sqlite3.Connection, pk: str) -> tuple[str, bool]:
    query = "SELECT outcome, json_extract(report, '$.receipt.pool_hit') FROM exercises_submission WHERE id = ?"
    until = time.monotonic() + 120
    while time.monotonic() < until:
        outcome, hit = database.execute(query, [pk]).fetchone()
        if outcome:
            return outcome, bool(hit)
        time.sleep(0.002)
    raise RuntimeError("no verdict within two minutes")


def idle(running: Running) -> None:
    """Processor time of the grader and everything it started while nobody asks for anything."""
    time.sleep(5)
    before = processor_seconds(running)
    time.sleep(IDLE_SECONDS)
    used = processor_seconds(running) - before
    print(f"an idle grader used {100 * used / IDLE_SECONDS:.2f} % of one core over {IDLE_SECONDS:.0f} s")


def processor_seconds(running: Running) -> float:
    total = 0.0
    for grader in running.graders():
        for process in [grader, *grader.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    return total


def cold_series(exercise: Path, count: int) -> Series | None:
    from sandbox import SandboxUnavailable, images
    from sandbox.docker import DockerEngine

    try:
        DockerEngine().close()
    except SandboxUnavailable:
        return None
    name = f"{exercise.name}, cold docker run, pytest and torch"
    return Series(name, cold_times(exercise, images.tag("python"), count))


# ----------------------------------------------------------------------------------------------- many at once


def in_open_loop(options: argparse.Namespace) -> bool:
    with site(options.engine, OWN_COURSE) as running:
        learners = running.learners(int(options.open_loop * options.seconds * 1.5) + 10)
        _cells.cold_start(learners.pop())
        time.sleep(FILL_SECONDS)
        arrivals, hits = _load.open_loop(running, learners, options.open_loop, options.seconds)
    plain = Series("trivial, warm plain process", warm_times(_cells.EXERCISES / "trivial", 20))
    print("\n" + table([plain, arrivals], plain))
    print(f"\npool hits: {100 * hits:.0f} %")
    return True


def under_full_load(options: argparse.Namespace) -> bool:
    with site(options.engine, OWN_COURSE) as running:
        learners = running.learners(42)
        _cells.cold_start(learners.pop())
        time.sleep(FILL_SECONDS)
        cost, inside = _cells.processor_seconds(options.engine, running.home / "keeper.sock", 5)
        before = _load.gradings_before_anothers_first(running, learners.pop(), learners[0])
        rate = _load.sustained(running, learners, options.seconds)
    cores = os.cpu_count() or 1
    print(f"a cell costs {cost:.2f} s of processor time, of which {inside:.2f} s in the cell")
    print(f"{cores} processors can have {cores / cost:.2f} a second, or {cores / inside:.2f} if nothing else cost any")
    share = rate * cost / cores
    print(
        f"graded {rate:.2f} a second: {100 * share:.0f} % of the first, at least 75 %: {word(share >= OF_CAPACITY)};",
        end="",
    )
    print(f" {100 * rate * inside / cores:.0f} % of the second")
    fair = goal("gradings of one learner's flood before another's first", before, 1, "gradings")
    return share >= OF_CAPACITY and fair
