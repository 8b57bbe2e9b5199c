"""The accelerators of this machine: found, lent to one cell at a time, and trusted again only when they are clean.

What is known of them comes from `nvidia-smi`, a program of the driver: nothing here loads CUDA. A device
is named by its UUID, because a number can come to mean another device after a restart.
"""

from __future__ import annotations

import csv
import fcntl
import logging
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from sandbox import SandboxUnavailable

__all__ = ["OLDEST_TOOLKIT", "Device", "Devices", "Driver", "NvidiaSmi", "open_devices"]

log = logging.getLogger(__name__)

# https://nvidia.custhelp.com/app/answers/detail/a_id/5850: the first version of NVIDIA's container toolkit
# without known ways out of a container (CVE-2026-24260; before it CVE-2025-23266, CVE-2025-23267, CVE-2024-0132).
OLDEST_TOOLKIT = (1, 19, 1)
COMMAND_SECONDS = 20.0
CLEAN_SECONDS = 15.0  # a driver frees what a killed process held within a second or two
LOOK_SECONDS = 0.25
SLACK_MB = 16  # what the driver itself takes and gives back
FIELDS = ("uuid", "name", "driver_version", "memory.used", "ecc.errors.uncorrected.volatile.total")
# Only newer drivers know it; with it a device says that an Xid error needs a reset or a restart.
RECOVERY = "gpu_recovery_action"


@dataclass(frozen=True)
class State:
    """What the driver says of one device at one moment."""

    uuid: str
    name: str
    driver: str
    used_mb: int
    errors: int = 0  # memory errors that could not be corrected, since the driver was loaded
    recovery: str = ""  # what the driver wants done before the device is used again; empty: nothing
    processes: tuple[int, ...] = ()


class Driver(Protocol):
    """Who is asked about devices. SandboxUnavailable, with a remedy, when there is no answer."""

    def states(self) -> list[State]: ...

    def toolkit(self) -> tuple[int, ...]:
        """The version of the program that puts devices into containers."""


class NvidiaSmi:
    """The driver's own program, and the toolkit's `nvidia-ctk`."""

    def states(self) -> list[State]:
        try:
            rows = self._query("gpu", (*FIELDS, RECOVERY))
        except SandboxUnavailable as error:
            if "not a valid field" not in str(error):
                raise
            rows = [[*row, ""] for row in self._query("gpu", FIELDS)]
        running = self._query("compute-apps", ("gpu_uuid", "pid"))
        return [_state(row, [pid for uuid, pid in running if uuid == row[0]]) for row in rows]

    def toolkit(self) -> tuple[int, ...]:
        said = _run(["nvidia-ctk", "--version"], "install NVIDIA's container toolkit, or mount its nvidia-ctk here")
        found = re.search(r"version (\d+)\.(\d+)\.(\d+)", said)
        if not found:
            raise SandboxUnavailable(f"nvidia-ctk does not tell its version: {said.strip()[:200]!r}")
        return tuple(map(int, found.groups()))

    def _query(self, what: str, fields: Sequence[str]) -> list[list[str]]:
        command = ["nvidia-smi", f"--query-{what}={','.join(fields)}", "--format=csv,noheader,nounits"]
        said = _run(command, "install NVIDIA's driver, and start this grader where its devices can be seen")
        rows = [[cell.strip() for cell in row] for row in csv.reader(said.splitlines()) if row]
        wrong = [row for row in rows if len(row) != len(fields)]
        if wrong:
            raise SandboxUnavailable(f"nvidia-smi answers what was not asked: {wrong[0]}")
        return rows


def _run(command: list[str], remedy: str) -> str:
    if shutil.which(command[0]) is None:
        raise SandboxUnavailable(f"there is no {command[0]} here: {remedy}")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxUnavailable(f"{command[0]} does not answer ({error}): {remedy}") from error
    if done.returncode != 0:
        # It says what is wrong on its standard output.
        raise SandboxUnavailable(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[:500]}")
    return done.stdout


def _state(row: list[str], pids: list[str]) -> State:
    uuid, name, driver, used, errors, recovery = row
    if not re.fullmatch(r"GPU-[0-9A-Za-z-]+", uuid):
        raise SandboxUnavailable(f"nvidia-smi names a device {uuid!r}")
    if not used.isdigit():
        raise SandboxUnavailable(f"nvidia-smi does not tell how much memory of {uuid} is used: {used!r}")
    wanted = "" if recovery in ("None", "") or recovery.startswith("[") else recovery
    # A device without error correction answers [N/A].
    return State(uuid, name, driver, int(used), _number(errors), wanted, tuple(_number(pid) for pid in pids))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


@dataclass
class Device:
    """One device and whether it may be lent. `lock` is held while it is: by one process of this machine."""

    uuid: str
    name: str
    idle_mb: int  # what is used when nobody uses it
    errors: int
    lent: bool = False
    quarantine: str = ""  # why it is not lent any longer
    lock: IO[str] | None = None


