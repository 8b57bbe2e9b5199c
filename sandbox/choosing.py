"""Which engine runs the cells here. Never silent about it, and never none."""

from __future__ import annotations

import logging
import os

from sandbox import Engine, SandboxUnavailable

__all__ = ["choose"]

log = logging.getLogger(__name__)

NAMES = ("docker", "runsc", "bwrap")
GPU_IMAGE = "gpu"  # with CUDA's libraries and a compiler, which no other cell has


def choose(name: str | None = None, *, gpu: bool = False) -> Engine:
    """The engine of that name, or of ANNEAL_ENGINE; without either docker, and bwrap where docker does not answer.

    With `gpu` its cells can have an accelerator: docker alone puts one in.
    SandboxUnavailable, with what each engine lacks, when there is none. A named engine has no substitute.
    """
    wanted = name or os.environ.get("ANNEAL_ENGINE") or None
    if gpu:
        return _open_with_devices(wanted)
    if wanted is not None:
        engine = _open(wanted)
        log.info("sandbox: %s, as asked", wanted)
        return engine
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
    try:
        from sandbox.docker import DockerEngine
    except ImportError as error:
        raise SandboxUnavailable(f"the Docker client is missing ({error}): install anneal[grader]") from error
    return DockerEngine(runtime="runsc" if name == "runsc" else "runc")


def _open_with_devices(wanted: str | None) -> Engine:
    if wanted not in (None, "docker"):
        raise SandboxUnavailable(f"cells of {wanted} have no GPU: serve the queue gpu with ANNEAL_ENGINE=docker")
    from sandbox.devices import open_devices
    from sandbox.docker import DockerEngine

    devices = open_devices()
    engine = DockerEngine(devices=devices, image=GPU_IMAGE)
    log.info("sandbox: docker with %s, driver %s", "; ".join(devices.names()), devices.driver_version)
    return engine
