"""What a container cell is allowed, as the engine's API wants to hear it. The doctor attacks every line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sandbox import Limits, Profile
from sandbox.docker_seccomp import profile_json
from sandbox.piped import environment

__all__ = ["BACKGROUND_SHARES", "DEADLINE", "FULL_SHARES", "OWNER", "accelerator", "container"]

OWNER, DEADLINE = "anneal.owner", "anneal.deadline"
FULL_SHARES, BACKGROUND_SHARES = 1024, 2

CELL = Path(__file__).parent / "cell"
PYTHON = "/opt/cell/bin/python"
TMP, HOME, SHM = "/tmp", "/tmp/home", "/dev/shm"
MB = 1024 * 1024
# Half of the usual period: a cell that used up its share waits 50 ms at most for the next.
PERIOD_US = 50_000

# gVisor's own kernel runs inside the limits of its cell: what it needs there itself.
OWN_MEMORY_MB, OWN_THREADS = {"runsc": 96}, {"runsc": 192}

# The engine's own list, which an older one has shorter, and what else tells of the host.
MASKED = (
    *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/key-users"),
    *("/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"),
    *("/proc/cmdline", "/proc/config.gz", "/proc/iomem", "/proc/kallsyms", "/proc/kmsg", "/proc/modules"),
    *("/proc/vmallocinfo", "/proc/slabinfo", "/proc/diskstats", "/proc/partitions", "/proc/mdstat"),
    *("/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel", "/sys/module", "/sys/fs"),
)
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def container(
    profile: Profile,
    image: str,
    mark: str,
    *,
    uid: int,
    owner: str,
    runtime: str,
    private_cgroups: bool,
    background: bool,
) -> dict[str, Any]:
    """The body of `POST /containers/create`. `image`: its id, so that no name can come to mean another."""
    limits = profile.limits
    return {
        "Image": image,
        "Entrypoint": command(profile, mark),
        "Cmd": [],
        "User": f"{uid}:{uid}",
        "WorkingDir": "/",
        "Hostname": "cell",
        "Env": [f"{name}={value}" for name, value in environment(HOME, gpu=profile.gpu).items()],
        "Labels": {OWNER: owner, DEADLINE: str(int(time.time() + limits.lifetime_seconds))},
        "OpenStdin": True,
        "StdinOnce": True,  # when the owner is gone the cell's standard input ends, and init with it
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGKILL",  # an engine that ends or starts again waits for no cell
        "HostConfig": {
            "Runtime": runtime,
            **_isolation(private_cgroups),
            **_resources(limits, runtime, background),
            "Tmpfs": _writable(limits, uid, executable=profile.gpu),
            "LogConfig": {"Type": "none", "Config": {}},
            **accelerator(""),
        },
    }


def command(profile: Profile, mark: str) -> list[str]:
    """The programs travel as arguments: an image need not be built anew when they change."""
    init, boot = ((CELL / name).read_text() for name in ("init.py", "boot.py"))
    lifetime = str(profile.limits.lifetime_seconds)
    return [PYTHON, "-I", "-S", "-c", init, lifetime, mark, HOME, PYTHON, "-I", "-B", "-c", boot, *profile.preload]


def _isolation(private_cgroups: bool) -> dict[str, Any]:
    isolation: dict[str, Any] = {
        "NetworkMode": "none",
        "IpcMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile_json()}"],
        "MaskedPaths": list(MASKED),
        "ReadonlyPaths": list(READ_ONLY),
        "RestartPolicy": {"Name": "no"},
    }
    # Engines before 20.10 do not know the word.
    return isolation | ({"CgroupnsMode": "private"} if private_cgroups else {})


def _resources(limits: Limits, runtime: str, background: bool) -> dict[str, Any]:
    memory = (limits.memory_mb + OWN_MEMORY_MB.get(runtime, 0)) * MB
    exact = {"nofile": limits.open_files, "core": 0, "memlock": 0, "msgqueue": 0, "sigpending": 1024}
    return {
        "Memory": memory,
        "MemorySwap": memory,  # both together: no swap
        "PidsLimit": limits.processes + 1 + OWN_THREADS.get(runtime, 0),  # and init
        "CpuPeriod": PERIOD_US,
        "CpuQuota": int(limits.cpus * PERIOD_US),
        "CpuShares": BACKGROUND_SHARES if background else FULL_SHARES,
        "OomScoreAdj": 1000,
        "Ulimits": [{"Name": name, "Soft": value, "Hard": value} for name, value in exact.items()],
    }


def accelerator(device: str) -> dict[str, Any]:
    """What `HostConfig` says of accelerators: one, by its UUID, or none.

    The engine puts it in. The runtime stays the plain one, because NVIDIA's own gives devices to whoever has a
    variable set.
    """
    if not device:
        return {"Devices": [], "DeviceRequests": []}
    request = {"Driver": "nvidia", "DeviceIDs": [device], "Capabilities": [["gpu", "compute", "utility"]]}
    return {"Devices": [], "DeviceRequests": [request]}


def _writable(limits: Limits, uid: int, executable: bool) -> dict[str, str]:
    """The only places to write to. `/dev/shm` is where semaphores and tensors shared between processes live.

    `executable`: a compiler of kernels loads what it has just built. Elsewhere nothing that was written can be run.
    """
    options = f"rw,nosuid,nodev,size={limits.disk_mb * MB},nr_inodes={limits.files},uid={uid},gid={uid},mode=0700"
    return {TMP: f"{options},exec" if executable else options, SHM: options}
