"""The program `docker compose`, and a whole installation by it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

import pytest


def compose_program() -> list[str]:
    """The words that call it: the machine's plugin, or what `./test` fetched."""
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose"]
    if named := os.environ.get("ANNEAL_TEST_COMPOSE"):
        return [named]
    pytest.skip("docker's compose plugin is not on this machine, and ANNEAL_TEST_COMPOSE names none: ./test fetches it")


class Stack:
    """One installation with a name, a port and secrets of its own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.program, self.folder, self.project = compose_program(), folder, f"anneal-test-{os.getpid()}"
        self.url = f"http://127.0.0.1:{free_port()}"
        secret = {"POSTGRES_PASSWORD": "for-tests-1", "REDIS_PASSWORD": "for-tests-2", "ANNEAL_SECRET_KEY": "s" * 50}
        address = {"ANNEAL_BASE_URL": self.url, "ANNEAL_LISTEN": self.url.removeprefix("http://")}
        self.environment = {**os.environ, **secret, **address, **variables}

    def compose(self, *words: str, fine: tuple[int, ...] = (0,)) -> str:
        """What a command of Compose prints; the test fails with it when the command does."""
        command = [*self.program, "--project-name", self.project, *words]
        ended = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert ended.returncode in fine, f"{words}: {ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def sh(self, script: str, folder: Path) -> None:
        """Commands of the documentation, for this installation, in a folder of the test's."""
        ours = [*self.program, "--project-name", self.project, "--file", str(self.folder / "docker-compose.yml")]
        script = script.replace("docker compose", shlex.join(ours))
        ended = subprocess.run(
            ["sh", "-eu", "-c", script], cwd=folder, env=self.environment, capture_output=True, text=True
        )
        assert ended.returncode == 0, f"{script}\n{ended.stdout}{ended.stderr}"

    def states(self) -> dict[str, str]:
        """Of each service: its health, or how it ended."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        found = map(json.loads, lines)
        return {
            one["Service"]: one["Health"] or (f"exited {one['ExitCode']}" if one["State"] == "exited" else one["State"])
            for one in found
        }

    def inside(self, service: str, *words: str, fine: tuple[int, ...] = (0,)) -> str:
        return self.compose("exec", "-T", service, *words, fine=fine)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
