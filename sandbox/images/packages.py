"""The packages of an image, fetched by this machine's own pip: its indexes, mirrors and certificates are right here.

The build itself then needs no network, and no password of an index ever lies in a layer.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox import SandboxUnavailable
from sandbox.progress import Progress

__all__ = ["CPU_TORCH_INDEX", "Target", "download"]

# PyPI's own torch for Linux needs gigabytes of CUDA that no cell of the cpu queue can use.
CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
OLDEST_GLIBC, NEWEST_GLIBC = 5, 36  # 2.36: Debian bookworm
REMEDY = "pip is configured as everywhere else: PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY; ANNEAL_TORCH_INDEX for torch"


@dataclass(frozen=True)
class Target:
    """The Python inside the image, for which wheels are chosen. It need not be the one that runs this."""

    version: str  # "3.11"
    machine: str  # "x86_64"

    def options(self) -> list[str]:
        platforms = [f"manylinux_2_{minor}_{self.machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
        platforms += [f"manylinux2014_{self.machine}", f"linux_{self.machine}", "any"]
        tags = [word for name in platforms for word in ("--platform", name)]
        return ["--only-binary=:all:", "--implementation", "cp", "--python-version", self.version, *tags]


def download(
    requirements: Path, folder: Path, target: Target, progress: Progress, torch_index: str | None, cuda: bool = False
) -> None:
    """Fetch every wheel that `requirements` pins. SandboxUnavailable with what pip said."""
    torch = next(line for line in requirements.read_text().splitlines() if line.startswith("torch=="))
    if cuda:
        _fetch_cuda_torch(torch, folder, target, progress)
    else:
        _fetch_torch(torch, folder, target, progress, torch_index)
    # A wheel of torch with a local version is newer than the plain one: pip finds it in the folder and stays.
    pip(["--find-links", str(folder), "--requirement", str(requirements)], folder, target, progress)


def _fetch_torch(torch: str, folder: Path, target: Target, progress: Progress, index: str | None) -> None:
    """A build for processors alone: from the index that was named, from where pip looks, or from PyTorch's own."""
    if index:
        return pip([torch, "--extra-index-url", index], folder, target, progress)
    choices = [[f"{torch}+cpu"], [f"{torch}+cpu", "--extra-index-url", CPU_TORCH_INDEX]]
    if target.machine != "x86_64":
        choices.append([torch])  # elsewhere PyPI's build may be for processors too
    for words in choices[:-1]:
        with suppress(SandboxUnavailable):
            return pip(words, folder, target, progress)
    pip(choices[-1], folder, target, progress)


def _fetch_cuda_torch(torch: str, folder: Path, target: Target, progress: Progress) -> None:
    """As pip is configured, which is PyPI's build for CUDA unless somebody put another in its way."""
    pip([torch], folder, target, progress)
    if found := [path.name for path in folder.glob("torch-*+cpu-*")]:
        raise SandboxUnavailable(f"pip finds a torch without CUDA ({found[0]}); let it reach an index that has one")


def pip(words: Sequence[str], folder: Path, target: Target, progress: Progress) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "--dest", str(folder), *target.options(), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    said: list[str] = []
    for line in process.stdout:
        if line.startswith(("Collecting", "Downloading", "  Downloading")):
            progress.show(line)
        if "WARNING: Location" not in line:
            said.append(line.rstrip())
    if process.wait() != 0:
        last = "\n".join(said[-5:])
        raise SandboxUnavailable(f"the packages of the cells cannot be fetched:\n{last}\n{REMEDY}")
