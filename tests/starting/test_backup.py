"""docs/operator/backup.md, its commands run as they stand there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.running.machine import postgres_folder
from tests.starting.pages import commands
from tests.starting.site import ROOT

pytestmark = pytest.mark.slow

PAGE = "docs/operator/backup.md"
SOMEBODY = "kept@example.org"
ADD = f"from learn.accounts.models import User; User.objects.create_user({SOMEBODY!r})"
LOOK = "from learn.accounts.models import User; print(list(User.objects.values_list('email', flat=True)))"


class Checkout:
    """A folder with `.venv`, `manage.py` and a `var` of its own, in which the commands run."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / ".venv" / "bin" / "python").chmod(0o755)
        for name in ("manage.py", "platform", "graders", "sandbox", "courses", "exercises"):
            (folder / name).symlink_to(ROOT / name)
        mixed = ("DATABASE_URL", "ANNEAL_PACKAGES", "ANNEAL_SECRET_KEY")
        kept = {name: value for name, value in os.environ.items() if name not in mixed}
        self.environment = {**kept, "ANNEAL_HOME": str(folder / "var"), **variables}
        if programs := postgres_folder():
            self.environment["PATH"] = f"{programs}:{os.environ['PATH']}"

    def sh(self, script: str, **variables: str) -> str:
        ended = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, f"{script}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def manage(self, *words: str, **variables: str) -> str:
        return self.sh(f".venv/bin/python manage.py {shlex.join(words)}", **variables)

    def people(self, **variables: str) -> str:
        return self.manage("shell", "--command", LOOK, **variables)

    def fill(self) -> None:
        self.manage("migrate", "--verbosity", "0")
        self.manage("shell", "--command", ADD)
        (self.folder / "var" / "packages").mkdir()
        (self.folder / "var" / "packages" / "one").write_text("a package")

    def kept(self) -> dict[str, str]:
        return {name: (self.folder / "var" / name).read_text() for name in ("secret.key", "packages/one")}


def test_sqlite_is_kept_while_it_is_used_and_put_back(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.fill()
    before, (save, put_back) = checkout.kept(), commands(PAGE, "SQLite")

    checkout.sh(save)
    shutil.rmtree(tmp_path / "var")
    checkout.manage("migrate", "--verbosity", "0")
    assert SOMEBODY not in checkout.people()
    checkout.sh(put_back)

    assert SOMEBODY in checkout.people() and checkout.kept() == before
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


@pytest.fixture
def databases() -> Iterator[Callable[[str], str]]:
    """Makes empty PostgreSQL databases by name."""
    server = os.environ.get("ANNEAL_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("ANNEAL_TEST_POSTGRES_URL names no PostgreSQL: ./test starts one where it is installed")
    made: list[str] = []
    with psycopg.connect(server, autocommit=True) as connection:

        def make(name: str) -> str:
            made.append(f"{name}_{os.getpid()}")
            connection.execute(f"CREATE DATABASE {made[-1]}")
            return f"{server.rpartition('/')[0]}/{made[-1]}"

        yield make
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_postgresql_is_kept_and_put_back_into_the_same_database_and_into_an_empty_one(databases, tmp_path):
    first, second = databases("backup"), databases("restored")
    checkout = Checkout(tmp_path, DATABASE_URL=first)
    checkout.fill()
    before, (save, put_back) = checkout.kept(), commands(PAGE, "PostgreSQL")

    checkout.sh(save)
    checkout.manage("flush", "--no-input")
    assert SOMEBODY not in checkout.people()
    for address in (first, second):
        shutil.rmtree(tmp_path / "var")
        (tmp_path / "var").mkdir()
        checkout.sh(put_back, DATABASE_URL=address)
        assert SOMEBODY in checkout.people(DATABASE_URL=address) and checkout.kept() == before
        checkout.manage("migrate", "--check", DATABASE_URL=address)


def test_from_sqlite_to_postgresql(databases, tmp_path):
    checkout, address = Checkout(tmp_path), databases("moved")
    checkout.fill()
    checkout.manage("course", "publish", "courses/llm-roadmap")
    (move,) = commands(PAGE, "Another machine")

    checkout.sh(move.replace("postgres://…", address))

    assert SOMEBODY in checkout.people(DATABASE_URL=address)
    assert "is live already" in checkout.manage("course", "publish", "courses/llm-roadmap", DATABASE_URL=address)
