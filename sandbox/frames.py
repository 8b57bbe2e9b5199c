"""The wire of a cell, seen from outside: frames over two descriptors, and the bundle of `load`."""

from __future__ import annotations

import struct
from collections.abc import Mapping

READY = b"ready"
LOADED = b"loaded"


def pack(files: Mapping[str, bytes], entry: str) -> bytes:
    """The bundle that `sandbox/cell/boot.py` unpacks. ValueError for a name that leaves the cell's folder."""
    fields = [entry.encode()]
    for name, content in files.items():
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise ValueError(f"{name!r} is not a file name inside a cell")
        fields += [name.encode(), content]
    return struct.pack(">I", len(files)) + b"".join(struct.pack(">I", len(item)) + item for item in fields)


def frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload
