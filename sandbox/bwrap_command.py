"""The bwrap command line of a cell: what it sees, which namespaces it has. No secret, nothing of the host's home."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox import Profile, SandboxUnavailable
from sandbox.piped import environment

__all__ = ["TMPFS", "Interpreter", "bwrap_arguments"]

CELL = Path(__file__).parent / "cell"
TMPFS, HOME, SHM = "/box", "/box/home", "/box/shm"
NOBODY = 65534

# Readable to everybody in most kernels, and of no use but to an attacker.
MASKED = ["kallsyms", "kcore", "key-users", "keys", "kmsg", "latency_stats", "modules", "sched_debug"]
MASKED += ["cmdline", "config.gz", "timer_list", "timer_stats", "sysrq-trigger", "vmallocinfo", "iomem"]

DEVICES = ("null", "zero", "full", "random", "urandom")

QUESTION = """
import json, os, sys, sysconfig
print(json.dumps({"prefix": sys.prefix, "base": sys.base_prefix, "executable": sys.executable,
    "version": f"python{sys.version_info[0]}.{sys.version_info[1]}", "full": sys.version.split()[0]}))
"""


@dataclass(frozen=True)
class Interpreter:
    """The Python of the cells, and what of the host's files it needs."""

    executable: str
    prefix: str
    base: str
    version: str  # "python3.11"
    full: str  # "3.11.7"

    @classmethod
    def ask(cls, executable: str) -> Interpreter:
        """Let the interpreter say where its files are. SandboxUnavailable if it does not run."""
        try:
            answer = subprocess.run(
                [executable, "-I", "-X", "utf8", "-c", QUESTION], capture_output=True, check=True, timeout=30, env={}
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxUnavailable(
                f"the Python of the cells, {executable}, does not run ({error}): set ANNEAL_CELL_PYTHON to another"
            ) from error
        return cls(**json.loads(answer.stdout))

    def binds(self) -> list[str]:
        """The folders and files to show, read-only, at the same path."""
        paths = [path for prefix in (self.prefix, self.base) for path in self._folders(prefix)]
        paths += _links(self.executable)
        found = [path for path in paths if os.path.exists(path)]
        return [path for i, path in enumerate(found) if not any(_within(path, other) for other in found[:i])]

    def _folders(self, prefix: str) -> list[str]:
        """Where an installation is. The system's own shares its folder with everything else: only its Python."""
        if prefix in ("/usr", "/usr/local"):
            return [f"{top}/lib/{name}" for top in ("/usr", "/usr/local") for name in (self.version, "python3")]
        return [prefix, os.path.realpath(prefix)]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _links(path: str) -> list[str]:
    """Every name by which a chain of symbolic links reaches its file."""
    names = [path]
    while os.path.islink(names[-1]) and len(names) < 40:
        target = os.path.join(os.path.dirname(names[-1]), os.readlink(names[-1]))
        names.append(os.path.normpath(target))
    return names


def _system_files() -> dict[str, str]:
    """The shared libraries of the host: of a multiarch system only its own architecture's."""
    triplet = f"/usr/lib/{platform.machine()}-linux-gnu"
    paths = [triplet if os.path.isdir(triplet) else "/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    paths += ["/etc/ld.so.cache", "/etc/alternatives", "/sys/devices/system/cpu"]
    return {path: path for path in paths if os.path.exists(path) and not os.path.islink(path)}


def _parents(paths: Iterable[str]) -> list[str]:
    """The folders above these paths, the higher ones first."""
    folders = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(folders - {"/"}, key=len)


def _files(interpreter: Interpreter) -> list[str]:
    binds = _system_files() | {path: path for path in interpreter.binds()}
    binds |= {f"/cell/{name}": str(CELL / name) for name in ("enter.py", "boot.py")}
    links = {path: os.readlink(path) for path in ("/lib", "/lib64") if os.path.islink(path)}
    links |= {"/dev/shm": SHM, "/dev/fd": "/proc/self/fd"}
    if not any(_within(path, "/tmp") for path in binds):
        links["/tmp"] = HOME
    arguments = []
    for folder in _parents([*binds, *links]):  # bwrap would make them for root alone
        arguments += ["--perms", "0755", "--dir", folder]
    for path, source in binds.items():
        arguments += ["--ro-bind", source, path]
    for path, target in links.items():
        arguments += ["--symlink", target, path]
    for name in DEVICES:
        arguments += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    return arguments


def _proc() -> list[str]:
    arguments = ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
    for name in MASKED:
        if os.path.exists(f"/proc/{name}"):
            arguments += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    # Process 1 is bwrap's own, and may be of the same user: who may write its memory becomes it.
    for name in ("1", "acpi", "scsi", "driver", "fs", "irq", "bus", "pressure"):
        if os.path.isdir(f"/proc/{name}"):
            arguments += ["--tmpfs", f"/proc/{name}", "--remount-ro", f"/proc/{name}"]
    return arguments


def _namespaces(uid: int | None) -> list[str]:
    """As root the cell becomes `uid` of the host; otherwise it is nobody in a user namespace."""
    spaces = ["pid", "net", "ipc", "uts", "cgroup-try"]
    capabilities = ["CAP_SYS_ADMIN", "CAP_SETPCAP"]
    if uid is None:
        spaces = ["user", *spaces]
        identity = ["--uid", str(NOBODY), "--gid", str(NOBODY)]
    else:
        capabilities += ["CAP_SETUID", "CAP_SETGID"]
        identity = []
    kept = [word for name in capabilities for word in ("--cap-add", name)]
    return [*(f"--unshare-{name}" for name in spaces), *identity, "--cap-drop", "ALL", *kept]


def bwrap_arguments(
    interpreter: Interpreter, profile: Profile, uid: int | None, background: bool, fds: dict[str, int], marker: str
) -> list[str]:
    """Everything after the word `bwrap`. `fds`: descriptors for seccomp, hosts, info and block."""
    limits = profile.limits
    size = limits.disk_mb * 1024 * 1024
    settings = {
        "uid": uid,
        "tmpfs": TMPFS,
        "size": size,
        "inodes": limits.files,
        "folders": [HOME, SHM],
        "background": background,
    }
    variables = {**environment(HOME), "ANNEAL_CELL": marker}
    return [
        *_namespaces(uid),
        *("--hostname", "cell", "--new-session", "--die-with-parent", "--clearenv"),
        *(word for name, value in variables.items() for word in ("--setenv", name, value)),
        *_files(interpreter),
        *("--perms", "0444", "--ro-bind-data", str(fds["hosts"]), "/etc/hosts"),
        *_proc(),
        *("--perms", "1777", "--size", str(size), "--tmpfs", TMPFS),
        *("--remount-ro", "/"),
        *("--seccomp", str(fds["seccomp"])),
        *("--info-fd", str(fds["info"]), "--block-fd", str(fds["block"])),
        "--",
        *(interpreter.executable, "-I", "-S", "/cell/enter.py", json.dumps(settings)),
        # A cell has no locales: paths and what is printed are UTF-8 all the same.
        *(interpreter.executable, "-I", "-X", "utf8", "/cell/boot.py", *profile.preload),
    ]
