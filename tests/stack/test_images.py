"""The images of the services: they build without a network, and hold nothing that they should not."""

from __future__ import annotations

import pytest

from tests.checkout import copy_to
from tests.stack.images import build, build_online, in_container

IMPORTS = """
import importlib.util, sys
print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name)])
"""


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_of_the_site_builds_and_holds_no_torch_and_no_docker_client(context):
    tag = build(context, "web")

    assert in_container(tag, "python", "-c", IMPORTS, "django", "torch", "docker", "sandbox").split() == [
        "django",
        "sandbox",
    ]
    secret = {"ANNEAL_SECRET_KEY": "only-for-this-test", "DATABASE_URL": "sqlite:////tmp/db.sqlite3"}
    script = (
        "python manage.py migrate -v 0 && python manage.py course publish courses/llm-roadmap && ls var/static | wc -l"
    )
    said = in_container(
        tag,
        "sh",
        "-c",
        script,
        environment={**secret, "ANNEAL_PACKAGES": "/tmp/packages"},
        read_only=True,
        tmpfs={"/tmp": ""},
    )
    assert int(said.split()[-1]) > 3
    assert in_container(tag, "id", "-u").strip() == "10001"


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_builds_from_the_registries_too_with_a_front_end_of_its_own(context, tmp_path):
    copy_to(tmp_path)  # without what `context` holds for a build that has no network
    tag = build_online(tmp_path, "web")

    made = in_container(tag, "ls", "platform/learn/static/dist").split()
    assert {"workbench.js", "review.js", "plots.js"} <= set(made)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_of_the_grader_builds_and_holds_no_django_and_no_database_driver(context):
    tag = build(context, "grader")

    names = ("docker", "celery", "django", "psycopg", "torch", "learn")
    assert in_container(tag, "python", "-c", IMPORTS, *names).split() == ["docker", "celery"]
    assert "worker" in in_container(tag, "python", "-m", "graders", "--help")
