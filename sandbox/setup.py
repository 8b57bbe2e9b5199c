"""`python -m sandbox setup`: prepares an engine's cells and tries one. What is there already is not made again."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import docker
import requests
from docker.errors import DockerException, ImageNotFound

from sandbox import CellEnded, Engine, Profile, SandboxUnavailable, images
from sandbox.docker import DockerEngine
from sandbox.docker_needs import connect
from sandbox.images.base import PUBLIC, find_base, target_of
from sandbox.images.packages import download
from sandbox.progress import Progress

__all__ = ["build", "set_up"]

BUILD_SECONDS = 3600
READY_SECONDS = 180.0
STAGE_LABEL = "anneal.stage=build"


def set_up(
    engine: str, *, base: str | None = None, force: bool = False, gpu: bool = False, progress: Progress | None = None
) -> None:
    """Make the cells of `engine` startable, with `gpu` those with an accelerator too. SandboxUnavailable if not."""
    progress = progress or Progress()
    if gpu and engine != "docker":
        raise SandboxUnavailable(f"cells of {engine} have no GPU: docker alone puts one in")
    if engine == "bwrap":
        from sandbox.bwrap import BwrapEngine

        return _try(BwrapEngine(), progress)
    try:
        build("python", base=base, force=force, progress=progress)
        if gpu:
            build(images.GPU_IMAGE, base=base, force=force, progress=progress)
        _try(DockerEngine("runc" if engine == "docker" else engine), progress)
    except (DockerException, requests.RequestException) as error:
        raise SandboxUnavailable(f"the Docker engine answers, but not as it should ({error}): is it well?") from error


def build(image: str, *, base: str | None = None, force: bool = False, progress: Progress) -> str:
    """Build an image of `sandbox/images` and return its tag. At once if one of the same inputs is there."""
    api, name = connect(), images.tag(image)
    progress.step(f"Image {name}")
    if not force and _is_built(api, name):
        progress.done("is there")
        return name
    progress.done("to be built")

    progress.step("Base")
    base = find_base(api, base or os.environ.get("ANNEAL_BASE_IMAGE") or PUBLIC, progress)
    progress.done(base)
    with tempfile.TemporaryDirectory(prefix="anneal-image-") as folder:
        context = Path(folder)
        for path in images.inputs(image):
            shutil.copy(path, context)
        progress.step("Packages")
        cuda = image == images.GPU_IMAGE
        index = os.environ.get("ANNEAL_TORCH_INDEX")
        download(context / "requirements.txt", context / "wheels", target_of(api, base), progress, index, cuda=cuda)
        progress.done(f"{sum(1 for _ in (context / 'wheels').iterdir())} wheels")
        progress.step("Build")
        # A C compiler is no wheel: with CUDA the build reaches Debian's mirror.
        _build(api, context, name, base, "default" if cuda else "none", progress)
        progress.done(name)
    return name


def _is_built(api: docker.APIClient, name: str) -> bool:
    try:
        return bool(api.inspect_image(name))
    except ImageNotFound:
        return False


def _build(api: docker.APIClient, context: Path, name: str, base: str, network: str, progress: Progress) -> None:
    """All packages lie in the context."""
    arguments = {"BASE": base}
    api.timeout = BUILD_SECONDS
    lines = api.build(
        path=str(context), tag=name, buildargs=arguments, network_mode=network, rm=True, forcerm=True, decode=True
    )
    said: list[str] = []
    for line in lines:
        if "error" in line:
            raise SandboxUnavailable("the image cannot be built:\n" + "".join(said[-20:]) + line["error"])
        said.append(line.get("stream", ""))
        progress.show(said[-1])
    # The stage with the wheels is of no use any longer, and large.
    api.prune_images({"dangling": True, "label": STAGE_LABEL})


def _try(engine: Engine, progress: Progress) -> None:
    """Start one cell with torch, as the first grading would."""
    progress.step(f"A first cell ({engine.name})")
    start = time.monotonic()
    try:
        cell = engine.start(Profile())
        try:
            cell.wait_ready(start + READY_SECONDS)
        except CellEnded as ended:
            said = cell.take_log().decode(errors="replace")
            raise SandboxUnavailable(f"a cell does not become ready: {ended}\n{said[-2000:]}") from None
        finally:
            cell.kill()
    finally:
        engine.close()
    progress.done("ready")
