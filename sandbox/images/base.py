"""What the images of the cells stand on: a public Python image, or where no registry answers a small Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound

from sandbox import SandboxUnavailable
from sandbox.images.mirror import debian_mirror
from sandbox.images.packages import Target
from sandbox.progress import Progress

__all__ = ["PUBLIC", "find_base", "target_of"]

PUBLIC = "python:3.11-slim-bookworm"
OWN = ("anneal-base", "bookworm")
SUITE, PACKAGES = "bookworm", "python3,python3-venv,python3-pip,ca-certificates"


def find_base(api: docker.APIClient, wanted: str, progress: Progress) -> str:
    """A base that lies here, is pulled, or is made. SandboxUnavailable if none of the three works."""
    for name in (wanted, ":".join(OWN)):
        if _is_here(api, name):
            return name
    try:
        _pull(api, wanted, progress)
        return wanted
    except (APIError, DockerException, requests.RequestException) as error:
        progress.show(f"no registry has {wanted}")
        return _debootstrap(api, progress, str(error))


def target_of(api: docker.APIClient, base: str) -> Target:
    """The version of Python in an image, and its machine."""
    script = "import platform, sys; print('%d.%d' % sys.version_info[:2], platform.machine())"
    container = api.create_container(base, ["python3", "-c", script], network_disabled=True)["Id"]
    try:
        api.start(container)
        api.wait(container, timeout=60)
        version, machine = api.logs(container).decode().split()
        return Target(version, machine)
    except ValueError:
        raise SandboxUnavailable(f"the image {base} has no python3") from None
    finally:
        api.remove_container(container, force=True)


def _is_here(api: docker.APIClient, name: str) -> bool:
    with suppress(ImageNotFound):
        api.inspect_image(name)
        return True
    return False


def _pull(api: docker.APIClient, name: str, progress: Progress) -> None:
    repository, _, version = name.partition(":")
    for line in api.pull(repository, tag=version or "latest", stream=True, decode=True):
        if "error" in line:
            raise DockerException(line["error"])
        progress.show(f"pulling {name}: {line.get('status', '')} {line.get('progress', '')}")


def _debootstrap(api: docker.APIClient, progress: Progress, why: str) -> str:
    remedy = f"{PUBLIC} cannot be pulled ({why}); let the engine reach a registry, or name a base with --base"
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise SandboxUnavailable(f"{remedy}, or install debootstrap and run this as root")
    with tempfile.TemporaryDirectory(prefix="anneal-base-") as folder:
        root, archive = Path(folder, "root"), Path(folder, "root.tar")
        mirror = debian_mirror()  # debootstrap itself knows the usual place
        command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
        command += [mirror] if mirror else []
        for line in _lines(command, remedy):
            progress.show(line.removeprefix("I: "))
        progress.show("importing it")
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        api.import_image_from_file(str(archive), *OWN)
    return ":".join(OWN)


def _lines(command: list[str], remedy: str) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    last = ""
    for line in process.stdout:
        last = line
        yield line
    if process.wait() != 0:
        raise SandboxUnavailable(f"debootstrap failed ({last.strip()}); {remedy}")
