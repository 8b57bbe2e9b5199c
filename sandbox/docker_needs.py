"""What a Docker engine must be and have before any cell is asked of it. What is missing is told with its remedy."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException

from sandbox import SandboxUnavailable

__all__ = ["OLDEST_RUNSC", "TROUBLE", "connect", "refuse_runtime", "remedy"]

TROUBLE = (DockerException, requests.RequestException, OSError)
API_SECONDS = 30

# By its date, as its releases are named. Since then a runsc that is told nothing uses systrap and not ptrace,
# and two years of mended flaws are in. Debian 12 has one of 2022.
OLDEST_RUNSC = 20240101

REMEDIES = {
    "seccomp": "the kernel or runc does not take our filter of system calls: a kernel with CONFIG_SECCOMP_FILTER and"
    " an engine of 20.10 or newer do",
    "no space left": "free some disk where the engine keeps its containers, or `docker system prune`",
    "cannot allocate memory": "this machine has too little memory for another cell: set ANNEAL_POOL lower",
    "minimum memory limit": "this engine wants a higher memory limit than the exercise sets",
    "No such image": "build the image of the cells: python -m sandbox setup",
    "unknown or invalid runtime": "add the runtime to the engine's daemon.json and start the engine again",
}


def connect() -> docker.APIClient:
    """A client of the engine that the environment names (DOCKER_HOST), or of the usual one."""
    try:
        options = docker.utils.kwargs_from_env()
        client = docker.APIClient(version="auto", timeout=API_SECONDS, num_pools=32, **options)
        client.ping()
    except (APIError, *TROUBLE) as error:
        if "PermissionError" in str(error) or "Permission denied" in str(error):
            raise SandboxUnavailable(
                f"this user may not speak to the Docker engine ({error}): let it join the group docker, which makes"
                " it as mighty as root, or call a keeper that may (ANNEAL_KEEPER)"
            ) from error
        raise SandboxUnavailable(f"no Docker engine answers ({error}); start one, or set DOCKER_HOST") from error
    if not client.base_url.startswith(("http+docker://localhost", "http://")):
        raise SandboxUnavailable(f"cells speak over a unix socket or plain TCP, and not over {client.base_url}")
    return client


def refuse_runtime(info: Mapping[str, Any], runtime: str) -> int | None:
    """The date of the gVisor in use. SandboxUnavailable for a runtime that is not there, too old or unknown."""
    runtimes = info.get("Runtimes", {})
    if runtime not in runtimes:
        raise SandboxUnavailable(f"the engine has no runtime {runtime}; add it to the engine's daemon.json")
    asked = os.environ.get("ANNEAL_RUNSC_MINIMUM") or str(OLDEST_RUNSC)
    if not asked.isdigit():
        raise SandboxUnavailable(
            f"ANNEAL_RUNSC_MINIMUM is the date of a release, such as {OLDEST_RUNSC}, not {asked!r}"
        )
    least = int(asked)
    if runtime != "runsc":
        return None
    found = runsc_version(str(runtimes[runtime].get("path", "")))
    if least and (found is None or found < least):
        what = f"runsc is of {found}" if found else "runsc does not tell its version here"
        raise SandboxUnavailable(
            f"{what}, and cells want one of {least} or newer: install it from gVisor's own packages, or set"
            f" ANNEAL_RUNSC_MINIMUM to {found or 0} to do without"
        )
    return found


def runsc_version(program: str) -> int | None:
    """Such as 20240729. None where the program cannot be asked: with an engine of another machine."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, env={})
        if found := re.search(r"(?:release-|~|version )(20\d{6})\b", done.stdout):
            return int(found[1])
    return None


def remedy(said: str) -> str:
    """What to do about a message of the engine, as the rest of a sentence; nothing where nobody knows."""
    return next((f" ({text})" for key, text in REMEDIES.items() if key.lower() in said.lower()), "")
