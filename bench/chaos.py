"""Kill -9 of every program in every phase of a grading, hundreds of submissions in flight: is one lost?

    python -m bench chaos [--in-flight 200] [--engine docker|bwrap] [--dockerd]

The site is the real one under its supervisor. `--dockerd` starts an engine with the image of the machine's, for
that alone. Status 1 if a submission was lost, judged twice or never, or if
a cell outlived its owner by 30 seconds.
"""

from __future__ import annotations

import argparse
import itertools
import time
from contextlib import ExitStack

from bench._chaos import PHASES, Audit, Chaos, audit
from bench._dockerd import own_engine
from bench._engine import orphans
from bench._load import LAST_SECONDS, Feeder
from bench._site import OWN_COURSE, Running, site, until, waiting

EXERCISES = ("trivial", "bare")
ORPHAN_SECONDS = 30.0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--in-flight", type=int, default=200)
    parser.add_argument("--engine", choices=("docker", "bwrap"))
    parser.add_argument("--victims", nargs="*", help="default: every program")
    parser.add_argument("--exercises", nargs="*", default=EXERCISES, choices=EXERCISES, help="of bench/course")
    parser.add_argument("--phases", nargs="*", default=PHASES, choices=PHASES)
    parser.add_argument("--dockerd", action="store_true", help="kill Docker's engine too: one of our own, as root")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        engine = stack.enter_context(own_engine()) if options.dockerd else None
        more = {"DOCKER_HOST": engine.host} if engine else {}
        running = stack.enter_context(site("docker" if engine else options.engine, OWN_COURSE, **more))
        return run(running, Chaos(running, engine), options)


def run(running: Running, chaos: Chaos, options: argparse.Namespace) -> int:
    until(lambda: "grader" in running.pids(), 120, "the grader was started")
    victims = options.victims or sorted(chaos.pids())
    print(f"{options.in_flight} in flight; kill -9 of {', '.join(victims)}; {', '.join(options.phases)}", flush=True)
    feeder = Feeder(running, running.learners(options.in_flight // len(options.exercises)), options.exercises)
    feeder.start()
    until(lambda: waiting(running) >= options.in_flight * 0.9, 120, "enough are in flight")
    for phase, victim in itertools.product(options.phases, victims):
        in_flight = waiting(running)
        struck = chaos.strike((victim,), phase, lambda: None)
        print(
            f"  {phase:9} {victim:10} killed at {in_flight:4} in flight, back after {struck.back_after:4.1f} s",
            flush=True,
        )
    feeder.stop()
    began = time.monotonic()
    print(f"{waiting(running)} are still in flight; waiting for them …", flush=True)
    until(lambda: not waiting(running), LAST_SECONDS, "all were judged")
    print(f"all were judged after {time.monotonic() - began:.0f} s")
    left = orphans(chaos.seen, running.environment, ORPHAN_SECONDS)
    return told(audit(running, feeder.answered), feeder.unanswered, left)


def told(found: Audit, unanswered: int, left: list[str]) -> int:
    print(f"{found.rows} submissions, of which {found.again} were graded again; {unanswered} requests got no answer")
    for what, names in (
        ("lost", found.lost),
        ("without a verdict", found.waiting),
        ("judged wrongly", found.wrong),
        ("whose review is missing or doubled", found.unreviewed),
        ("cells that outlived their owner", left),
    ):
        print(f"  {what:36} {len(names):5}  {' '.join(names[:5])}")
    fine = found.fine and not left
    print("every submission ended with one verdict: held" if fine else "MISSED")
    return int(not fine)
