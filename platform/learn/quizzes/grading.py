"""Whether an answer is right, and which explanation fits it; pure.

    given = read(question, {"choice": ["variance"]})     # what a form sent; raises Unreadable
    mark = grade(asked, given)                           # asked: asking.ask(question, seed)

What is given and the mark are plain JSON data, so that an Attempt keeps both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from learn.courses.content import Question

from . import numbers
from .asking import Asked
from .expressions import ExpressionError, evaluate

MAX_TEXT = 2000

# Why an answer cannot be read. The page words it; nothing is recorded.
NOTHING = "nothing"
NUMBER = "number"
UNIT = "unit"
TOO_LONG = "long"
POSITIONS = "positions"


class Unreadable(ValueError):
    """No answer to mark yet: `reason` is one of the words above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Mark:
    """How an answer was marked."""

    right: bool
    score: float  # 0 to 1: in part right counts in part, for statistics; memory asks for `right`
    mistake: int | None = None  # of a number: which of the known mistakes it is
    is_inverse: bool = False  # of an ordering: exactly the wrong way round
    off_by_unit: bool = False  # of a number: right but for a power of 1000 or 1024

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Mark:
        return cls(**{key: value for key, value in data.items() if key in cls.__dataclass_fields__})


def read(question: Question, form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The answer in a form's fields: `choice`, `number`, `text` or `position-0` and on. Raises Unreadable."""
    if question.kind in ("single", "multiple"):
        return {"choice": _read_choice(question, form.get("choice", ()))}
    if question.kind == "ordering":
        return {"order": _read_order(question, form)}
    typed = next(iter(form.get("number" if question.kind == "numeric" else "text", ())), "")
    typed = typed.replace("\x00", "")  # PostgreSQL's JSON does not keep it
    if len(typed) > MAX_TEXT:
        raise Unreadable(TOO_LONG)
    if not typed.strip():
        raise Unreadable(NOTHING)
    if question.kind == "numeric":
        try:
            quantity = numbers.parse(typed)
        except numbers.NotANumber:
            raise Unreadable(NUMBER) from None
        if numbers.in_unit(quantity, question.unit) is None:
            raise Unreadable(UNIT)
        return {"number": typed.strip()}
    return {"text": typed}


def _read_choice(question: Question, keys: Sequence[str]) -> list[str]:
    known = [option.key for option in question.options]
    chosen = sorted({key for key in keys if key in known}, key=known.index)
    if not chosen or (question.kind == "single" and len(chosen) != 1):
        raise Unreadable(NOTHING)
    return chosen


def _read_order(question: Question, form: Mapping[str, Sequence[str]]) -> list[int]:
    """From `position-0`, `position-1`, …: where each item was put, counted from 1, each somewhere else."""
    count = len(question.items)
    positions = [next(iter(form.get(f"position-{index}", ())), "") for index in range(count)]
    if sorted(positions) != sorted(str(number) for number in range(1, count + 1)):
        raise Unreadable(POSITIONS)
    return sorted(range(count), key=lambda index: int(positions[index]))


def grade(asked: Asked, given: Mapping[str, Any]) -> Mark:
    """The mark of an answer that `read` has made."""
    return {
        "single": _grade_choice,
        "multiple": _grade_choice,
        "numeric": _grade_number,
        "text": _grade_text,
        "ordering": _grade_order,
        "output": _grade_output,
    }[asked.question.kind](asked, given)


def _grade_choice(asked: Asked, given: Mapping[str, Any]) -> Mark:
    options = asked.question.options
    chosen = set(given["choice"])
    agreed = sum((option.key in chosen) == option.right for option in options)
    right = agreed == len(options)
    if asked.question.kind == "single":
        return Mark(right, float(right))
    # Ticking everything or nothing earns nothing: each wrong tick costs what a right one earns.
    rights = sum(option.right for option in options)
    hits = sum(option.key in chosen and option.right for option in options)
    return Mark(right, max(0.0, hits - (len(chosen) - hits)) / rights)


def _grade_number(asked: Asked, given: Mapping[str, Any]) -> Mark:
    question = asked.question
    value = numbers.in_unit(numbers.parse(given["number"]), question.unit)
    assert value is not None, "read() has refused it"
    answer = evaluate(question.answer, asked.drawn)
    if is_close(value, answer, question.tolerance):
        return Mark(True, 1.0)
    for index, mistake in enumerate(question.mistakes):
        try:
            known = evaluate(mistake.value, asked.drawn)
        except ExpressionError:
            continue
        if is_close(value, known, question.tolerance):
            return Mark(False, 0.0, mistake=index)
    powers = (1000.0**power for power in (-4, -3, -2, -1, 1, 2, 3, 4))
    scaled = any(is_close(value, answer * power, max(question.tolerance, 0.001)) for power in powers)
    return Mark(False, 0.0, off_by_unit=scaled and answer != 0)


def is_close(value: float, answer: float, tolerance: float) -> bool:
    """Within the relative tolerance; an answer of 0 must be met to the tolerance itself. Never true of NaN."""
    allowed = max(tolerance, 1e-9) * (abs(answer) or 1.0)
    return abs(value - answer) <= allowed


def _grade_text(asked: Asked, given: Mapping[str, Any]) -> Mark:
    accepted = {normalised(form) for form in forms(asked.question)}
    right = normalised(given["text"]) in accepted
    return Mark(right, float(right))


def _grade_output(asked: Asked, given: Mapping[str, Any]) -> Mark:
    accepted = {printed(form) for form in forms(asked.question)}
    right = printed(given["text"]) in accepted
    return Mark(right, float(right))


def forms(question: Question) -> Iterable[str]:
    """What is right in one language is right in the other."""
    return (form for forms in question.accept.values() for form in forms)


_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‐": "-"})


def normalised(words: str) -> str:
    """Without what a person would not call a difference: case, width, spaces, quotes, a full stop."""
    words = unicodedata.normalize("NFKC", words).casefold().translate(_SAME)
    words = re.sub(r"(?<=\w)\s*-\s*(?=\w)", " ", words)
    words = re.sub(r"^[\s\"'`。.;,!，、；]+|[\s\"'`。.;,!，、；]+$", "", words)
    # Chinese text has no spaces that mean anything.
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", re.sub(r"\s+", " ", words))


def printed(words: str) -> str:
    """What a program prints, without blanks at the ends of lines and around the whole. Case counts."""
    lines = unicodedata.normalize("NFC", words).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n").strip()


def _grade_order(asked: Asked, given: Mapping[str, Any]) -> Mark:
    order = given["order"]
    rights = list(range(len(asked.question.items)))
    pairs = [(a, b) for i, a in enumerate(order) for b in order[i + 1 :]]
    kept = sum(a < b for a, b in pairs) / len(pairs) if pairs else 1.0
    return Mark(order == rights, 1.0 if order == rights else max(0.0, 2 * kept - 1), is_inverse=order == rights[::-1])
