"""The whole platform on this machine under one supervisor. `./run` ends here.

Without Django, which takes its time: the web process brings the database up to date and makes the
owner's link while the supervisor already listens.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from graders.broker import socket_path

from . import family, ports, stopping
from . import home as homes
from .engines import meaning_of_engine
from .logs import Logs
from .programs import programs
from .supervisor import StartFailed, Supervisor
from .web import READY


def main() -> int:
    arguments = add_arguments(argparse.ArgumentParser(prog="serve", description=__doc__)).parse_args()
    return serve(arguments.host, arguments.port)


def add_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all (%(default)s)")
    parser.add_argument("--port", type=int, help="default: the first free one from 8000")
    return parser


def serve(host: str, port: int | None) -> int:
    """Until a signal asks to stop. The exit status."""
    home = homes.home()
    try:
        stopping.listen()  # `./run` held what came since it called us
        with homes.only_one(home):
            supervise(home, host, port)
    except homes.AlreadyRunning as running:
        print(homes.already_running(running), file=sys.stderr)
        return 1
    except (ports.PortTaken, StartFailed, homes.FolderOfOthers) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(homes.unusable(home, error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")  # before the supervisor began to listen, or after it had ended
    return 0


def supervise(home: Path, host: str, port: int | None) -> None:
    began = time.monotonic()
    stop_leftovers(home)
    listener = ports.listen(host, port)
    chosen = listener.getsockname()[1]
    if port is None and chosen != ports.DEFAULT_PORT:
        print(f"Port {ports.DEFAULT_PORT} is taken; using {chosen}.", flush=True)
    base_url = os.environ.get("ANNEAL_BASE_URL") or f"http://{ports.shown_host(listener)}:{chosen}"
    homes.prepare_socket(socket_path(home))
    logs = Logs(home / "logs")

    def remember(pids: dict[str, int]) -> None:
        state = {name: [pid, family.created(pid)] for name, pid in pids.items()}
        with suppress(OSError):  # a disk that has become full must not end what runs
            homes.write_state(home, {"supervisor": os.getpid(), "url": base_url, "processes": state})

    def announce(said: dict[str, str]) -> None:
        link = said["web"].partition(READY)[2].strip()
        logs.say(greeting(link or base_url, home, time.monotonic() - began))

    try:
        Supervisor(programs(home, listener, base_url, os.environ), logs, announce, remember).run()
    finally:
        listener.close()
        (home / "run.json").unlink(missing_ok=True)
        logs.say("Stopped.")
        logs.close()


def stop_leftovers(home: Path) -> None:
    """A supervisor that was killed may have left programs that are still stopping."""
    processes = homes.read_state(home).get("processes")
    if isinstance(processes, dict) and (names := family.end_leftovers(processes)):
        print(f"Stopped what an earlier start left running: {', '.join(names)}.", file=sys.stderr)


def greeting(link: str, home: Path, seconds: float) -> str:
    return (
        f"\n  Anneal is ready ({seconds:.1f} s). This link signs you in as its owner, once:\n\n"
        f"      {link}\n\n"
        f"  {meaning_of_engine(os.environ)}\n"
        f"  Logs: {home / 'logs'}. Ctrl-C stops everything.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
