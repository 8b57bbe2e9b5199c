"""Cells that are containers of a Docker engine, run by runc or by gVisor's runsc.

Whoever may speak to the engine owns the machine, so nothing that comes from a user reaches it: no
image, no mount, no variable, no command. The API is reached by docker-py, in the version that both know.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from sandbox import Cell, CellEnded, Ended, Profile, SandboxUnavailable, images, owners
from sandbox.cgroups import Group
from sandbox.devices import Devices
from sandbox.docker_attach import Attachment, new_mark
from sandbox.docker_cell import DockerCell, Launched
from sandbox.docker_config import DEADLINE, FULL_SHARES, OWNER, PERIOD_US, accelerator, container
from sandbox.docker_needs import OLDEST_RUNSC, TROUBLE, connect, refuse_runtime, remedy
from sandbox.needs import refuse_little_memory

__all__ = ["DockerEngine"]

log = logging.getLogger(__name__)

REMOVE_SECONDS, HANGING_SECONDS = 10.0, 20.0
EVENT_SECONDS = 3600
DEVICE_SECONDS = 60.0  # how long a cell waits for an accelerator that another holds

# A cell gets a user number of its own, so that the kernel counts its processes apart from all others'.
FIRST_UID, UIDS_PER_OWNER, OWNERS = 1_800_000_000, 4096, 16384
# Of all engines of this process: two of them must not give one number twice.
NUMBERS = itertools.count()


class DockerEngine:
    """Raises SandboxUnavailable if no engine answers, lacks the runtime or has no image of ours."""

    for_strangers = True

    def __init__(self, runtime: str = "runc", image: str = "python", devices: Devices | None = None) -> None:
        self.name = "docker" if runtime == "runc" else runtime
        self.runtime = runtime
        self.own_kernel = runtime == "runsc"  # a cell's calls reach gVisor, and not the machine's kernel
        self._api = connect()
        self._info: dict[str, Any] = self._api.info()
        self._version: dict[str, Any] = self._api.version()
        self._runsc = refuse_runtime(self._info, runtime)
        refuse_little_memory(self._info.get("MemTotal", 0))
        self._images: dict[str, str] = {}
        self._image(image)
        self._owner = owners.name(os.getpid())
        self._cells: dict[str, DockerCell] = {}
        self._stuck: set[str] = set()
        self.devices = devices
        self._lent: dict[str, str] = {}  # container → the UUID of its device
        self._removals: dict[str, float] = {}  # under way, and since when
        self._lock = threading.Lock()
        self._removing = ThreadPoolExecutor(2, thread_name_prefix="docker-remove")
        self.sweep()

    def start(self, profile: Profile, *, background: bool = False) -> Cell:
        asked = time.monotonic()
        launched = self.launch(profile, background=background)
        attachment = Attachment(launched.connection, profile.limits.log_kb * 1024, launched.mark)
        cell = DockerCell(launched.id, self, attachment, profile, asked=asked)
        with self._lock:
            self._cells[cell.id] = cell
        return cell

    def launch(self, profile: Profile, *, background: bool = False) -> Launched:
        """A running container and the connection to it. Whoever has that must have it removed in the end."""
        if profile.gpu and self.devices is None:
            raise SandboxUnavailable("these cells have no GPU: those of a grader with --queues gpu do")
        if self.unhealthy:
            raise SandboxUnavailable(f"the engine does not remove containers: {self.unhealthy}")
        mark = new_mark()
        name = f"anneal-{os.getpid()}-{new_mark()[:8]}"
        config = self._config(profile, mark, background)
        device = self.devices.take(DEVICE_SECONDS) if profile.gpu and self.devices else ""
        if device:
            config["HostConfig"].update(accelerator(device))
        try:
            created = self._api.create_container_from_config(config, name)["Id"]
            connection = self._attach(created)
            self._api.start(created)
        except TROUBLE as error:
            # A request that timed out may have been served all the same.
            self._lent[name] = device
            self._removing.submit(self._remove_now, name)
            message = f"the engine started no container: {error}{remedy(str(error))}"
            raise CellEnded(Ended.LOST, message) from error
        self._lent[created] = device
        return Launched(created, mark, connection)

    def promote(self, cell: Cell) -> None:
        if not isinstance(cell, DockerCell):
            return
        group = cell.find_group()
        self.give_full_share(cell.id, group if isinstance(group, Group) else None, cell.profile.limits.cpus)

    def give_full_share(self, container: str, group: Group | None, cpus: float) -> None:
        if group is None or not group.share(idle=False):
            with suppress(*TROUBLE):
                self._api.update_container(container, cpu_shares=FULL_SHARES)
        if group is not None:
            group.allow_burst(int(cpus * PERIOD_US))

    def sweep(self) -> int:
        """Also tries again what could not be removed before, and forgets what is not there at all."""
        removed = 0
        with suppress(*TROUBLE):
            listed = self._api.containers(all=True, filters={"label": OWNER})
            with self._lock:  # also names of containers that an engine on its way out never made
                self._stuck &= {called for found in listed for called in names_of(found)}
            for found in listed:
                if self._is_left_behind(found):
                    removed += self._remove_now(found["Id"])
        return removed

    def describe(self) -> dict[str, str]:
        with suppress(*TROUBLE):  # it may have been replaced since
            self._version = self._api.version()
        version = self._version
        return {
            "engine": self.name,
            "engine_version": str(version.get("Version", "")),
            "api_version": str(self._api.api_version),
            "runtime": self.runtime,
            "runc": next((c["Version"] for c in version.get("Components") or () if c["Name"] == "runc"), ""),
            **({"runsc": str(self._runsc or "unknown")} if self.own_kernel else {}),
            "kernel": str(self._info.get("KernelVersion", "")),
            "cgroup_version": str(self._info.get("CgroupVersion", "1")),
            **{f"image:{name}": digest for name, digest in self._images.items()},
            **(
                {"driver": self.devices.driver_version, "devices": "; ".join(self.devices.names())}
                if self.devices
                else {}
            ),
        }

    def what_it_cannot_hold(self) -> list[str]:
        """What an operator should know before strangers' code runs here. Sentences."""
        lacks = ["Whoever may speak to the Docker engine owns its machine, and this process may."]
        if self.own_kernel:
            lacks.append("gVisor limits the size of a cell's files, and not their number.")
            if not self._runsc or self._runsc < OLDEST_RUNSC:
                lacks.append(f"This gVisor is older than {OLDEST_RUNSC}, or nobody knows how old: update it.")
        else:
            lacks.append("Cells share the kernel with the machine: a flaw in it is a way out. runsc is safer.")
        if not self._info.get("MemoryLimit", True) or not self._info.get("PidsLimit", True):
            lacks.append("The kernel cannot limit memory or processes (see the warnings of `docker info`).")
        return lacks

    def close(self) -> None:
        with self._lock:
            cells = list(self._cells.values())
        for cell in cells:
            cell.kill()
        self._removing.shutdown()
        self._api.close()

    def out_of_service(self) -> str:
        """Why no cell can have a device any longer; empty while one can, and where there were none."""
        if self.devices is None or self.devices.usable:
            return ""
        return "every device is in quarantine: " + "; ".join(self.devices.quarantined())

    @property
    def unhealthy(self) -> str:
        """Containers that the engine refuses to remove, or takes too long over; empty when all is well."""
        late = time.monotonic() - HANGING_SECONDS
        with self._lock:
            hanging = {container for container, since in self._removals.items() if since < late}
            return " ".join(sorted(self._stuck | hanging))

    # What cells ask for. None of it raises.

    def group_of(self, container: str) -> Group | None:
        with suppress(*TROUBLE):
            pid = self._api.inspect_container(container)["State"]["Pid"]
            return Group.of(pid, container) if pid else None
        return None

    def ran_out_of_memory(self, container: str) -> bool:
        """By the engine's word: of an ended container its state, of one that runs an event."""
        now, about = time.time(), {"container": container, "event": "oom"}
        with suppress(*TROUBLE):
            if self._api.inspect_container(container)["State"]["OOMKilled"]:
                return True
            since, until = f"{now - EVENT_SECONDS:.9f}", f"{now:.9f}"
            return any(True for _ in self._api.events(since=since, until=until, filters=about))
        return False

    def ended_itself(self, container: str) -> bool:
        """gVisor ends with a program that asks too much of it, or that kills process 1."""
        with suppress(*TROUBLE):
            return self.own_kernel and not self._api.inspect_container(container)["State"]["Running"]
        return False

    def remove(self, container: str) -> None:
        """Have it removed. The cell has hung up by now, of which its init dies; this makes sure."""
        with self._lock:
            self._cells.pop(container, None)
        with suppress(RuntimeError):  # the engine is closed
            self._removing.submit(self._remove_now, container)

    def _remove_now(self, container: str) -> bool:
        with self._lock:
            self._removals[container] = time.monotonic()
        try:
            return self._remove_until_gone(container)
        finally:
            with self._lock:
                self._removals.pop(container, None)

    def _remove_until_gone(self, container: str) -> bool:
        until = time.monotonic() + REMOVE_SECONDS
        while True:
            try:
                self._api.remove_container(container, force=True, v=True)
            except NotFound:
                pass
            except TROUBLE as error:
                if time.monotonic() < until:
                    time.sleep(0.2)
                    continue
                log.error("container %s cannot be removed: %s", container, error)
                with self._lock:
                    self._stuck.add(container)
                return False
            with self._lock:
                self._stuck.discard(container)
                device = self._lent.pop(container, "")
            if device and self.devices is not None:
                self.devices.give_back(device)
            return True

    def _is_left_behind(self, found: dict[str, Any]) -> bool:
        labels = found["Labels"]
        deadline = labels.get(DEADLINE, "")
        overdue = deadline.isdigit() and time.time() > int(deadline)
        return overdue or owners.is_dead(labels[OWNER]) or not self._stuck.isdisjoint(names_of(found))

    def _config(self, profile: Profile, mark: str, background: bool) -> dict[str, Any]:
        first = FIRST_UID + os.getpid() % OWNERS * UIDS_PER_OWNER
        return container(
            profile,
            self._image(profile.image),
            mark,
            uid=first + next(NUMBERS) % UIDS_PER_OWNER,
            owner=self._owner,
            runtime=self.runtime,
            private_cgroups=docker.utils.version_gte(self._api.api_version, "1.41"),
            background=background,
        )

    def _image(self, name: str) -> str:
        """The id of an image of ours. SandboxUnavailable if it was not built here."""
        if name not in self._images:
            try:
                self._images[name] = self._api.inspect_image(images.tag(name))["Id"]
            except (KeyError, ImageNotFound):
                raise SandboxUnavailable(
                    f"the image {name!r} of the cells is missing or old; build it with: python -m sandbox setup"
                ) from None
        return self._images[name]

    def _attach(self, container: str) -> socket.socket:
        """Before the start, so that nothing is missed. Ours alone: docker-py's own object is closed."""
        parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached = self._api.attach_socket(container, parameters)
        connection = socket.socket(fileno=os.dup(attached.fileno()))
        # What is behind it too, which would stay open until the garbage is collected: a cell ends when the
        # last copy of its connection does.
        behind = getattr(attached, "_sock", None)
        attached.close()
        if behind is not None:
            behind.close()
        return connection


def names_of(found: dict[str, Any]) -> set[str]:
    """By what a listed container may be called: its id, and the name it was given."""
    return {found["Id"], *(name.lstrip("/") for name in found.get("Names") or ())}
