"""What a package of Debian or Ubuntu holds, without installing it: no rights are needed. Standard library only."""

from __future__ import annotations

import shutil
from pathlib import Path

from .steps import Console


def can_fetch() -> bool:
    return all(map(shutil.which, ("apt-get", "dpkg-deb")))


def unpacked(console: Console, folder: Path, package: str, source: str = "") -> Path:
    """The files of `package` in a folder below `folder`, from the machine's sources or from `source`, a line of apt's.

    The lists are ours as well: those of the machine need not be there, and only root may renew them.
    """
    root, debs = folder / package, folder / f"{package}.deb"
    for name in ("lists/partial", "cache/archives/partial", debs.name):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = [f"-oDir::State::lists={folder}/lists", f"-oDir::Cache={folder}/cache"]
    if source:
        (folder / "sources.list").write_text(source + "\n")
        options += [f"-oDir::Etc::sourcelist={folder}/sources.list", "-oDir::Etc::sourceparts=-"]
    console.command("apt-get", *options, "update")
    console.command("apt-get", *options, "download", package, cwd=debs)
    console.command("dpkg-deb", "--extract", next(debs.glob("*.deb")), root)
    return root
