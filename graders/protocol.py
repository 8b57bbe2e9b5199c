"""What crosses the queue: a Job to a grader, a Verdict back. Plain data; imports nothing of ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

# The names of the Celery tasks and queues: the only things the site and the graders share by name.
TASK_GRADE = "graders.grade"
TASK_RECORD = "learn.exercises.record"
QUEUE_SITE = "site"
QUEUE_GPU = "gpu"
QUEUES = ("cpu", QUEUE_GPU, "regrade")

MAX_SOURCE_BYTES = 256 * 1024


def progress_channel(submission: str) -> str:
    """The Redis channel and, with `:last`, the key on which a grader tells how far it is."""
    return f"anneal:progress:{submission}"


def heartbeat_key(queue: str) -> str:
    """The Redis key, with a short expiry, by which a grader says that it serves a queue."""
    return f"anneal:serving:{queue}"


def claim_key(submission: str) -> str:
    """The Redis key, with a short expiry, by which a grader says that it has this submission in hand."""
    return f"anneal:claimed:{submission}"


class Outcome(StrEnum):
    """How a grading, or one case of it, ended. One vocabulary everywhere."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # the code raised, ended early or broke the protocol
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    REFUSED = "refused"  # not gradable; costs no attempt
    BROKEN = "broken"  # our fault; retried, never an attempt, never a review


class Mode(StrEnum):
    RUN = "run"  # sample cases only; no attempt
    SUBMIT = "submit"


# The judge's and the grader's sentences are English; the site says them in the reader's language.
NOT_FOR_STRANGERS = "The sandbox of this site is for its own staff's code; nothing of yours was run."


@dataclass(frozen=True)
class Job:
    """One grading to do."""

    submission: str  # the submission's public id
    grading: int  # the how-many-th grading of it
    token: str  # random; only a verdict that carries it is recorded
    exercise: str  # key
    package: str  # digest of the exercise's folder
    files: dict[str, str]
    seed: str  # 32 hex digits: 128 bits
    mode: Mode = Mode.SUBMIT
    deadline: float = 0.0  # Unix time after which nobody waits any longer
    locale: str = "en"
    staff: bool = False  # sent by staff: may be graded where a sandbox is for people one knows
    queue: str = ""  # where it was sent; the learner's code gets an accelerator on `gpu`, and nowhere else

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Job:
        return cls(**{**data, "mode": Mode(data["mode"])})


@dataclass(frozen=True)
class CaseResult:
    """One case. For a hidden case `shown` is empty: no input, expected value or stdout leaves the judge."""

    name: str
    outcome: Outcome | None  # None: not reached, because an earlier case ended the cell
    points: float = 0.0  # earned
    worth: float = 0.0  # at most
    sample: bool = False
    seconds: float = 0.0  # wall time, measured outside the cell
    kind: str = ""  # of a mismatch: type, shape, dtype, nan, value, raised, property, ...
    message: str = ""  # a sentence for the learner, English
    details: dict[str, Any] = field(default_factory=dict)  # numbers for the message: max_error, where, shapes
    # Of a sample case: {"args": text, "got": text, "expected": text, "stdout": text}
    shown: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CaseResult:
        outcome = data.get("outcome")
        return cls(**{**data, "outcome": Outcome(outcome) if outcome else None})


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    score: float = 0.0  # 0 to 1
    cases: tuple[CaseResult, ...] = ()
    message: str = ""  # one sentence about the whole
    line: int | None = None  # of the learner's file, where an error has one
    hint: dict[str, str] = field(default_factory=dict)  # {"key", "en", "zh-hans"} of the known mistake
    log: str = ""  # what the code printed while loading and in sample cases
    seconds: float = 0.0  # of the learner's code
    memory_mb: float | None = None
    # submit-side times in milliseconds (start, relay, run, judge, total), pool_hit, seed, package,
    # engine and versions: what an operator reads and a replay needs.
    receipt: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        cases = tuple(CaseResult.from_dict(case) for case in data.get("cases", ()))
        return cls(**{**data, "outcome": Outcome(data["outcome"]), "cases": cases})
