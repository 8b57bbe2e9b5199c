"""`./run`: set this checkout up where that is not done, then become the supervisor."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import NoReturn

from . import home as homes
from . import stopping
from .environments import VENV, own_environment, python_of
from .fresh import report, set_up
from .steps import Console, StepFailed


def main() -> int:
    arguments = parser().parse_args()
    home = homes.home()
    stopping.listen()
    try:
        with homes.only_one(home):
            pass  # refuses before anything is changed under a running site; `serve` takes the lock for good
        with homes.only_one_setup("Another start is setting this folder up; waiting for it …"):
            began = time.monotonic()
            with Console(home / "logs" / "setup.log") as console:
                set_up(console, home)
        if arguments.setup_only:
            print(f"Everything is set up ({time.monotonic() - began:.1f} s).")
            return 0
        become_the_supervisor(arguments)
    except homes.AlreadyRunning as running:
        print(homes.already_running(running), file=sys.stderr)
        return 1
    except StepFailed as failure:
        report(failure, home / "logs" / "setup.log")
        return 1
    except OSError as error:
        print(homes.unusable(home, error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next ./run goes on with what is not done yet.", file=sys.stderr)
        return 130
    raise AssertionError("unreachable")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="./run", description="Start Anneal on this machine.")
    found.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (default: %(default)s)"
    )
    found.add_argument("--port", type=int, help="default: the first free one from 8000")
    found.add_argument("--setup-only", action="store_true", help="set everything up and start nothing")
    return found


def become_the_supervisor(arguments: argparse.Namespace) -> NoReturn:
    python = str(python_of(VENV))
    words = [python, "-m", "learn.starting.serving", "--host", arguments.host]
    if arguments.port is not None:
        words += ["--port", str(arguments.port)]
    paths = os.pathsep.join([str(homes.ROOT / "platform"), str(homes.ROOT)])
    # Whoever stops us while the next program is still reading its modules is answered when it has (serving.serve).
    stopping.hold()
    os.execve(python, words, {**own_environment(), "PYTHONPATH": paths})
