"""Attacks an engine's cells as it is configured: from the inside, on each other, and on their limits."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import ExitStack
from pathlib import Path

from sandbox import Cell, CellEnded, Engine, Limits, Profile
from sandbox.doctor import accelerators, limits
from sandbox.doctor.findings import Finding
from sandbox.doctor.surroundings import PORT_OF_OTHER, Surroundings

__all__ = ["attack"]

INSIDE = Path(__file__).parent / "inside"
PLAIN = Profile(name="doctor", preload=(), limits=Limits(memory_mb=256))
START_SECONDS, ANSWER_SECONDS = 60.0, 60.0
MAX_ANSWER = 1 << 20

# What reaches no further than a kernel of the cell's own: groups, and attacks by their name.
OWN_KERNEL_GROUPS = {"namespaces", "mounts", "kernel"}
OWN_KERNEL_NAMES = {
    *("a socket of family netlink", "opening /dev/fuse", "opening /dev/net/tun", "making a device", "being traced"),
    *("escaping the memory killer", "a turn before everybody else", "ending process 1", "calling without a filter"),
}

# The other cell: it listens, writes a file, and carries a mark in a command line.
VICTIM_NAME = f"victim-{PORT_OF_OTHER}.py"
VICTIM = """
import os, socket, struct, subprocess, sys, threading
reader, writer = CHANNEL
head = os.read(reader, 36)
mark, port = head[4:].decode(), int(sys.argv[0].split("-")[1][:-3])
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\\0" + mark)
abstract.listen()
server = socket.create_server(("127.0.0.1", port))
calls = []
def accept(listener):
    while True:
        listener.accept()[0].close()
        calls.append(1)
for listener in (abstract, server):
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
for folder in ("/dev/shm", os.getcwd()):
    try:
        with open(os.path.join(folder, "of-another-cell"), "w") as file:
            file.write(mark)
        os.chmod(file.name, 0o666)
    except OSError:
        pass
child = subprocess.Popen([sys.executable, "-c", "input()", mark], stdin=subprocess.PIPE)
os.write(writer, b"\\0\\0\\0\\x05ready")
os.read(reader, 4)
os.write(writer, struct.pack(">I", 1) + bytes([min(len(calls), 255)]))
"""


def attack(engine: Engine, *, quick: bool = True) -> list[Finding]:
    """Every attack and how it ended. `quick` leaves out the slower limits. CellEnded if no cell starts."""
    with Surroundings.prepare() as host:
        if wrong := host.control():
            return [Finding.not_tried("host", "reaching the host", wrong)]
        with ExitStack() as stack:
            victim, attacker = (_start(engine, stack) for _ in range(2))
            for cell in (victim, attacker):
                cell.wait_ready(time.monotonic() + START_SECONDS)
            findings = _from_inside(victim, attacker, host, limits.has_own_kernel(engine))
    return [*findings, *limits.attack(engine, quick=quick), *accelerators.attack(engine)]


def _start(engine: Engine, stack: ExitStack) -> Cell:
    cell = engine.start(PLAIN)
    stack.callback(cell.kill)
    return cell


def _from_inside(victim: Cell, attacker: Cell, host: Surroundings, own_kernel: bool) -> list[Finding]:
    marks = secrets.token_hex(16), secrets.token_hex(16)
    until = time.monotonic() + ANSWER_SECONDS
    victim.load({VICTIM_NAME: VICTIM.encode()}, VICTIM_NAME, until)
    victim.send(marks[1].encode(), until)
    victim.receive(16, until)
    attacker.load({path.name: path.read_bytes() for path in INSIDE.glob("*.py")}, "inside.py", until)
    try:
        attacker.send(host.describe(marks, own_kernel), until)
        answer = json.loads(attacker.receive(MAX_ANSWER, until))
    except CellEnded as ended:
        said = attacker.take_log().decode(errors="replace")
        return [Finding.not_tried("inside", "any attack from inside", f"{ended}\n{said[-2000:]}")]
    findings = [_finding(group, *result) for group, results in answer.items() for result in results]
    if own_kernel:
        findings = [one for one in findings if not _reaches_only_its_own_kernel(one)]
    victim.send(b"", until)
    calls = victim.receive(1, until)[0]
    return [
        *findings,
        Finding("network", "a call to the host that arrived", host.calls == 0, f"{host.calls} calls"),
        Finding("neighbours", "a call to another cell that arrived", calls == 0, f"{calls} calls"),
    ]


def _reaches_only_its_own_kernel(finding: Finding) -> bool:
    return finding.group in OWN_KERNEL_GROUPS or finding.name in OWN_KERNEL_NAMES


def _finding(group: str, name: str, could: bool, worked: bool, detail: str) -> Finding:
    if not could:
        return Finding.not_tried(group, name, detail)
    return Finding(group, name, not worked, detail if not worked else f"it worked: {detail}")
