"""docker-compose.yml in earnest: all its services from their own images, and a submission through all of them.

PostgreSQL and Redis are Debian's, where the public images cannot be pulled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.compose import Stack
from tests.stack.images import ROOT, build, stand_in
from tests.starting.pages import commands
from tests.starting.site import Owner, get, until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

STAYING = {"db", "redis", "web", "site-worker", "scheduler", "keeper", "grader-cpu"}


@pytest.fixture(scope="module")
def stack(context: Path) -> Iterator[Stack]:
    stack = Stack(
        context,
        ANNEAL_SITE_IMAGE=build(context, "web"),
        ANNEAL_GRADER_IMAGE=build(context, "grader"),
        POSTGRES_IMAGE=stand_in("postgres"),
        REDIS_IMAGE=stand_in("redis"),
        ANNEAL_POOL="1",
    )
    try:
        stack.compose("up", "--detach", "--no-build", "--pull", "never")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "20")


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Owner:
    until(lambda: reachable(stack), 180)
    return Owner(re.findall(r"http\S+", stack.inside("web", "python", "manage.py", "owner_link"))[0])


def reachable(stack: Stack) -> bool:
    try:
        return get(f"{stack.url}/readyz")[0] == 200
    except OSError:
        return False


def test_a_submission_goes_through_all_services(stack, owner):
    source = (ROOT / "exercises" / "sdpa" / "reference.py").read_text()
    workbench = f"{stack.url}/exercises/sdpa/"

    owner.post(f"{workbench}submit/", source=source, mode="submit")

    until(lambda: "board-headline passed" in owner.opener.open(workbench).read().decode(), 300)


def test_the_web_sees_no_engine_no_rights_and_no_way_out(stack):
    script = (
        "import os, socket\n"
        "assert not os.path.exists('/var/run/docker.sock') and os.getuid() == 10001\n"
        "status = open('/proc/self/status').read()\n"
        "assert 'CapEff:\\t0000000000000000' in status and 'NoNewPrivs:\\t1' in status\n"
        "try: open('/anneal/x', 'w')\n"
        "except OSError: print('as it should be')\n"
    )
    assert stack.inside("web", "python", "-c", script).strip() == "as it should be"


def test_a_grader_reaches_the_broker_and_neither_the_database_nor_the_engine(stack):
    script = (
        "import os, socket\n"
        "socket.create_connection(('redis', 6379), 5).close()\n"
        "assert not {'DATABASE_URL', 'ANNEAL_SECRET_KEY'} & set(os.environ)\n"
        "assert not os.path.exists('/var/run/docker.sock') and os.getuid() == 10002\n"
        "try: socket.create_connection(('db', 5432), 5)\n"
        "except OSError: print('as it should be')\n"
    )
    assert stack.inside("grader-cpu", "python", "-c", script).strip() == "as it should be"


def test_every_service_gets_healthy(stack):
    until(lambda: set(stack.states().values()) == {"healthy", "exited 0"}, 300)
    states = stack.states()
    assert states.pop("publish") == "exited 0" and set(states) == STAYING


def test_what_the_page_on_backups_says_keeps_everything_and_puts_it_back(stack, owner, tmp_path):
    save, put_back = commands("docs/operator/backup.md", "Docker Compose")
    count = "from learn.exercises.models import Submission; print('submissions:', Submission.objects.count())"

    def submissions() -> str:
        return stack.inside("web", "python", "manage.py", "shell", "--command", count).splitlines()[-1]

    before = submissions()
    stack.sh(save, tmp_path)
    stack.inside("web", "python", "manage.py", "flush", "--no-input")
    assert submissions() == "submissions: 0" != before
    stack.sh(put_back, tmp_path)

    until(lambda: reachable(stack), 120)
    assert submissions() == before and list((tmp_path / "packages").iterdir())
    assert owner.opener.open(f"{stack.url}/admin/").geturl() == f"{stack.url}/admin/"  # still signed in
