"""Brings the database up to date before the site serves: new, older, put back; in words where it cannot be used.

`python -m learn.starting.preparing` does it and no more.
"""

from __future__ import annotations

import os
import shutil
import sys

READY_STATUS, HOPELESS_STATUS = 0, 78  # the second is EX_CONFIG of sysexits.h: starting again changes nothing

SPARE_BYTES = 256 * 1024  # less than a write of the database needs beside it


class DatabaseUnusable(Exception):
    """It cannot be read or written. The message says what is wrong and what to do."""

    def __init__(self, message: str, hopeless: bool) -> None:
        super().__init__(message)
        self.hopeless = hopeless


def prepare_site() -> str:
    """Migrate where that is not done; the owner's sign-in link."""
    from django.conf import settings
    from django.db import DatabaseError, connections
    from django.utils import timezone

    from learn.accounts import owner_link

    try:
        migrate()
        return owner_link.make(settings.BASE_URL, timezone.now())
    except DatabaseError as error:
        raise unusable(error) from error
    finally:
        connections.close_all()


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    assert loader.graph is not None
    if executor.migration_plan(loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    for app, name in sorted(set(loader.applied_migrations) - set(loader.disk_migrations)):
        # The release before a migration can work on it, older ones need not.
        print(f"The database was written by a newer release of Anneal ({app} {name}): go back to that one soon.")


def unusable(error: Exception) -> DatabaseUnusable:
    from django.db import connection

    said = str(error).strip()
    if connection.vendor != "sqlite":
        remedy = "Is the server that DATABASE_URL names up, and does it let this user in?"
        return DatabaseUnusable(f"The database does not answer: {said}\n{remedy}", hopeless=False)
    path = connection.settings_dict["NAME"]
    if "full" in said or is_full(path):  # SQLite also says "disk I/O error" then
        remedy = "The disk is full: make room on it."
    elif "unable to open" in said or "readonly" in said:
        remedy = "Its file and its folder must be this user's to write."
    else:
        remedy = "Put a copy back as docs/operator/backup.md says. To begin anew without it, move the file away."
    return DatabaseUnusable(f"The database {path} cannot be used: {said}.\n{remedy}", hopeless=True)


def is_full(path: str) -> bool:
    try:
        return shutil.disk_usage(os.path.dirname(path) or ".").free < SPARE_BYTES
    except OSError:
        return False


def main() -> int:
    import django
    from django.db import DatabaseError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learn.settings")
    django.setup()
    try:
        migrate()
    except DatabaseError as error:
        print(unusable(error), file=sys.stderr)
        return HOPELESS_STATUS
    return READY_STATUS


if __name__ == "__main__":
    sys.exit(main())
