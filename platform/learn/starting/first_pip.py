"""pip for a Python that has none, as Debian's bare `python3`: from the system's packages or from the index.

Nothing is installed on the system and no rights are needed: apt downloads for everyone. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess
import tempfile
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

SYSTEMS = Path("/etc/ssl/certs/ca-certificates.crt")

# pip's own front door, told where its certificates are: Debian's looks for those of the system, and in newer
# releases does not even start where there are none.
START = """
import runpy, sys
certificates, wheel, *words = sys.argv[1:]
if wheel:
    sys.path.insert(0, wheel)
from pip._vendor import certifi
if certificates:
    certifi.where = certifi.core.where = lambda: certificates
sys.argv = ["pip", *words]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def install(console: Console, python: Path, environment: Mapping[str, str]) -> None:
    """A pip with certificates of its own, for a virtual environment whose Python lacks the one or the other."""
    console.progress("fetching pip")
    with tempfile.TemporaryDirectory() as folder:
        try:
            certificates, wheel, wanted = provisions(console, python, Path(folder), environment)
        except (OSError, ValueError, StopIteration, StepFailed) as error:
            lines = error.lines if isinstance(error, StepFailed) else ()
            raise StepFailed(f"This Python has no pip, and none could be fetched: {error}", lines, REMEDY) from error
        words = ("install", "--upgrade", "--force-reinstall", "--disable-pip-version-check", wanted)
        console.command(python, "-c", START, certificates, wheel, *words, environment=environment)


def provisions(
    console: Console, python: Path, folder: Path, environment: Mapping[str, str]
) -> tuple[str | Path, str | Path, str | Path]:
    """Certificates and a pip to begin with (empty: what is there will do), and which pip to install with them."""
    if not has_pip(python) and environment.get("PIP_INDEX_URL"):
        wheel = from_index(folder, environment)
        return "", wheel, wheel
    begin = "" if has_pip(python) else from_apt(console, folder)
    return certificates(console, folder), begin, "pip"


def has_pip(python: Path) -> bool:
    script = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"
    return subprocess.run([python, "-I", "-c", script], capture_output=True).returncode == 0


# ---------------------------------------------------------------------------------------------- apt


def from_apt(console: Console, folder: Path) -> Path:
    if not debs.can_fetch():
        raise ValueError("this system has no apt-get, and PIP_INDEX_URL names no package index")
    return next(debs.unpacked(console, folder, "python3-pip-whl").glob("usr/share/python-wheels/pip-*.whl"))


def certificates(console: Console, folder: Path) -> str | Path:
    """Those of public authorities in a file; none where Debian's pip finds the system's, or they cannot be had."""
    if SYSTEMS.exists() or not debs.can_fetch():
        return ""
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
