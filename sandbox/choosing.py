"""Which engine runs the cells here. Never silent about it, and never none."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import Engine, SandboxUnavailable

if TYPE_CHECKING:
    from sandbox.docker import DockerEngine

__all__ = ["choose"]

log = logging.getLogger(__name__)

NAMES = ("docker", "runsc", "bwrap")


def choose(name: str | None = None, *, gpu: bool = False) -> Engine:
    """The engine of that name, or of ANNEAL_ENGINE; without either docker, and bwrap where docker does not answer.

    With `gpu` its cells can have an accelerator: docker alone puts one in.
    Where ANNEAL_KEEPER names a keeper's socket, cells of Docker come from there and from nowhere else.
    SandboxUnavailable, with what each engine lacks, when there is none. A named engine has no substitute.
    """
    wanted = name or os.environ.get("ANNEAL_ENGINE") or None
    if gpu:
        return _open_with_devices(wanted)
    if wanted is not None:
        engine = _open(wanted)
        log.info("sandbox: %s, as asked", wanted)
        return engine
    if keeper := os.environ.get("ANNEAL_KEEPER"):
        return _kept(keeper, None)
    lacks = {}
    for candidate in ("docker", "bwrap"):
        try:
            engine = _open(candidate)
        except SandboxUnavailable as reason:
            lacks[candidate] = str(reason)
            continue
        why = f" ({'; '.join(f'{other}: {lack}' for other, lack in lacks.items())})" if lacks else ""
        log.log(logging.WARNING if lacks else logging.INFO, "sandbox: %s%s", candidate, why)
        return engine
    raise SandboxUnavailable(
        "no sandbox works here, and nothing is run without one:\n"
        + "\n".join(f"- {candidate}: {lack}" for candidate, lack in lacks.items())
    )


def _open(name: str) -> Engine:
    if name == "bwrap":
        from sandbox.bwrap import BwrapEngine

        return BwrapEngine()
    if name not in NAMES:
        raise SandboxUnavailable(f"there is no engine {name!r}: ANNEAL_ENGINE is one of {', '.join(NAMES)}")
    if keeper := os.environ.get("ANNEAL_KEEPER"):
        return _kept(keeper, name)
    return open_docker(name)


def open_docker(name: str, *, gpu: bool = False) -> DockerEngine:
    """The engine itself, for who may speak to it: a keeper, or a command without one."""
    try:
        from sandbox.docker import DockerEngine
    except ImportError as error:
        raise SandboxUnavailable(f"the Docker client is missing ({error}): install anneal[grader]") from error
    if not gpu:
        return DockerEngine(runtime="runsc" if name == "runsc" else "runc")
    from sandbox.devices import open_devices
    from sandbox.images import GPU_IMAGE

    if name != "docker":
        raise SandboxUnavailable(f"cells of {name} have no GPU: use docker")
    devices = open_devices()
    engine = DockerEngine(devices=devices, image=GPU_IMAGE)
    log.info("sandbox: docker with %s, driver %s", "; ".join(devices.names()), devices.driver_version)
    return engine


def _kept(keeper: str, name: str | None, *, gpu: bool = False) -> Engine:
    from sandbox.keeper.engine import KeptEngine

    kept = KeptEngine(Path(keeper), name)
    if gpu and not kept.devices:
        kept.close()
        raise SandboxUnavailable(f"the keeper at {keeper} has no accelerator: start it with --gpu")
    log.info("sandbox: %s, by the keeper at %s", kept.name, keeper)
    return kept


def _open_with_devices(wanted: str | None) -> Engine:
    if wanted not in (None, "docker"):
        raise SandboxUnavailable(f"cells of {wanted} have no GPU: serve the queue gpu with ANNEAL_ENGINE=docker")
    if keeper := os.environ.get("ANNEAL_KEEPER"):
        return _kept(keeper, "docker", gpu=True)
    return open_docker("docker", gpu=True)
