"""The two virtual environments: `.venv` for our programs, `.cells` for what runs inside bwrap cells."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from . import first_pip
from .home import ROOT
from .steps import Console, Step, StepFailed, digest_of

VENV = ROOT / ".venv"
CELLS = ROOT / ".cells"

# PyPI's own torch for Linux brings gigabytes of CUDA that no cell of this machine's processor can use.
CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"

NETWORK_REMEDY = (
    "If the network needs a proxy, set HTTPS_PROXY; for another package index set PIP_INDEX_URL; for a company's "
    "own certificates set PIP_CERT to their file. Then start again: what is there already is not fetched twice."
)


def python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements_of(extra: str) -> list[str]:
    """What an extra asks for, without the project itself: nothing of ours lies in the cells."""
    extras = project()["optional-dependencies"]
    assert isinstance(extras, dict)
    return list(extras[extra])


def packages_step(*extras: str) -> Step:
    """`.venv` with the project, editable, and the packages of `extras` beside those it was asked for before."""
    kept = VENV / "anneal.extras"

    def wanted() -> list[str]:
        return sorted({*extras, *(kept.read_text().split() if kept.exists() else ())})

    def work(console: Console) -> None:
        names = wanted()
        install(console, VENV, ["--editable", f"{ROOT}[{','.join(names)}]"])
        kept.write_text("\n".join(names))

    return Step(
        title="Python packages",
        stamp=VENV / "anneal.stamp",
        inputs=lambda: digest_of(interpreter(), str(ROOT), json.dumps(project(), sort_keys=True), *wanted()),
        work=work,
        outputs=(python_of(VENV),),
        remedy=NETWORK_REMEDY,
    )


def cells_step() -> Step:
    """`.cells` with what the learner's code may import: only where cells are not containers."""
    return Step(
        title="Packages for the exercises (PyTorch, about 1.5 GB)",
        stamp=CELLS / "anneal.stamp",
        inputs=lambda: digest_of(interpreter(), str(ROOT), *requirements_of("cell")),
        work=lambda console: install(console, CELLS, requirements_of("cell"), choose_torch=True),
        outputs=(python_of(CELLS),),
        remedy=NETWORK_REMEDY + " Another index for PyTorch alone: ANNEAL_TORCH_INDEX.",
    )


def interpreter() -> str:
    return f"{sys.base_prefix} {platform.python_version()} {platform.machine()}"


def install(console: Console, environment: Path, what: Sequence[str], choose_torch: bool = False) -> None:
    if not runs(python_of(environment)):
        create(console, environment)
    index = torch_index(console, environment) if choose_torch else []
    pip(console, environment, "install", "--upgrade-strategy", "only-if-needed", *index, *what)


def pip(console: Console, environment: Path, *words: str) -> list[str]:
    common = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    command, *rest = words
    return console.command(
        python_of(environment), "-m", "pip", command, *common, *rest, cwd=ROOT, environment=own_environment()
    )


def own_environment() -> dict[str, str]:
    """Ours without what would mix another Python's packages into the new environment."""
    mixed = (
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "PIP_TARGET",
        "PIP_USER",
        "PIP_PREFIX",
        "PIP_REQUIRE_VIRTUALENV",
    )
    return {name: value for name, value in os.environ.items() if name not in mixed}


def runs(python: Path) -> bool:
    """Whether an environment is whole and of this Python; one that lost its base after an upgrade is neither."""
    script = "import pip, sys; print(f'{sys.version_info[0]}.{sys.version_info[1]}')"
    try:
        found = subprocess.run([python, "-I", "-c", script], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return found.returncode == 0 and found.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"


# ------------------------------------------------------------------------------- torch, and which one


def torch_index(console: Console, environment: Path) -> list[str]:
    """pip's options for torch: as the user configured pip, except that PyPI's CUDA build is avoided."""
    if chosen := os.environ.get("ANNEAL_TORCH_INDEX"):
        return ["--extra-index-url", chosen]
    torch = next(name for name in requirements_of("cell") if name.startswith("torch"))
    if not brings_cuda(console, environment, torch):
        return []
    console.note(f"torch would bring CUDA; taking it from {CPU_TORCH_INDEX} (ANNEAL_TORCH_INDEX changes that)")
    return ["--extra-index-url", CPU_TORCH_INDEX]


def brings_cuda(console: Console, environment: Path, torch: str) -> bool:
    """Whether the torch that pip would take here asks for NVIDIA's packages on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        pip(
            console,
            environment,
            "install",
            "--dry-run",
            "--no-deps",
            "--ignore-installed",
            "--report",
            str(report),
            torch,
        )
        found = json.loads(report.read_text())["install"]
    requires: list[str] = found[0]["metadata"].get("requires_dist", []) if found else []
    # A CPU build lists its packages without them, or for no platform of ours; `+cpu` says it outright.
    if found and "+cpu" in found[0]["metadata"]["version"]:
        return False
    is_linux = sys.platform == "linux"
    return is_linux and any(name.lower().startswith(("nvidia-", "cuda-", "triton")) for name in requires)


# --------------------------------------------------------------------------------- environment, with pip


def create(console: Console, environment: Path) -> None:
    """A new environment with a pip that can reach an index, also where this Python brings none."""
    shutil.rmtree(environment, ignore_errors=True)
    if importlib.util.find_spec("venv") is None:
        raise StepFailed(
            "This Python cannot make virtual environments: it has no module `venv`.", remedy=first_pip.REMEDY
        )
    options = ["--without-pip"] if importlib.util.find_spec("ensurepip") is None else []
    console.command(sys.executable, "-m", "venv", *options, environment, environment=own_environment())
    if options or not trusts_anyone(python_of(environment)):
        first_pip.install(console, python_of(environment), own_environment())


def trusts_anyone(python: Path) -> bool:
    """Whether pip finds certificates. Debian's looks for those of the system, where there need not be any."""
    script = "import os, sys; from pip._vendor import certifi; sys.exit(not os.path.exists(certifi.where()))"
    return subprocess.run([python, "-I", "-c", script], capture_output=True).returncode == 0
