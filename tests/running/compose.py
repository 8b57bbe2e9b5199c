"""The program `docker compose` for the tests: the machine's plugin, or the one that Debian or Ubuntu packages."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from learn.starting import debs
from learn.starting.home import ROOT
from learn.starting.steps import Console, StepFailed
from sandbox.images.mirror import debian_mirror

KEPT = ROOT / "var" / "test" / "docker-compose"
# The first Debian whose package is the plugin, a program without dependencies, and not its forerunner in Python.
SUITE, KEYRING = "trixie", "/usr/share/keyrings/debian-archive-keyring.gpg"


def program(console: Console) -> dict[str, str]:
    """What to tell the tests. StepFailed when there is no such program and none can be fetched."""
    if works("docker", "compose"):
        return {}
    if not works(str(KEPT)):
        console.begin("Docker Compose")
        try:
            fetch(console)
        except (StepFailed, StopIteration) as failure:
            console.end("not possible here")
            raise StepFailed(f"docker's compose plugin is neither here nor to be had: {failure}") from failure
        console.end()
    return {"ANNEAL_TEST_COMPOSE": str(KEPT)}


def works(*words: str) -> bool:
    try:
        return subprocess.run([*words, "version"], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False


def fetch(console: Console) -> None:
    if not debs.can_fetch():
        raise StepFailed("this system has no apt-get")
    package, source = "docker-compose-v2", ""
    if platform.freedesktop_os_release().get("ID") == "debian":
        package, source = "docker-compose", f"deb [signed-by={KEYRING}] {debian_mirror()} {SUITE} main"
    with tempfile.TemporaryDirectory() as folder:
        root = debs.unpacked(console, Path(folder), package, source)
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(next(root.glob("usr/**/cli-plugins/docker-compose")), KEPT)
