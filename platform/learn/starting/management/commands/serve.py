"""`manage.py serve`: the whole platform on this machine under one supervisor. `./run` ends in it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from graders.broker import socket_path
from learn.accounts import owner_link
from learn.starting import family, ports
from learn.starting import home as homes
from learn.starting.engines import meaning_of_engine
from learn.starting.logs import Logs
from learn.starting.programs import programs
from learn.starting.supervisor import StartFailed, Supervisor


class Command(BaseCommand):
    help = "Run the site, its workers, a grader and the broker on this machine until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all")
        parser.add_argument("--port", type=int, help="default: the first free one from 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        home = homes.home()
        try:
            with homes.only_one(home):
                serve(home, options["host"], options["port"])
        except homes.AlreadyRunning as running:
            raise CommandError(homes.already_running(running)) from running
        except (ports.PortTaken, StartFailed, PermissionError, OperationalError) as error:
            raise CommandError(str(error)) from error


def serve(home: Path, host: str, port: int | None) -> None:
    began = time.monotonic()
    stop_leftovers(home)
    migrate_if_needed()
    listener = ports.listen(host, port)
    base_url = f"http://{ports.shown_host(listener)}:{listener.getsockname()[1]}"
    if port is None and listener.getsockname()[1] != ports.DEFAULT_PORT:
        print(f"Port {ports.DEFAULT_PORT} is taken; using {listener.getsockname()[1]}.")
    homes.prepare_socket(socket_path(home))
    logs = Logs(home / "logs")

    def remember(pids: dict[str, int]) -> None:
        state = {name: [pid, family.created(pid)] for name, pid in pids.items()}
        homes.write_state(home, {"supervisor": os.getpid(), "url": base_url, "processes": state})

    def announce() -> None:
        logs.say(greeting(base_url, home, time.monotonic() - began))

    connections.close_all()
    supervisor = Supervisor(programs(home, listener, base_url, os.environ), logs, announce, remember)
    try:
        supervisor.run()
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


def migrate_if_needed() -> None:
    """A database that was put back from a copy, or that a newer release finds, is brought up to date."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
        print("Brought the database up to date.")


def greeting(base_url: str, home: Path, seconds: float) -> str:
    return (
        f"\n  Anneal is ready ({seconds:.1f} s). This link signs you in as its owner, once:\n\n"
        f"      {sign_in_link(base_url)}\n\n"
        f"  {meaning_of_engine(os.environ)}\n"
        f"  Logs: {home / 'logs'}. Ctrl-C stops everything.\n"
    )


def sign_in_link(base_url: str) -> str:
    """The owner's, or the bare address when the database cannot give one: the site runs all the same."""
    try:
        return owner_link.make(base_url, timezone.now())
    except DatabaseError as error:
        return f"{base_url}\n\n  (A sign-in link could not be made: {error})"
    finally:
        connections.close_all()
