"""A Docker engine that may be killed, and what cells of the dead are left on any engine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from bench._site import until
from sandbox import images, owners
from sandbox.docker_config import OWNER


class OwnEngine:
    """dockerd beside the usual one, with sockets, folders and processes of its own and the cells' image in it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="anneal-engine-", dir="/var/tmp"))
        self.environment = {"DOCKER_HOST": f"unix://{self.folder}/docker.sock"}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OwnEngine:
        self.start()
        print("copying the image of the cells into an engine of its own …", flush=True)
        tag = images.tag("python")
        with subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE) as save:
            subprocess.run(["docker", "load", "--quiet"], stdin=save.stdout, env=self.everything, check=True)
        return self

    @property
    def everything(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def start(self) -> None:
        """Start it, or start it again after it was killed."""
        if self.process is not None:
            self.process.wait()
        (self.folder / "pid").unlink(missing_ok=True)
        words = ["dockerd", "--host", self.environment["DOCKER_HOST"], "--pidfile", f"{self.folder}/pid"]
        words += ["--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"]
        words += ["--bridge", "none", "--iptables=false"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        until(self.answers, 60, f"dockerd came up; see {self.folder}/log")

    def answers(self) -> bool:
        return subprocess.run(["docker", "version"], env=self.everything, capture_output=True).returncode == 0

    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def __exit__(self, *error: object) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        for process in psutil.process_iter(["cmdline"]):  # containerd and its shims
            if any(str(self.folder) in word for word in process.info["cmdline"] or []):
                with suppress(psutil.Error):
                    process.kill()
        time.sleep(1)
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(str(self.folder)):
                subprocess.run(["umount", "--lazy", line.split()[1]], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def orphans(pids: set[int], environment: dict[str, str], seconds: float) -> list[str]:
    """Cells that are still there after `seconds` though the process that started them, one of `pids`, is not."""
    deadline = time.monotonic() + seconds
    while (found := _orphans(pids, environment)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _orphans(pids: set[int], environment: dict[str, str]) -> list[str]:
    dead = [owner for owner in _owners(environment) if owners.is_dead(owner) and int(owner.split("-")[-2]) in pids]
    return sorted(dead)


def cells_of(pid: int) -> list[str]:
    """Cells that this process started and that are still there."""
    return [owner for owner in _owners({}) if owner == owners.name(pid)]


def _owners(environment: dict[str, str]) -> list[str]:
    """The owner of every cell of this machine, as containers' labels and bwrap's command lines and groups name them."""
    listed = subprocess.run(
        ["docker", "ps", "--all", "--format", f'{{{{.Label "{OWNER}"}}}}', "--filter", f"label={OWNER}"],
        env={**os.environ, **environment}, capture_output=True, text=True,
    )  # fmt: skip
    here = owners.name(os.getpid()).rpartition("-")[0].rpartition("-")[0]
    words = [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or []]
    words += [name.removeprefix("anneal-cell-") for _, names, _ in os.walk("/sys/fs/cgroup") for name in names]
    cells = [word.rpartition("-")[0] for word in words if word.startswith(here)]
    return [*listed.stdout.split(), *cells]
