"""docker-compose.yml: who may see what, and whether Compose itself accepts it. tests/stack brings it up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.stack.compose import compose_program

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict] = COMPOSE["services"]
SITE = {"web", "site-worker", "scheduler", "publish"}
GRADERS = {"grader-cpu", "grader-gpu"}
KEEPERS = {"keeper", "keeper-gpu"}


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
    secrets = {"POSTGRES_PASSWORD": "a", "REDIS_PASSWORD": "b", "ANNEAL_SECRET_KEY": "c"}
    command = [*compose_program(), "--profile", "gpu", "config", "--quiet"]

    found = subprocess.run(command, cwd=ROOT, env={**os.environ, **secrets}, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
