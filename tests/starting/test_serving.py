"""The whole platform under its supervisor, as `./run` starts it: every program real."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from learn.starting.engines import docker_answers
from tests.starting.site import ROOT, Owner, Site, belonging_to, get, until

PROGRAMS = {"broker", "web", "worker", "scheduler", "keeper", "grader"}
pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    if not docker_answers():
        pytest.skip("no Docker engine answers: ./run would fetch 1.5 GB for cells of bwrap")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("serving") / "home"


@pytest.fixture(scope="module")
def site(home) -> Iterator[Site]:
    site = Site(home, DATABASE_URL=f"sqlite:///{home}/db.sqlite3")
    site.wait_ready()
    yield site
    if site.process.poll() is None:
        site.stop()


def test_the_link_that_is_printed_signs_the_owner_in(site):
    owner = Owner(site.link)

    assert owner.cookie("sessionid")
    assert owner.opener.open(f"{site.url}/admin/").geturl() == f"{site.url}/admin/"


def test_every_program_runs_and_is_ready(site):
    until(lambda: set(site.pids()) == PROGRAMS)
    assert get(f"{site.url}/readyz") == (200, "database: ok\nbroker: ok\n")


def test_a_grader_gets_no_address_of_the_database(site):
    environment = Path(f"/proc/{site.pids()['grader']}/environ").read_bytes()
    assert b"DATABASE_URL" not in environment and b"REDIS_URL" in environment
    assert b"DATABASE_URL" in Path(f"/proc/{site.pids()['worker']}/environ").read_bytes()


def test_only_the_keeper_is_told_the_way_to_the_engine(site):
    until(lambda: {"keeper", "grader"} <= set(site.pids()))
    grader = Path(f"/proc/{site.pids()['grader']}/environ").read_bytes()
    keeper = Path(f"/proc/{site.pids()['keeper']}/environ").read_bytes()
    assert b"ANNEAL_KEEPER=" in grader and b"DOCKER_" not in grader
    assert b"\0REDIS_URL=" not in keeper and b"\0DATABASE_URL=" not in keeper


def test_the_broker_keeps_what_it_holds_and_evicts_nothing(site):
    config = site.broker().config_get("*")
    assert config["appendonly"] == "yes" and config["maxmemory-policy"] == "noeviction" and config["port"] == "0"


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_killed_program_comes_back(site, name):
    if name == "broker":
        site.broker().rpush("kept", "through a kill")
        time.sleep(1.2)  # written to disk each second
    first = site.pids()[name]

    os.kill(first, signal.SIGKILL)
    # The listening socket is the supervisor's: whoever asks now waits a moment and is answered.
    assert get(f"{site.url}/healthz") == (200, "ok\n")
    until(lambda: site.pids()[name] != first)

    assert psutil.pid_exists(site.pids()[name])
    if name == "broker":
        until(lambda: "broker: ok" in get(f"{site.url}/readyz")[1])
        assert site.broker().lrange("kept", 0, -1) == [b"through a kill"]


def test_a_second_start_in_the_same_folder_is_refused_and_says_where_the_first_is(site, home):
    second = Site(home)
    assert second.process.wait(60) == 1
    assert f"already runs here at {site.url} (process {site.process.pid}" in second.said()
    assert "owner_link" in second.said() and get(f"{site.url}/healthz")[0] == 200


def test_a_taken_port_is_refused_when_it_was_asked_for_and_passed_over_when_not(site, tmp_path):
    port = int(site.url.rsplit(":", 1)[1])
    other = Site(tmp_path / "asked", "--port", str(port))
    assert other.process.wait(300) != 0
    assert f"Port {port} is taken by" in other.said() and "Traceback" not in other.said()

    with socket.socket() as holder:  # so that 8000 is taken whether or not the first one has it
        with suppress(OSError):
            holder.bind(("127.0.0.1", 8000))
            holder.listen()
        free = Site(tmp_path / "asked")
        try:
            free.wait_ready()
            assert "Port 8000 is taken; using" in free.said() and get(f"{free.url}/healthz") == (200, "ok\n")
        finally:
            assert free.stop() == 0


def test_ctrl_c_leaves_nothing_running_and_a_second_start_takes_seconds(site, home):
    pids = site.pids()
    assert site.stop(signal.SIGINT) == 0

    assert site.said().rstrip().endswith("Stopped.")
    assert belonging_to(home) == []
    assert containers(pids["keeper"]) == containers(pids["grader"]) == []
    again = [restart(home) for _ in range(2)]
    assert min(again) < 5, again


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.5, 1, 2, 4])
def test_ctrl_c_at_any_moment_leaves_nothing(home, seconds):
    site = Site(home, DATABASE_URL=f"sqlite:///{home}/db.sqlite3")
    time.sleep(seconds)
    site.stop(signal.SIGINT)

    assert belonging_to(home) == []


def restart(home: Path) -> float:
    site = Site(home, DATABASE_URL=f"sqlite:///{home}/db.sqlite3")
    try:
        seconds = site.wait_ready()
        assert get(f"{site.url}/readyz")[0] == 200
        return seconds
    finally:
        assert site.stop(signal.SIGTERM) == 0


def containers(pid: int) -> list[str]:
    """Cells that a process started and that are still there: a container is no child of ours."""
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"name=anneal-{pid}-"]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def test_a_start_right_after_the_supervisor_was_killed_finds_the_house_in_order(home):
    first = Site(home)
    first.wait_ready()
    first.process.kill()
    first.process.wait()

    second = Site(home)
    second.wait_ready()
    assert get(f"{second.url}/readyz") == (200, "database: ok\nbroker: ok\n")
    assert second.stop() == 0
    assert belonging_to(home) == []


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    server = os.environ.get("ANNEAL_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("ANNEAL_TEST_POSTGRES_URL names no PostgreSQL: ./test starts one where it is installed")
    name = f"serving_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("dies", ["grader", "keeper"])
def test_on_postgresql_and_redis_a_submission_is_graded_through_a_death(database, tmp_path, dies):
    broker = os.environ.get("ANNEAL_TEST_REDIS_URL")
    if not broker:
        pytest.skip("ANNEAL_TEST_REDIS_URL names no Redis: ./test starts one where it is installed")
    site = Site(tmp_path / "home", DATABASE_URL=database, REDIS_URL=broker)
    try:
        site.wait_ready()
        until(lambda: set(site.pids()) == PROGRAMS - {"broker"})
        assert get(f"{site.url}/readyz") == (200, "database: ok\nbroker: ok\n")
        owner, source = Owner(site.link), (ROOT / "exercises" / "sdpa" / "reference.py").read_text()

        owner.post(f"{site.url}/exercises/sdpa/submit/", source=source, mode="submit")
        os.kill(site.pids()[dies], signal.SIGKILL)

        until(lambda: graded(database), seconds=240)
        assert graded(database) == [("passed", 1.0)]
    finally:
        assert site.stop() == 0
    assert belonging_to(tmp_path / "home") == []


def graded(database: str) -> list[tuple[str, float]]:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT outcome, score FROM exercises_submission WHERE state = 'graded'").fetchall()
