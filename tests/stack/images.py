"""Images of the services, built where an engine and a base image are at hand."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from pathlib import Path

import docker
import pytest

from sandbox.images.base import OWN, PUBLIC
from sandbox.images.packages import Target

ROOT = Path(__file__).resolve().parents[2]
# What `python -m sandbox setup` left: its own small Debian, or the public image where a registry answers.
BASES = (":".join(OWN), PUBLIC)


def download(context: Path, python: Target) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    wheels = context / "containers" / "offline" / "wheels"
    words = ["-m", "pip", "download", "--quiet", *python.options(), "--dest", str(wheels)]
    # redis asks for it on the 3.11.2 of Debian's image, and pip decides by the Python that runs it.
    older = "async-timeout>=4.0.3"
    subprocess.run([sys.executable, *words, *extras["web"], *extras["grader"], older], check=True)


@cache
def base() -> str:
    tags = {tag for image in docker.from_env().api.images() for tag in image["RepoTags"] or ()}
    for name in BASES:
        if name in tags:
            return name
    pytest.skip(f"none of {', '.join(BASES)} is here: python -m sandbox setup --engine docker brings one")


@cache
def build(context: Path, name: str) -> str:
    """An image of ours, without a network: everything lies in the context."""
    return _build(context, name, f"containers/{name}.Dockerfile", "none")


@cache
def stand_in(name: str) -> str:
    """An image of Debian's for one that only a registry has. Its build reaches Debian's packages over the host."""
    return _build(ROOT / "tests" / "stack", name, f"{name}.Dockerfile", "host")


@cache
def reaching_registries() -> str:
    """The base with the certificates of this machine, for builds over its network."""
    certificates = Path(os.environ.get("PIP_CERT") or ssl.get_default_verify_paths().cafile or "")
    if not certificates.is_file():
        pytest.skip("this machine has no certificates to hand in")
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(certificates, Path(name, "certificates.pem"))
        variables = "ENV PIP_CERT=/certificates.pem NODE_EXTRA_CA_CERTS=/certificates.pem"
        Path(name, "Dockerfile").write_text(f"FROM {base()}\nCOPY certificates.pem /\n{variables}\n")
        return _build(Path(name), "base", "Dockerfile", "none")


def build_online(context: Path, name: str) -> str:
    """An image of ours as most people build it: every package from its registry."""
    return _build(context, f"{name}-online", f"containers/{name}.Dockerfile", "host", reaching_registries())


def _build(context: Path, name: str, file: str, network: str, on: str = "") -> str:
    options = {
        "dockerfile": file,
        "buildargs": {"BASE": on or base()},
        "network_mode": network,
        "rm": True,
        "forcerm": True,
    }
    try:
        docker.from_env().images.build(path=str(context), tag=tag_of(name), **options)
    except docker.errors.BuildError as error:
        pytest.fail("".join(line.get("stream", "") for line in error.build_log) + str(error))
    return tag_of(name)


def tag_of(name: str) -> str:
    return f"anneal-test-{name}:{os.getpid()}"


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
