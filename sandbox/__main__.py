"""`python -m sandbox setup | doctor | sweep`: prepare cells, attack their isolation, remove forgotten ones."""

from __future__ import annotations

import argparse
import logging
import os
import sys

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
    setup.set_defaults(run=_setup)

    doctor = commands.add_parser("doctor", help="attack the isolation of the cells; exit 1 if anything did not hold")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    doctor.add_argument("--quick", action="store_true", help="only what a worker tries at its start")
    doctor.set_defaults(run=_doctor)

    sweep = commands.add_parser("sweep", help="remove cells whose owner is dead or whose time is over")
    sweep.add_argument("--every", type=float, metavar="SECONDS", help="again and again")
    sweep.set_defaults(run=_sweep)

    for command in (setup, doctor, sweep):
        command.add_argument("--engine", choices=ENGINES, default=os.environ.get("ANNEAL_ENGINE") or None)
    return parser


def _engine(name: str | None) -> Engine:
    from sandbox.choosing import choose

    return choose(name)


def _setup(options: argparse.Namespace) -> None:
    from sandbox.setup import set_up

    set_up(options.engine or _answering(), base=options.base, force=options.force)


def _answering() -> str:
    """docker where an engine answers, whether or not its image is built; else bwrap."""
    from sandbox.docker import connect

    try:
        connect().close()
        return "docker"
    except SandboxUnavailable as reason:
        print(f"{reason}: preparing bwrap cells")
        return "bwrap"


def _doctor(options: argparse.Namespace) -> int:
    from sandbox.doctor import report

    return report(_engine(options.engine), as_json=options.json, quick=options.quick)


def _sweep(options: argparse.Namespace) -> None:
    from sandbox.reaper import reap

    reap(_engine(options.engine), every=options.every)


if __name__ == "__main__":
    sys.exit(main())
