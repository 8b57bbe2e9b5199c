"""The judge's end of the line: serves gradings of one package until nobody asks any longer.

It speaks to the broker in frames whose first byte is their kind:
  to the judge    J job (JSON) · A the answer to the last question · E the answer cell has ended (JSON)
  from the judge  Q question · C one case's result (JSON) · V the verdict (JSON) · K it failed itself (text)
Q and A carry a JSON header (u32 length, JSON) before the bytes that the broker passes on unread.
"""

from __future__ import annotations

import json
import os
import select
import struct
import sys
import traceback
from dataclasses import asdict

from graders import values
from graders.asking import CellGone, Reply
from graders.candidate import Candidate
from graders.judge import SHOWN_STDOUT, Judging
from graders.lazy import LAZY
from graders.protocol import CaseResult


class Channel:
    """Frames to and from the broker."""

    def __init__(self, fds: tuple[int, int]) -> None:
        self.reader, self.writer = fds
        self.waiting = bytearray()
        os.set_blocking(self.writer, False)

    def read(self) -> bytes:
        (length,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        while len(self.waiting) < count:
            self._take_in()
        data = bytes(self.waiting[:count])
        del self.waiting[:count]
        return data

    def _take_in(self) -> None:
        part = os.read(self.reader, 1 << 20)
        if not part:
            os._exit(0)
        self.waiting += part

    def write(self, kind: bytes, body: bytes) -> None:
        """Takes answers in meanwhile: the broker may have one to deliver before it listens to us again."""
        rest = memoryview(struct.pack(">I", 1 + len(body)) + kind + body)
        while rest:
            try:
                rest = rest[os.write(self.writer, rest) :]
            except BlockingIOError:
                readable, _, _ = select.select([self.reader], [self.writer], [])
                if readable:
                    self._take_in()

    def put(self, question: bytes, *, sample: bool, seconds: float, load: bool = False) -> None:
        """One question for the broker to relay."""
        header = json.dumps({"sample": sample, "seconds": seconds, "load": load}).encode()
        self.write(b"Q", struct.pack(">I", len(header)) + header + question)

    def get(self) -> Reply:
        """What came of it. CellGone if the answer cell ended instead."""
        frame = self.read()
        if frame[:1] == b"E":
            told = json.loads(frame[1:])
            raise CellGone(told["ended"], told["detail"], told["log"])
        (length,) = struct.unpack(">I", frame[1:5])
        header = json.loads(frame[5 : 5 + length])
        return understand(frame[5 + length :], header["seconds"], header["log"][:SHOWN_STDOUT])


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
    for name in ("numpy", "torch", "triton"):
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
        asker = LAZY[job["lazy"]].asker() if job.get("lazy") else channel

        def tell(result: CaseResult) -> None:
            channel.write(b"C", json.dumps(asdict(result)).encode())

        try:
            verdict = Judging(job, manifest, asker, tell).verdict()
            receipt = {**verdict.receipt, "versions": versions()}
            channel.write(b"V", json.dumps({**asdict(verdict), "receipt": receipt}).encode())
        except Exception:
            channel.write(b"K", traceback.format_exc()[-8000:].encode("utf-8", "backslashreplace"))


if __name__ == "__main__":
    main(CHANNEL)  # type: ignore[name-defined]  # noqa: F821  (set by the cell's first program)
