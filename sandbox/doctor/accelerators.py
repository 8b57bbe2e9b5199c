"""Whether a cell with an accelerator has its own, and no other. Only where the engine has devices to lend."""

from __future__ import annotations

import json
import time

from sandbox import CellEnded, Engine, Limits, Profile, SandboxUnavailable
from sandbox.doctor.findings import Finding
from sandbox.images import GPU_IMAGE

__all__ = ["attack"]

NAME = "a device of another cell"
SECONDS = 60.0
SOURCE = """
import json, os, re, struct
data = json.dumps([name for name in os.listdir("/dev") if re.fullmatch("nvidia[0-9]+", name)]).encode()
os.write(CHANNEL[1], struct.pack(">I", len(data)) + data)
os.read(CHANNEL[0], 1)
"""


def attack(engine: Engine) -> list[Finding]:
    """That it has one is the control."""
    if not getattr(engine, "devices", None):
        return []
    try:
        found = _devices_of_a_cell(engine)
    except (CellEnded, SandboxUnavailable) as error:
        return [Finding.not_tried("accelerators", NAME, str(error))]
    if not found:
        return [Finding.not_tried("accelerators", NAME, "the cell has no device at all")]
    return [Finding("accelerators", NAME, len(found) == 1, f"it has {', '.join(sorted(found))}")]


def _devices_of_a_cell(engine: Engine) -> list[str]:
    until = time.monotonic() + SECONDS
    cell = engine.start(Profile("doctor", GPU_IMAGE, (), Limits(memory_mb=256), gpu=True))
    try:
        cell.wait_ready(until)
        cell.load({"look.py": SOURCE.encode()}, "look.py", until)
        return [str(name) for name in json.loads(cell.receive(1 << 16, until))]
    finally:
        cell.kill()
