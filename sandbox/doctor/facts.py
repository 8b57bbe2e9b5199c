"""What the sandbox stands on, and where that is known to be weak."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from sandbox import Engine

__all__ = ["facts", "weak_points"]

# https://github.com/opencontainers/runc/security/advisories: the first version of each line without known escapes.
RUNC_WITHOUT_ESCAPES = {(1, 2): (1, 2, 8), (1, 3): (1, 3, 3), (1, 4): (1, 4, 0)}


def facts(engine: Engine) -> dict[str, str]:
    return {
        **engine.describe(),
        "kernel": os.uname().release,
        "machine": os.uname().machine,
        "user": "root" if os.geteuid() == 0 else "not root",
        "user_namespaces": _user_namespaces(),
        "swap": _swap(),
        "seccomp": _read("/proc/sys/kernel/seccomp/actions_avail") or "missing",
        "security_modules": _read("/sys/kernel/security/lsm") or "none seen",
        "io_uring": {"0": "for everybody", "1": "for a group", "2": "off"}.get(
            _read("/proc/sys/kernel/io_uring_disabled"), "cannot be turned off"
        ),
    }


def weak_points(engine: Engine) -> list[str]:
    """Sentences an operator should know before strangers' code runs here."""
    own: Callable[[], list[str]] = getattr(engine, "what_it_cannot_hold", list)
    return [*own(), *_of_runc(engine.describe().get("runc", "")), *_of_processor(), *_of_memory()]


def _of_runc(version: str) -> Iterator[str]:
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if not found:
        return
    major, minor, patch = map(int, found.groups())
    line = (major, minor)
    safe = RUNC_WITHOUT_ESCAPES.get(line, (1, 2, 8) if line < (1, 2) else (0,))
    if (major, minor, patch) < safe:
        yield (
            f"runc {version} has published escapes, fixed in {'.'.join(map(str, safe))} (CVE-2025-31133,"
            " CVE-2025-52565, CVE-2025-52881; before 1.1.12 CVE-2024-21626) unless your distribution mended it in"
            " place. They need a hand in how containers are made, which no user of ours has: still, update it."
        )


def _of_processor() -> Iterator[str]:
    """https://docs.kernel.org/admin-guide/hw-vuln/: what the kernel itself calls vulnerable."""
    vulnerable = [
        path.name
        for path in sorted(Path("/sys/devices/system/cpu/vulnerabilities").glob("*"))
        if _read(str(path)).startswith("Vulnerable")
    ]
    if vulnerable:
        yield f"The processor leaks between programs, says the kernel: {', '.join(vulnerable)}."


def _of_memory() -> Iterator[str]:
    if _swap() != "none":
        yield "The machine swaps: what a cell held in memory may come to lie on a disk."


def _user_namespaces() -> str:
    for path in ("/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/user/max_user_namespaces"):
        if _read(path) == "0":
            return "off"
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return "restricted"
    return "for everybody"


def _swap() -> str:
    lines = _read("/proc/swaps").splitlines()[1:]
    return ", ".join(line.split()[0] for line in lines) or "none"


def _read(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text().strip()
    return ""
