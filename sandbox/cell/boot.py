"""The first program of every cell: import what the profile names, take a bundle, run its entry.

Runs inside the sandbox, with nothing of ours beside it, as `python -I boot.py MODULE…`. Standard
input and output are the channel; before anything else they are moved to other descriptors, so that
a print never mixes with frames.
"""

import gc
import importlib
import os
import struct
import sys

READY = b"ready"
LOADED = b"loaded"


def move_channel() -> tuple[int, int]:
    """Take the channel away from descriptors 0 and 1. Returns (read_fd, write_fd)."""
    reader, writer = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)  # what is printed becomes the log
    return reader, writer


def read_exactly(fd: int, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            raise SystemExit(0)  # nobody wants this cell any longer
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int) -> bytes:
    return read_exactly(fd, struct.unpack(">I", read_exactly(fd, 4))[0])


def write_frame(fd: int, frame: bytes) -> None:
    rest = memoryview(struct.pack(">I", len(frame)) + frame)
    while rest:
        rest = rest[os.write(fd, rest) :]


def unpack(bundle: bytes) -> tuple[str, dict[str, bytes]]:
    """The entry and the files of a bundle: u32 count, then entry and per file name and content, each u32 + bytes."""
    fields, offset = [], 4
    (count,) = struct.unpack_from(">I", bundle)
    for _ in range(1 + 2 * count):
        (length,) = struct.unpack_from(">I", bundle, offset)
        fields.append(bundle[offset + 4 : offset + 4 + length])
        offset += 4 + length
    entry, rest = fields[0].decode(), fields[1:]
    return entry, {name.decode(): content for name, content in zip(rest[::2], rest[1::2], strict=True)}


def main() -> None:
    reader, writer = move_channel()
    # Imports leave nothing to collect: looking for it would be a tenth of their time, and of each collection later.
    gc.disable()
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.freeze()
    gc.enable()
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    write_frame(writer, READY)

    entry, files = unpack(read_frame(reader))
    home = os.getcwd()
    for name, content in files.items():
        path = os.path.join(home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    write_frame(writer, LOADED)

    sys.path.insert(0, home)
    sys.argv = [entry]
    import runpy

    runpy.run_path(os.path.join(home, entry), {"CHANNEL": (reader, writer)}, "__main__")


if __name__ == "__main__":
    main()
