"""The database as a start finds it: none, of an older release, of a newer one, damaged, or in a folder that is full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from learn.starting.preparing import HOPELESS_STATUS
from learn.starting.supervisor import HOPELESS_STATUS as FOR_THE_SUPERVISOR
from tests.starting.alone import manage, serving


def web(home: Path, **variables: str) -> tuple[int | None, str]:
    """The web process until it is ready (None) or has ended (its status), and all it said."""
    with serving(home, **variables) as (process, said, _):
        return (None if said.ready else process.wait(30)), said.text


pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_where_there_is_none_it_is_made(home):
    assert web(home)[0] is None
    manage(home, "migrate", "--check")


def test_one_of_an_older_release_is_brought_up_to_date(home):
    manage(home, "migrate", "reviews", "0001", "--verbosity", "0")
    assert "0002" in manage(home, "showmigrations", "--plan").split("[ ]", 1)[1]

    assert web(home)[0] is None
    manage(home, "migrate", "--check")


def test_one_of_a_newer_release_is_named(home):
    manage(home, "migrate", "--verbosity", "0")
    with closing(sqlite3.connect(home / "db.sqlite3")) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('reviews', '9999_later', '2030-01-01')"
        )
        database.commit()

    status, said = web(home)
    assert status is None and "newer release of Anneal (reviews 9999_later)" in said


@pytest.mark.parametrize("damage", ["not a database at all, " * 50, "cut off"])
def test_a_damaged_one_is_refused_in_words_and_stays_as_it_is(home, damage):
    path = home / "db.sqlite3"
    if damage == "cut off":
        manage(home, "migrate", "--verbosity", "0")
        path.write_bytes(path.read_bytes()[:9000])
        (home / "db.sqlite3-wal").unlink(missing_ok=True)
    else:
        path.write_text(damage)
    before = path.read_bytes()

    status, said = web(home)
    assert status == HOPELESS_STATUS == FOR_THE_SUPERVISOR
    assert f"The database {path} cannot be used" in said and "docs/operator/backup.md" in said
    assert "Traceback" not in said and path.read_bytes() == before


def test_a_server_that_is_not_up_is_named_and_may_be_tried_again(home):
    status, said = web(home, DATABASE_URL="postgres://anneal@127.0.0.1:9/anneal")
    assert status == 1 and "DATABASE_URL" in said and "Traceback" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_named(home):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", home], check=True)
    try:
        status, said = web(home)
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)
    assert status == HOPELESS_STATUS and "The disk is full: make room on it." in said and "Traceback" not in said
