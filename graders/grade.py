"""The path of one grading: questions from the judge to the learner's code, answers back, a Verdict at the end.

The broker reads nothing but frame lengths and the judge's headers. It meters time and memory from
outside, and believes only the judge's last frame.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from graders import receipts
from graders.cells import Cells, answer_files
from graders.package import Package
from graders.protocol import CaseResult, Job, Outcome, Verdict
from sandbox import MAX_FRAME, Cell, CellEnded, Ended

MARK = b"\x1e\x1d\x1eanswered\x1e\n"  # graders/answer.py prints it after each answer
JUDGE_SECONDS = 120.0  # an author's code may be slow, but not for ever
MARK_SECONDS = 0.1
MAX_LOG = 64 * 1024

Report = Callable[[CaseResult], None]


class Broken(Exception):
    """Our own fault, or the author's: no verdict about the learner's code."""


@dataclass
class Clock:
    """Milliseconds by what they went to: judge_start, start, run (the learner's code), judge. The rest is relay."""

    began: float = field(default_factory=time.monotonic)
    spent: dict[str, float] = field(default_factory=dict)

    def since(self, start: float, name: str) -> None:
        self.spent[name] = self.spent.get(name, 0.0) + (time.monotonic() - start) * 1000

    def receipt(self) -> dict[str, float]:
        total = (time.monotonic() - self.began) * 1000
        known = sum(self.spent.values())
        return {name: round(ms, 2) for name, ms in {**self.spent, "relay": total - known, "total": total}.items()}


def grade(job: Job, package: Package, cells: Cells, report: Report = lambda result: None) -> Verdict:
    """Let the learner's code answer inside one cell; have its answers judged in another.

    Never raises: what went wrong on our side is a Verdict of outcome BROKEN.
    """
    clock = Clock()
    try:
        with cells.judge(package) as judge:
            clock.since(clock.began, "judge_start")
            start = time.monotonic()
            cell, hit = cells.answer(package, job.queue)
            try:
                cell.load(answer_files(package, job.files["solution.py"]), "answer.py", time.monotonic() + 30)
                clock.since(start, "start")
                verdict = Relay(judge, cell, package, clock, report).run({"seed": job.seed, "mode": job.mode})
                peak = cell.usage().memory_peak_bytes
            finally:
                cell.kill()
    except (Broken, CellEnded) as error:
        known = {**receipts.of(job, package), "times_ms": clock.receipt()}
        return Verdict(Outcome.BROKEN, message=str(error)[-2000:], receipt=known)
    except Exception as error:
        return Verdict(Outcome.BROKEN, message=f"{type(error).__name__}: {error}"[-2000:])
    receipt = {**receipts.of(job, package), "pool_hit": hit, "times_ms": clock.receipt()}
    memory = round(peak / 2**20, 1) if peak else None
    return replace(verdict, memory_mb=memory, receipt={**receipt, **verdict.receipt})


class Relay:
    """Frames between a judge and an answer cell, until the judge's verdict."""

    def __init__(self, judge: Cell, cell: Cell | None, package: Package, clock: Clock, report: Report) -> None:
        self.judge, self.cell, self.package, self.clock, self.report = judge, cell, package, clock, report
        self.log = bytearray()
        self.left = float(package.limits.seconds)  # for all cases together
        self.hidden = False  # once a hidden case was asked, nothing printed is kept

    def run(self, job: dict[str, Any]) -> Verdict:
        """Judge `job`. Broken when the judge fails."""
        self.tell(b"J", json.dumps(job).encode())
        while True:
            start = time.monotonic()
            try:
                frame = self.judge.receive(MAX_FRAME, start + JUDGE_SECONDS)
            except CellEnded as error:
                said = self.judge.take_log()[-2000:].decode(errors="replace")
                raise Broken(f"the judge ended: {error}; {said}") from None
            self.clock.since(start, "judge")
            kind, body = frame[:1], frame[1:]
            if kind == b"Q":
                self.relay(body)
            elif kind == b"C":
                self.report(CaseResult.from_dict(json.loads(body)))
            elif kind == b"V":
                verdict = Verdict.from_dict(json.loads(body))
                return replace(verdict, log=verdict.log or clean(bytes(self.log)))
            else:
                raise Broken(body.decode("utf-8", "replace"))

    def tell(self, kind: bytes, body: bytes) -> None:
        self.judge.send(kind + body, time.monotonic() + 30)

    def relay(self, body: bytes) -> None:
        """One question to the answer cell, and what came of it to the judge."""
        assert self.cell is not None
        (length,) = struct.unpack(">I", body[:4])
        header, question = json.loads(body[4 : 4 + length]), body[4 + length :]
        self.hidden = self.hidden or not header["sample"]
        start = time.monotonic()
        deadline = start + (header["seconds"] if header["load"] else min(header["seconds"], self.left))
        try:
            self.cell.send(question, deadline)
            answer = self.cell.receive(self.package.limits.answer_mb * 2**20, deadline)
        except CellEnded as error:
            self.clock.since(start, "run")
            if error.ended is Ended.LOST:
                raise Broken(f"the sandbox was lost: {error.detail}") from None
            told = {"ended": str(error.ended), "detail": error.detail, "log": clean(self.printed(wait=False))}
            return self.tell(b"E", json.dumps(told).encode())
        seconds = time.monotonic() - start
        self.left -= 0.0 if header["load"] else seconds
        self.clock.since(start, "run")
        answered = {"seconds": seconds, "log": clean(self.printed(wait=header["sample"]))}
        head = json.dumps(answered).encode()
        self.tell(b"A", struct.pack(">I", len(head)) + head + answer)

    def printed(self, wait: bool) -> bytes:
        """What was printed for this question. Of a hidden case nothing: it could carry its inputs out."""
        assert self.cell is not None
        part = self.cell.take_log()
        until = time.monotonic() + MARK_SECONDS
        while wait and MARK not in part and time.monotonic() < until:
            time.sleep(0.0005)
            part += self.cell.take_log()
        if self.hidden:
            return b""
        part = part.replace(MARK, b"")
        self.log += part[: max(0, MAX_LOG - len(self.log))]
        return part[:MAX_LOG]


def clean(printed: bytes) -> str:
    """Printed bytes as text that is safe to store and show: no control characters but newline and tab."""
    text = printed.decode("utf-8", "backslashreplace")
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)


def grade_lazily(package: Package, name: str, seed: str, cells: Cells) -> Verdict:
    """The verdict on one of the lazy eight (`graders/lazy.py`), made up in the judge cell."""
    with cells.judge(package) as judge:
        relay = Relay(judge, None, package, Clock(), lambda result: None)
        return relay.run({"seed": seed, "mode": "submit", "lazy": name})
