"""pip for a Python that has none, as Debian's bare `python3`: from the system's packages or from the index.

Nothing is installed on the system and no rights are needed: apt downloads for everyone. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from . import debs
from .steps import Console, StepFailed

REMEDY = (
    "Install what this Python lacks and start again:\n"
    "  Debian, Ubuntu:  sudo apt-get install python3-venv ca-certificates\n"
    "  others: the package of your system that holds Python's `venv` and `ensurepip`"
)


def wheel(console: Console, folder: Path) -> Path:
    """A wheel of pip, fetched into `folder`. StepFailed, with what to install, when there is no way to one."""
    try:
        if os.environ.get("PIP_INDEX_URL"):
            return from_index(folder, os.environ)
        return from_apt(console, folder)
    except (OSError, ValueError, StopIteration) as error:
        raise StepFailed(f"pip is not part of this Python and could not be fetched: {error}", remedy=REMEDY) from error
    except StepFailed as failure:
        raise StepFailed(
            f"pip is not part of this Python and could not be fetched: {failure}", failure.lines, REMEDY
        ) from failure


# ---------------------------------------------------------------------------------------------- apt


def from_apt(console: Console, folder: Path) -> Path:
    if not debs.can_fetch():
        raise ValueError("this system has no apt-get, and PIP_INDEX_URL names no package index")
    return next(debs.unpacked(console, folder, "python3-pip-whl").glob("usr/share/python-wheels/pip-*.whl"))


def certificates(console: Console, folder: Path) -> Path | None:
    """The certificates of public authorities, which Debian's pip looks for in vain where they are not installed."""
    if not debs.can_fetch():
        return None
    found = sorted(debs.unpacked(console, folder, "ca-certificates").glob("usr/share/ca-certificates/**/*.crt"))
    bundle = folder / "certificates.pem"
    bundle.write_bytes(b"\n".join(path.read_bytes() for path in found))
    return bundle


# -------------------------------------------------------------------------------------------- index


def from_index(folder: Path, environment: Mapping[str, str]) -> Path:
    """pip's newest wheel from the package index, by the JSON form of its simple listing, checked by its digest."""
    listing = environment["PIP_INDEX_URL"].rstrip("/") + "/pip/"
    found = json.loads(fetch(listing, environment, "application/vnd.pypi.simple.v1+json"))
    wheels = [file for file in found["files"] if file["filename"].endswith("-none-any.whl") and not file.get("yanked")]
    newest = max(
        (wheel for wheel in wheels if is_final(wheel["filename"])), key=lambda wheel: version_of(wheel["filename"])
    )
    address, _ = urldefrag(urljoin(listing, newest["url"]))
    content = fetch(address, environment)
    if hashlib.sha256(content).hexdigest() != newest["hashes"]["sha256"]:
        raise ValueError(f"{address} is not the file that the index promised")
    path = folder / newest["filename"]
    path.write_bytes(content)
    return path


def fetch(address: str, environment: Mapping[str, str], accept: str = "*/*") -> bytes:
    trusted = environment.get("PIP_CERT") or environment.get("SSL_CERT_FILE") or None
    request = urllib.request.Request(address, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=60, context=ssl.create_default_context(cafile=trusted)) as reply:
        return bytes(reply.read())


def is_final(name: str) -> bool:
    return all(part.isdigit() for part in name.split("-")[1].split("."))


def version_of(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("-")[1].split("."))
