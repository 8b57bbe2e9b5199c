"""`python -m sandbox setup | doctor | keeper | sweep`: prepare cells, attack them, keep them, remove forgotten ones."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from sandbox import CellEnded, Engine, SandboxUnavailable

ENGINES = ("docker", "runsc", "bwrap")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        return int(options.run(options) or 0)
    except (SandboxUnavailable, CellEnded) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True)

    setup = commands.add_parser("setup", help="prepare the cells of an engine and try one")
    setup.add_argument("--base", help="the image to build on (default: a public Python image)")
    setup.add_argument("--force", action="store_true", help="build the image although it is there")
    setup.add_argument("--gpu", action="store_true", help="also the image of cells with an accelerator: gigabytes")
    setup.set_defaults(run=_setup)

    doctor = commands.add_parser("doctor", help="attack the isolation of the cells; exit 1 if anything did not hold")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.add_argument("--quick", action="store_true", help="only what a worker tries at its start")
    doctor.add_argument("--gpu", action="store_true", help="as a grader of the queue gpu: with this machine's devices")
    doctor.set_defaults(run=_doctor)

    keeper = commands.add_parser("keeper", help="speak to the Docker engine for graders that may not")
    keeper.add_argument("--socket", type=Path, default=os.environ.get("ANNEAL_KEEPER"), help="where to listen")
    keeper.add_argument("--user", type=int, metavar="UID", help="who may call, besides this user and root")
    keeper.add_argument("--gpu", action="store_true", help="lend this machine's accelerators, one to a cell")
    keeper.set_defaults(run=_keeper)

    sweep = commands.add_parser("sweep", help="remove cells whose owner is dead or whose time is over")
    sweep.add_argument("--every", type=float, metavar="SECONDS", help="again and again")
    sweep.set_defaults(run=_sweep)

    for command in (setup, doctor, keeper, sweep):
        command.add_argument("--engine", choices=ENGINES, default=os.environ.get("ANNEAL_ENGINE") or None)
    return parser


def _engine(name: str | None, gpu: bool = False) -> Engine:
    from sandbox.choosing import choose

    return choose(name, gpu=gpu)


def _setup(options: argparse.Namespace) -> None:
    from sandbox.setup import set_up

    set_up(options.engine or _answering(), base=options.base, force=options.force, gpu=options.gpu)


def _answering() -> str:
    """docker where an engine answers, whether or not its image is built; else bwrap."""
    from sandbox.docker_needs import connect

    try:
        connect().close()
        return "docker"
    except SandboxUnavailable as reason:
        print(f"{reason}: preparing bwrap cells")
        return "bwrap"


def _doctor(options: argparse.Namespace) -> int:
    from sandbox.doctor import report

    return report(_engine(options.engine, options.gpu), as_json=options.json, quick=options.quick)


def _keeper(options: argparse.Namespace) -> None:
    from sandbox.choosing import open_docker
    from sandbox.keeper.serving import Keeper

    # Before there is any thread, so that it is this one that takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    name = options.engine or "docker"
    if options.socket is None or name == "bwrap":
        raise SandboxUnavailable("a keeper is for docker or runsc, and needs --socket PATH or ANNEAL_KEEPER")
    logging.getLogger("sandbox").setLevel(logging.INFO)
    users = () if options.user is None else (options.user,)
    keeper = Keeper(options.socket, lambda: open_docker(name, gpu=options.gpu), users)
    try:
        keeper.engine()
    except SandboxUnavailable as reason:  # an engine that comes later is found by the next caller
        print(f"no cells yet: {reason}", file=sys.stderr, flush=True)
    print(f"keeper of {name} cells at {options.socket}", flush=True)
    keeper.serve_until({signal.SIGTERM, signal.SIGINT})


def _sweep(options: argparse.Namespace) -> None:
    from sandbox.reaper import reap

    reap(_engine(options.engine), every=options.every)


if __name__ == "__main__":
    sys.exit(main())
