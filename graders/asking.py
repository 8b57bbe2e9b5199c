"""The questions of one grading in their order, and the answers to them. Runs in the judge cell.

One question is always under way ahead of the one whose answer is looked at, so that the learner's code
need not wait while the judge compares. It still gets each question only when the one before is
answered: the broker holds it back until then.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from graders import values
from graders.candidate import Candidate
from graders.kit import Case, Step

UNDER_WAY = 2


class CellGone(Exception):
    """The answer cell ended instead of answering."""

    def __init__(self, ended: str, detail: str, log: str) -> None:
        super().__init__(detail)
        self.ended, self.detail, self.log = ended, detail, log


@dataclass
class Reply:
    """What came back for one question. `value` is the learner's answer, decoded, if there is one."""

    status: str  # answered, raised, loaded, malformed
    value: Any = None
    body: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    stdout: str = ""


class Asker(Protocol):
    """Who has questions answered. Several may be under way; they are answered in their order."""

    def put(self, question: bytes, *, sample: bool, seconds: float, load: bool = False) -> None:
        """Ask, and do not wait. `seconds`: what the answer may take."""

    def get(self) -> Reply:
        """The next answer. CellGone if the answer cell ended instead."""


@dataclass
class Question:
    row: int
    sample: bool
    raw: bytes


class Line:
    """What is still to be asked, and what is under way."""

    def __init__(self, asker: Asker, reference: Candidate, seconds: float) -> None:
        self.asker, self.reference, self.seconds = asker, reference, seconds
        self.to_ask: deque[tuple[int, bool, Step]] = deque()
        self.under_way: deque[Question] = deque()

    def add(self, rows: list[tuple[bool, str, list[Case]]]) -> None:
        """All of these rows, in order: (sample?, name, cases)."""
        for number, (sample, _, cases) in enumerate(rows):
            self.to_ask.extend((number, sample, step) for case in cases for step in steps_of(case))

    def next(self) -> tuple[Reply, Any]:
        """The next answer and the reference's, each from its own copy of the arguments. CellGone if there is none.

        The reference works while the learner's code does: on another core, in another cell.
        """
        while len(self.under_way) < UNDER_WAY and self.to_ask:
            self._put()
        want = self.reference.call(values.decode(self.under_way[0].raw))
        return self._get(), want

    def skip(self, row: int) -> None:
        """What else belongs to this row need not be asked; where it was, its answer is not looked at."""
        while self.to_ask and self.to_ask[0][0] == row:
            self.to_ask.popleft()
        with suppress(CellGone):  # whoever asks next hears of it
            while self.under_way and self.under_way[0].row == row:
                self._get()

    def _put(self) -> None:
        row, sample, step = self.to_ask.popleft()
        raw = values.encode({"call": step.call, "args": list(step.args), "kwargs": dict(step.kwargs)})
        self.under_way.append(Question(row, sample, raw))
        self.asker.put(raw, sample=sample, seconds=self.seconds)

    def _get(self) -> Reply:
        """The next answer. Once the cell has ended, nothing that is under way has one."""
        try:
            return self.asker.get()
        except CellGone:
            for _ in range(len(self.under_way) - 1):
                with suppress(CellGone):
                    self.asker.get()
                self.under_way.popleft()
            raise
        finally:
            self.under_way.popleft()


def steps_of(case: Case) -> list[Step]:
    """The steps that come before, and the case's own."""
    return [*case.before, Step(case.call, case.args, case.kwargs)]
