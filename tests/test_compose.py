"""docker-compose.yml and the images of its services: who may see what, and that they build."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest
import yaml

from learn.starting.engines import docker_answers
from sandbox.images.base import target_of
from sandbox.images.packages import Target

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict] = COMPOSE["services"]
SITE = {"web", "site-worker", "scheduler", "publish"}
GRADERS = {"grader-cpu", "grader-gpu"}
KEEPERS = {"keeper", "keeper-gpu"}
BASE = "anneal-base:bookworm"


def test_the_services_are_those_that_the_design_names():
    assert set(SERVICES) == {"db", "redis", *SITE, *GRADERS, *KEEPERS}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["gpu"]} == {
        "grader-gpu",
        "keeper-gpu",
    }
    assert not any("profiles" in service for name, service in SERVICES.items() if not name.endswith("-gpu"))


def test_only_keepers_get_the_socket_of_the_docker_engine():
    assert {name for name, service in SERVICES.items() if "docker.sock" in str(service)} == KEEPERS
    assert {name for name, service in SERVICES.items() if "DOCKER_HOST" in str(service)} == set()


@pytest.mark.parametrize("kind", ["", "-gpu"])
def test_only_graders_get_the_socket_of_a_keeper(kind):
    volume, keeper = f"keeper{kind}:/run/keeper", SERVICES[f"keeper{kind}"]
    grader = SERVICES["grader-gpu" if kind else "grader-cpu"]
    assert [name for name, service in SERVICES.items() if volume in service.get("volumes", ())] == (
        ["keeper", "grader-cpu"] if not kind else ["keeper-gpu", "grader-gpu"]
    )
    assert f"--user {grader['user'].split(':')[0]}" in keeper["command"][-1]  # the socket is theirs alone
    assert grader["environment"]["ANNEAL_KEEPER"] == keeper["environment"]["ANNEAL_KEEPER"] == "/run/keeper/keeper.sock"
    assert f"keeper{kind}" in grader["depends_on"]


@pytest.mark.parametrize("name", sorted(KEEPERS))
def test_a_keeper_knows_neither_the_queue_nor_the_site(name):
    keeper = SERVICES[name]
    assert keeper["networks"] == ["outside"] and "ports" not in keeper
    assert not {"REDIS_URL", "DATABASE_URL", "ANNEAL_SECRET_KEY"} & set(keeper["environment"])
    assert "packages" not in str(keeper["volumes"])


@pytest.mark.parametrize("name", sorted(GRADERS))
def test_a_grader_has_no_rights_over_the_machine(name):
    service = SERVICES[name]
    assert service["user"] != "0:0" and service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "pid" not in service and "cgroup" not in service and "outside" not in service["networks"]
    assert not any(volume.startswith(("/", ".")) for volume in service["volumes"])


@pytest.mark.parametrize("name", sorted(GRADERS))
def test_a_grader_knows_neither_the_database_nor_the_site_s_key(name):
    service = SERVICES[name]

    assert "data" not in service["networks"] and "front" not in service["networks"]
    assert "env_file" not in service
    assert not {"DATABASE_URL", "ANNEAL_SECRET_KEY", "EMAIL_URL"} & set(service["environment"])
    assert "POSTGRES" not in str(service) and "SECRET" not in str(service)


def test_only_the_site_speaks_with_the_database():
    assert {name for name, service in SERVICES.items() if "data" in service["networks"]} == SITE | {"db"}


def test_the_inner_networks_lead_nowhere_else():
    assert COMPOSE["networks"]["data"] == COMPOSE["networks"]["queue"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"web"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_that_stays_says_whether_it_is_healthy(name):
    check = SERVICES[name]["healthcheck"]
    if name == "publish":
        assert check == {"disable": True} and SERVICES[name]["restart"] == "no"
    else:
        assert check["test"][0] in ("CMD", "CMD-SHELL") and {"interval", "timeout", "retries"} <= set(check)
        assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SITE))
def test_the_site_runs_without_rights_it_does_not_need(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"] and service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not any(volume.startswith(("/", ".")) for volume in service["volumes"])


def test_every_secret_comes_from_the_environment_and_is_in_the_example():
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "ANNEAL_SECRET_KEY"):
        assert f"${{{name}:?" in text and f"\n{name}=\n" in example


def test_what_is_named_exists():
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
            assert "BASE" in service["build"]["args"]
        named = {volume.split(":")[0] for volume in service.get("volumes", ()) if volume[0] not in "/."}
        assert named <= set(COMPOSE["volumes"])


def test_graders_only_read_the_packages():
    for name in GRADERS:
        assert "packages:/packages:ro" in SERVICES[name]["volumes"]


def test_compose_itself_accepts_the_file():
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("docker's compose plugin is not on this machine")
    secrets = {"POSTGRES_PASSWORD": "a", "REDIS_PASSWORD": "b", "ANNEAL_SECRET_KEY": "c"}
    command = ["docker", "compose", "--profile", "gpu", "config", "--quiet"]

    found = subprocess.run(command, cwd=ROOT, env={**os.environ, **secrets}, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


# -------------------------------------------------------------------------------------------- images


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> Iterator[Path]:
    """A checkout with what the builds need from registries, fetched here: inside a build there may be no network."""

    if not docker_answers():
        pytest.skip("no Docker engine answers")
    api = docker.from_env().api
    if not any(BASE in (image["RepoTags"] or ()) for image in api.images()):
        pytest.skip(f"the base image {BASE} is not here: python -m sandbox setup --engine docker makes it")
    python = target_of(api, BASE)
    folder = tmp_path_factory.mktemp("context")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    bundle = ROOT / "platform" / "learn" / "static" / "dist"
    if not bundle.is_dir():
        pytest.skip("the front end's bundle is not built: ./run --setup-only builds it")
    shutil.copytree(bundle, folder / "containers" / "offline" / "dist")
    download(folder, python)
    yield folder
    for name in ("web", "grader"):
        with suppress(docker.errors.ImageNotFound):
            api.remove_image(f"anneal-test-{name}", force=True)
    api.prune_images({"dangling": True, "label": "anneal.stage=build"})


def download(context: Path, python: Target) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wheels = context / "containers" / "offline" / "wheels"
    words = ["-m", "pip", "download", "--quiet", *python.options(), "--dest", str(wheels)]
    # redis asks for it on the 3.11.2 of Debian's image, and pip decides by the Python that runs it.
    older = "async-timeout>=4.0.3"
    subprocess.run([sys.executable, *words, *extras["web"], *extras["grader"], older], check=True)


def build(context: Path, name: str) -> str:
    tag = f"anneal-test-{name}"
    options = {"dockerfile": f"containers/{name}.Dockerfile", "buildargs": {"BASE": BASE}, "network_mode": "none"}
    try:
        docker.from_env().images.build(path=str(context), tag=tag, rm=True, forcerm=True, **options)
    except docker.errors.BuildError as error:
        pytest.fail("".join(line.get("stream", "") for line in error.build_log) + str(error))
    return tag


def in_container(tag: str, *words: str, **options: object) -> str:
    """What a command prints inside; the test fails with it when the command does."""
    container = docker.from_env().containers.run(tag, list(words), detach=True, network_mode="none", **options)
    try:
        status = container.wait(timeout=240)["StatusCode"]
        said = container.logs().decode()
        assert status == 0, said
        return said
    finally:
        container.remove(force=True)


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
def test_the_image_of_the_grader_builds_and_holds_no_django_and_no_database_driver(context):
    tag = build(context, "grader")

    names = ("docker", "celery", "django", "psycopg", "torch", "learn")
    assert in_container(tag, "python", "-c", IMPORTS, *names).split() == ["docker", "celery"]
    assert "worker" in in_container(tag, "python", "-m", "graders", "--help")