class Devices:
    """Lends each device to one cell at a time. Safe to use from several threads."""

    def __init__(self, driver: Driver, locks: Path | None = None, clean_seconds: float = CLEAN_SECONDS) -> None:
        self._driver, self._clean_seconds = driver, clean_seconds
        self._locks = locks or Path(tempfile.gettempdir(), "anneal-devices")
        self._changed = threading.Condition()
        refuse_old(driver.toolkit())
        found = driver.states()
        if not found:
            raise SandboxUnavailable("nvidia-smi finds no device")
        self.driver_version = found[0].driver
        self._devices = [Device(one.uuid, one.name, one.used_mb, one.errors) for one in found]
        for device, state in zip(self._devices, found, strict=True):
            if state.processes or state.recovery:
                self._put_aside(device, _unclean(device, state))
        if not self.usable:
            raise SandboxUnavailable("no device can be used: " + "; ".join(self.quarantined()))

    @property
    def usable(self) -> int:
        """How many are not in quarantine, lent or not."""
        return sum(not device.quarantine for device in self._devices)

    @property
    def free(self) -> int:
        return sum(not device.quarantine and not device.lent for device in self._devices)

    def names(self) -> list[str]:
        return [f"{device.name} ({device.uuid})" for device in self._devices]

    def quarantined(self) -> list[str]:
        """Sentences for the operator: which device, and why."""
        return [f"{one.name} {one.uuid}: {one.quarantine}" for one in self._devices if one.quarantine]

    def take(self, seconds: float = 0.0) -> str:
        """The UUID of a device that is nobody else's from now on. SandboxUnavailable if none gets free in time."""
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                for device in self._devices:
                    if not device.lent and not device.quarantine and self._lock(device):
                        device.lent = True
                        break
                else:
                    if not self.usable:
                        raise SandboxUnavailable("every device is in quarantine: " + "; ".join(self.quarantined()))
                    if time.monotonic() >= until:
                        raise SandboxUnavailable("every device is at work")
                    # Another process gives its lock back without telling us.
                    self._changed.wait(min(LOOK_SECONDS, max(0.001, until - time.monotonic())))
                    continue
                break
        wrong = self._look(device)
        if wrong:
            self._put_aside(device, wrong)
            return self.take(until - time.monotonic())
        return device.uuid

    def give_back(self, uuid: str) -> bool:
        """After its cell is gone: lend it again if it is clean, else never. Whether it was clean. Never raises."""
        device = next(device for device in self._devices if device.uuid == uuid)
        until = time.monotonic() + self._clean_seconds
        while (wrong := self._look(device)) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        if wrong:
            self._put_aside(device, wrong)
            return False
        self._release(device)
        return True

    def _look(self, device: Device) -> str:
        """What is wrong with it, or nothing."""
        try:
            state = next((one for one in self._driver.states() if one.uuid == device.uuid), None)
        except SandboxUnavailable as error:
            return str(error)
        return _unclean(device, state) if state else "the driver no longer finds it"

    def _put_aside(self, device: Device, why: str) -> None:
        device.quarantine = why
        log.error(
            "device %s is in quarantine: %s. Stop what uses it, or reset it (nvidia-smi --gpu-reset -i %s), "
            "and start this program again.",
            *(device.uuid, why, device.uuid),
        )
        self._release(device)

    def _release(self, device: Device) -> None:
        with self._changed:
            device.lent = False
            if device.lock is not None:
                device.lock.close()
                device.lock = None
            self._changed.notify_all()

    def _lock(self, device: Device) -> bool:
        """So that two graders of one machine never lend the same device."""
        self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(self._locks / device.uuid, "w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        device.lock = file
        return True


def _unclean(device: Device, state: State) -> str:
    """In words, what somebody left on a device."""
    if state.processes:
        return f"processes use it: {', '.join(map(str, state.processes))}"
    if state.recovery:
        return f"the driver asks for: {state.recovery}"
    if state.errors > device.errors:
        return f"{state.errors - device.errors} errors of its memory could not be corrected"
    if not state.used_mb <= device.idle_mb + SLACK_MB:
        return f"{state.used_mb} MB of its memory are held, {device.idle_mb} MB are usual"
    return ""


def refuse_old(version: Iterable[int]) -> None:
    version = tuple(version)
    if version < OLDEST_TOOLKIT:
        have, need = (".".join(map(str, one)) for one in (version, OLDEST_TOOLKIT))
        raise SandboxUnavailable(
            f"NVIDIA's container toolkit {have} has published ways out of a container; update it to {need} or newer"
        )


def open_devices() -> Devices:
    """The devices of this machine. SandboxUnavailable, with a remedy, where there are none to be lent."""
    return Devices(NvidiaSmi())
