"""The images of container cells: a folder each. A tag names what went into it, so that an old one is never used."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["GPU_IMAGE", "inputs", "tag"]

GPU_IMAGE = "gpu"  # with CUDA's libraries and a compiler, which no other cell has

HERE = Path(__file__).parent


def inputs(image: str) -> list[Path]:
    """The files that an image is built from. KeyError for an image that we do not have."""
    folder = HERE / image
    if not (folder / "Dockerfile").is_file():
        raise KeyError(image)
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def tag(image: str) -> str:
    """Name and tag of an image, the same for the same inputs."""
    digest = hashlib.sha256()
    for path in inputs(image):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return f"anneal-cell-{image}:{digest.hexdigest()[:12]}"
