"""What the tests need besides Python: a Docker engine, Redis, PostgreSQL, Chromium, Chinese letters.

What lies on the machine is used; what is missing is installed where that is allowed (root on Debian).
Servers are started on sockets and ports of their own and stopped again; a Docker engine that answers
already is used and left alone.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench._dockerd import forget_the_dead
from learn.starting.engines import docker_answers
from learn.starting.steps import Console, StepFailed

POLICY = Path("/usr/sbin/policy-rc.d")
FONTS = "/usr/share/fonts/**/NotoSansCJK*"

Missing = Callable[[], bool]


def lacks(*names: str) -> Missing:
    return lambda: not any(map(shutil.which, names))


def postgres_folder() -> Path | None:
    """Where PostgreSQL's programs lie: Debian keeps them out of PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) + [shutil.which("initdb") or ""]
    return Path(found[0]).resolve().parent if found[0] else None


# Debian's package, and whether the machine lacks what it brings.
PACKAGES: dict[str, Missing] = {
    "docker.io": lacks("dockerd"),
    "debootstrap": lacks("debootstrap"),
    "runsc": lacks("runsc"),
    "redis-server": lacks("redis-server"),
    "postgresql": lambda: postgres_folder() is None,
    "chromium": lacks("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "fonts-noto-cjk": lambda: not glob.glob(FONTS, recursive=True),
}


def install(console: Console) -> list[str]:
    """Install what is missing; one sentence for each thing that could not be."""
    wanted = [name for name, missing in PACKAGES.items() if missing()]
    if docker_answers():
        wanted = [name for name in wanted if name not in ("docker.io", "debootstrap", "runsc")]
    if not wanted:
        return []
    if shutil.which("apt-get") is None or os.getuid() != 0:
        return [f"{name} is not installed here, and only root on Debian or Ubuntu may: install it" for name in wanted]
    console.begin(f"Installing {', '.join(wanted)}")
    with services_stay_down():
        problems = [reason for name in apt(console, wanted) if (reason := name)]
    console.end("done" if not problems else "incomplete")
    return problems


def apt(console: Console, wanted: list[str]) -> list[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ("apt-get", "install", "-y", "--no-install-recommends")
    with contextlib.suppress(StepFailed):
        console.command("apt-get", "update", environment=environment)
    with contextlib.suppress(StepFailed):
        console.command(*command, *wanted, environment=environment)
        return []
    problems = []
    for name in wanted:  # one that cannot be had must not keep the others away
        try:
            console.command(*command, name, environment=environment)
        except StepFailed as failure:
            problems.append(f"{name} could not be installed: {failure.lines[-1] if failure.lines else failure}")
    return problems


@contextlib.contextmanager
def services_stay_down() -> Iterator[None]:
    """Debian starts a service when it installs it, unless this file says no: we start our own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------- servers


@contextlib.contextmanager
def running(words: list[str | Path], log: Path, is_up: Callable[[], bool], seconds: float = 40) -> Iterator[None]:
    """A server of ours for as long as the tests run. StepFailed with its last words when it does not come up."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    try:
        deadline = time.monotonic() + seconds
        while not is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").splitlines()[-3:]
                raise StepFailed(f"{Path(str(words[0])).name} did not come up: {' / '.join(last)}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


@contextlib.contextmanager
def docker(folder: Path) -> Iterator[dict[str, str]]:
    """The engine that answers, or our own on the usual socket and with the usual images."""
    if docker_answers():
        yield {}
        return
    if shutil.which("dockerd") is None:
        raise StepFailed("no Docker engine answers, and dockerd is not installed")
    if os.getuid() != 0:
        raise StepFailed("no Docker engine answers, and only root may start one")
    forget_the_dead(Path("/var/run/docker.pid"), Path("/var/run/docker/containerd/containerd.pid"))
    with running(["dockerd", *with_gvisor(folder)], folder / "dockerd.log", docker_answers, seconds=60):
        yield {}


def with_gvisor(folder: Path) -> list[str | Path]:
    """dockerd's options for the runtime runsc. Debian's needs to be told that it may not use KVM or the network."""
    program = shutil.which("runsc")
    if program is None:
        return []
    wrapper = folder / "runsc"
    wrapper.write_text(f'#!/bin/sh\nexec {program} --platform=ptrace --network=none "$@"\n')
    wrapper.chmod(0o755)
    return ["--add-runtime", f"runsc={wrapper}"]


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[dict[str, str]]:
    program, at = shutil.which("redis-server"), folder / "redis.sock"
    if program is None:
        raise StepFailed("redis-server is not installed")
    words = [program, "--port", "0", "--unixsocket", at, "--dir", folder, "--save", "", "--appendonly", "no"]
    with running(words, folder / "redis.log", lambda: answers(at)):
        yield {"ANNEAL_TEST_REDIS_URL": f"unix://{at}"}


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[dict[str, str]]:
    """A cluster of its own without a password, on a free port of this machine alone."""
    programs = postgres_folder()
    if programs is None:
        raise StepFailed("PostgreSQL is not installed")
    data, port = folder / "postgres", free_port()
    as_owner: list[str | Path] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        as_owner = ["runuser", "-u", "postgres", "--"]
    words = [*as_owner, programs / "initdb", "-D", data, "-U", "anneal", "-A", "trust", "-E", "UTF8", "--no-sync"]
    made = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if made.returncode:
        raise StepFailed(f"initdb failed: {made.stderr.strip().splitlines()[-1:]}")
    options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    server = [*as_owner, programs / "postgres", "-D", data, "-p", str(port), *options]
    with running(server, folder / "postgres.log", lambda: answers(("127.0.0.1", port))):
        yield {"ANNEAL_TEST_POSTGRES_URL": f"postgres://anneal@127.0.0.1:{port}/postgres"}


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """For sockets and clusters: a short name, and open to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="anneal-test-", dir="/tmp", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        yield Path(name)


def answers(address: Path | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex(str(address) if isinstance(address, Path) else address) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
