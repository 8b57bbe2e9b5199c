"""Runs in a cell. Receives one frame, what the host looks like as JSON; answers one, what came of each attack."""

import json
import os
import struct

import kernel_attacks
import place_attacks
from attempts import run


def main():
    reader, writer = CHANNEL  # noqa: F821
    with os.fdopen(os.dup(reader), "rb") as file:
        host = json.loads(file.read(struct.unpack(">I", file.read(4))[0]))
    results = {
        "network": run(place_attacks.network(host)),
        "files": run(place_attacks.files(host)),
        "devices": run(place_attacks.devices()),
        "system": run(place_attacks.system(host)),
        "namespaces": run(kernel_attacks.namespaces()),
        "mounts": run(kernel_attacks.mounts()),
        "kernel": run(kernel_attacks.kernel()),
        "privileges": run(place_attacks.privileges()),
        "neighbours": run(place_attacks.neighbours(host)),
        "processes": run(kernel_attacks.processes(host)),
    }
    data = json.dumps(results).encode()
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(writer, data) :]


if __name__ == "__main__":
    main()
