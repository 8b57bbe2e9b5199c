"""A Docker engine of our own with the machine's image of the cells, which may be killed and comes back.

Standard library only: the set-up of the tests asks it too, before there are packages.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from learn.starting.engines import docker_answers
from sandbox import images

__all__ = ["Dockerd", "forget_the_dead", "own_engine"]

UP_SECONDS = 60.0


class Dockerd(threading.Thread):
    """Starts the engine again whenever it ends, as a machine's service manager does. Needs root."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="dockerd-supervisor", daemon=True)
        self.folder, self.host = folder, f"unix://{folder}/docker.sock"
        self.over = threading.Event()
        self.process = self._start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def run(self) -> None:
        while not self.over.is_set():
            self.process.wait()
            if not self.over.wait(1.0):
                self.process = self._start()

    def answers(self) -> bool:
        return docker_answers({"DOCKER_HOST": self.host})

    def end(self) -> None:
        self.over.set()
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.join()

    def _start(self) -> subprocess.Popen:
        pid_file, run = self.folder / "docker.pid", self.folder / "run"
        forget_the_dead(pid_file, run / "containerd" / "containerd.pid")
        words = ["dockerd", "--host", self.host, "--data-root", self.folder / "data", "--exec-root", run]
        words += ["--pidfile", pid_file, "--bridge", "none", "--iptables=false"]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, start_new_session=True)


def forget_the_dead(*pid_files: Path) -> None:
    """Remove the files of an engine that was killed: it takes a zombie's number for one of a living containerd."""
    for file in pid_files:
        if file.exists() and not alive(file.read_text().strip()):
            file.unlink()


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def own_engine() -> Iterator[Dockerd]:
    """One that has the image of the cells. It reads it from the machine's, which has to answer."""
    folder = Path(tempfile.mkdtemp(prefix="anneal-engine-"))
    engine = Dockerd(folder)
    engine.start()
    try:
        deadline = time.monotonic() + UP_SECONDS
        while not engine.answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"our own dockerd did not come up: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        save = subprocess.Popen(["docker", "save", images.tag("python")], stdout=subprocess.PIPE)
        subprocess.run(["docker", "--host", engine.host, "load", "--quiet"], stdin=save.stdout, check=True)
        save.wait()
        yield engine
    finally:
        engine.end()
        while subprocess.run(["umount", "--lazy", folder / "data"], stderr=subprocess.DEVNULL).returncode == 0:
            pass  # each start mounted it once more, and a killed one did not undo that
        shutil.rmtree(folder, ignore_errors=True)
