"""The judge's end of the line: serves gradings of one package until nobody asks any longer.

It speaks to the broker in frames whose first byte is their kind:
  to the judge    J job (JSON) · A the answer to the last question · E the answer cell has ended (JSON)
  from the judge  Q question · C one case's result (JSON) · V the verdict (JSON) · K it failed itself (text)
Q and A carry a JSON header (u32 length, JSON) before the bytes that the broker passes on unread.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict

from graders import values
from graders.candidate import Candidate
from graders.judge import SHOWN_STDOUT, CellGone, Judging, Reply
from graders.lazy import LAZY
from graders.protocol import CaseResult


class Channel:
    """Frames to and from the broker."""

    def __init__(self, fds: tuple[int, int]) -> None:
        self.reader, self.writer = fds

    def read(self) -> bytes:
        (length,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = os.read(self.reader, min(count, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def write(self, kind: bytes, body: bytes) -> None:
        rest = memoryview(struct.pack(">I", 1 + len(body)) + kind + body)
        while rest:
            rest = rest[os.write(self.writer, rest) :]

    def ask(self, question: bytes, sample: bool, seconds: float, meanwhile: Callable[[], None]) -> Reply:
        """Relay one question through the broker. CellGone if the answer cell ended instead."""
        header = json.dumps({"sample": sample, "seconds": seconds}).encode()
        self.write(b"Q", struct.pack(">I", len(header)) + header + question)
        meanwhile()
        frame = self.read()
        if frame[:1] == b"E":
            told = json.loads(frame[1:])
            raise CellGone(told["ended"], told["detail"], told["log"])
        (length,) = struct.unpack(">I", frame[1:5])
        header_in = json.loads(frame[5 : 5 + length])
        return understand(frame[5 + length :], header_in["seconds"], header_in["log"][:SHOWN_STDOUT])


def understand(raw: bytes, seconds: float, log: str) -> Reply:
    """A reply of the answer cell, which may be anything at all."""
    try:
        body = values.decode(raw)
    except values.Malformed:
        return Reply("malformed", seconds=seconds, stdout=log)
    if not isinstance(body, dict) or body.get("status") not in ("answered", "raised", "loaded"):
        return Reply("malformed", seconds=seconds, stdout=log)
    if body["status"] == "raised":
        line, name, text = body.get("line"), body.get("type"), body.get("text")
        body["line"] = line if isinstance(line, int) and not isinstance(line, bool) and 0 < line < 10**5 else None
        # A made-up name could carry an input out of a hidden case.
        body["type"] = name if isinstance(name, str) and _standard(name) else "an exception"
        body["text"] = text[:2000] if isinstance(text, str) else ""
    missing = body.get("missing")
    body["missing"] = missing if isinstance(missing, list) else []
    return Reply(body["status"], body.get("value"), body, seconds, log)


def _standard(name: str) -> bool:
    import builtins

    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in ("numpy", "torch"):
        if name in sys.modules:
            found[name] = str(sys.modules[name].__version__)
    return found


def main(fds: tuple[int, int]) -> None:
    """Serve gradings of one package until nobody asks any longer."""
    channel = Channel(fds)
    with open("manifest.json") as file:
        manifest = json.load(file)
    Candidate("reference.py")  # whatever is wrong with the package shows before the first learner
    while True:
        job = json.loads(channel.read()[1:])
        ask = LAZY[job["lazy"]].asker(manifest) if job.get("lazy") else channel.ask

        def tell(result: CaseResult) -> None:
            channel.write(b"C", json.dumps(asdict(result)).encode())

        try:
            verdict = Judging(job, manifest, ask, tell).verdict()
            receipt = {**verdict.receipt, "versions": versions()}
            channel.write(b"V", json.dumps({**asdict(verdict), "receipt": receipt}).encode())
        except Exception:
            channel.write(b"K", traceback.format_exc()[-8000:].encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    main(CHANNEL)  # type: ignore[name-defined]  # noqa: F821  (set by the cell's first program)
