"""What is said to the learner, in their language: of a case, a refusal, a verdict.

The judge speaks English and gives a kind with its numbers; the sentence is made here, so that a verdict
that was recorded in one language can be read in another.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from graders.protocol import NOT_FOR_STRANGERS, CaseResult, Outcome, Verdict
from learn.exercises.source import Refusal


def of_case(case: CaseResult) -> str:
    """One sentence about a case that did not pass; nothing about one that did."""
    if case.outcome is Outcome.PASSED:
        return ""
    if case.outcome is None:
        return _("Not reached: your code had ended before.")
    words = KINDS.get(case.kind)
    try:
        own = in_locale(case.details.get("text") or {})  # the author's words say more than ours
        said = own or (words(case.details) if words else "")
    except (KeyError, TypeError, ValueError, AttributeError):
        said = ""  # details of another version: the judge's own words are better than none
    return said or case.message or _("The answer is not the expected one.")


def of_refusal(refusal: Refusal) -> str:
    return REFUSALS[refusal.kind](refusal.details)


def of_verdict(verdict: Verdict) -> str:
    """One sentence about the whole, where the cases do not say it."""
    if verdict.outcome is Outcome.BROKEN:
        return _(
            "Something broke on our side, not in your code. Nothing was counted. Please send it again; "
            "if it happens twice, tell whoever runs this site."
        )
    if verdict.outcome is Outcome.REFUSED:
        return _known(verdict.message) or _("This file cannot be graded.")
    if verdict.cases or verdict.outcome is Outcome.PASSED:
        return ""
    # Nothing was asked: the file did not load.
    ended = {Outcome.TIME: _time, Outcome.MEMORY: _memory, Outcome.OUTPUT: _output}.get(verdict.outcome)
    if ended:
        return _("While your file was loaded: %(what)s") % {"what": ended({})}
    return _known(verdict.message)


def hint(verdict: Verdict) -> str:
    return in_locale(verdict.hint)


def in_locale(texts: dict[str, Any]) -> str:
    """The text of the reader's language, or English."""
    return str(texts.get(get_language() or "en") or texts.get("en", ""))


def place(where: str) -> str:
    """Where in a nested answer, as the learner would write it: `answer[0]`."""
    return _("In answer%(where)s: ") % {"where": where} if where else ""


def size(shape: Any) -> str:
    """A shape as Python prints one."""
    inner = ", ".join(str(n) for n in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


# Shape first, colour second: a mark can be told from the others in black and white.
MARKS = {
    Outcome.PASSED: "pass",
    Outcome.FAILED: "fail",
    Outcome.ERROR: "error",
    Outcome.TIME: "time",
    Outcome.MEMORY: "memory",
    Outcome.OUTPUT: "output",
    Outcome.REFUSED: "error",
}


def mark(outcome: str | None) -> str:
    return MARKS.get(outcome, "skipped") if outcome else "pending"


def outcome_in_words(outcome: str, is_run: bool = False) -> str:
    if outcome == Outcome.PASSED and is_run:
        return _("The samples pass")
    return {
        "passed": _("Passed"),
        "failed": _("Not yet"),
        "error": _("Error"),
        "time": _("Out of time"),
        "memory": _("Out of memory"),
        "output": _("Too much output"),
        "refused": _("Not gradable"),
        "broken": _("Our fault"),
    }.get(outcome, "")


# ------------------------------------------------------------------------------------------ of a case


def _type(details: dict[str, Any]) -> str:
    names = {"got": type_name(details["got"]), "expected": type_name(details["expected"])}
    return _at(details, _("the type is %(got)s; %(expected)s was expected.") % names)


def type_name(said: str) -> str:
    """The judge's "a list" as the code says it: list."""
    known = {"a torch tensor": "torch.Tensor", "a numpy array": "numpy.ndarray"}
    return known.get(said, said.removeprefix("a "))


def _structure(details: dict[str, Any]) -> str:
    if "missing" in details:
        names = {"missing": ", ".join(details["missing"]), "extra": ", ".join(details.get("extra", ()))}
        if names["missing"]:
            return _at(details, _("the dictionary lacks %(missing)s.") % names)
        return _at(details, _("the dictionary has %(extra)s, which was not asked for.") % names)
    if isinstance(details.get("expected"), int):
        return _at(details, _("%(expected)s items were expected; %(got)s came back.") % details)
    return _("The answer does not have the form that was asked for.")


def _shape(details: dict[str, Any]) -> str:
    shapes = {"got": size(details["got"]), "expected": size(details["expected"])}
    return _at(details, _("the shape is %(got)s; %(expected)s was expected.") % shapes)


def _dtype(details: dict[str, Any]) -> str:
    return _at(details, _("the dtype is %(got)s; %(expected)s was expected.") % details)


def _nan(details: dict[str, Any]) -> str:
    return _at(details, _("there is NaN where a number was expected."))


def _inf(details: dict[str, Any]) -> str:
    return _at(details, _("there is infinity where a number was expected."))


def _value(details: dict[str, Any]) -> str:
    if "max_error" in details:
        error = _("not finite") if details["max_error"] == "not finite" else details["max_error"]
        numbers = {"error": error, "allowed": details.get("allowed", ""), "at": size(details.get("at", ()))}
        if details.get("at"):
            said = _("the largest difference is %(error)s, at %(at)s; %(allowed)s is allowed.")
        else:
            said = _("the difference is %(error)s; %(allowed)s is allowed.")
        return _at(details, said % numbers)
    if "share" in details:
        numbers = {"percent": _percent(details["share"]), "at": size(details.get("at", ()))}
        return _at(details, _("%(percent)s of the values differ, the first at %(at)s.") % numbers)
    return _at(details, _("the value is not the expected one."))


def _percent(share: float) -> str:
    return "< 1 %" if share < 0.01 else f"{round(100 * share)} %"


def _property(details: dict[str, Any]) -> str:
    return in_locale(details.get("text") or {})


def _raised(details: dict[str, Any]) -> str:
    name, text = details.get("type", ""), details.get("text_raw") or ""
    # Of a sample the whole message is known, which begins with the exception's name.
    named = {"type": text if text.startswith(name) else name, "line": details.get("line")}
    said = _("Line %(line)s raised %(type)s.") if named["line"] else _("Your code raised %(type)s.")
    if name == "BlockingIOError" or "can't start new thread" in text:
        said += " " + _("It starts more processes or threads than the exercise allows.")
    return said % named


def _protocol(details: dict[str, Any]) -> str:
    return _("What came back could not be read as a value.")


def _time(details: dict[str, Any]) -> str:
    return _("it did not answer in time. Is there a loop that never ends, or one that could be a matrix product?")


def _memory(details: dict[str, Any]) -> str:
    return _("it used more memory than the exercise allows.")


def _output(details: dict[str, Any]) -> str:
    return _("it printed or returned more than the exercise allows.")


def _exited(details: dict[str, Any]) -> str:
    return _("Your code ended the process. Return the answer instead of calling exit.")


def _lost(details: dict[str, Any]) -> str:
    return _("The connection to your code was lost.")


KINDS = {
    "type": _type,
    "structure": _structure,
    "shape": _shape,
    "dtype": _dtype,
    "nan": _nan,
    "inf": _inf,
    "value": _value,
    "property": _property,
    "raised": _raised,
    "protocol": _protocol,
    "time": lambda details: _sentence(_time(details)),
    "memory": lambda details: _sentence(_memory(details)),
    "output": lambda details: _sentence(_output(details)),
    "exited": _exited,
    "ended": _exited,
    "lost": _lost,
}


def _at(details: dict[str, Any], said: str) -> str:
    where = place(details.get("where") or "")
    return where + said if where else _sentence(said)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# --------------------------------------------------------------------------------------- of a refusal


def _too_large(details: dict[str, Any]) -> str:
    numbers = {"size": _kilobytes(details["bytes"]), "limit": _kilobytes(details["limit"])}
    return _("The file has %(size)s; at most %(limit)s can be graded. Is it the right file?") % numbers


def _kilobytes(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{round(count / 1024)} kB"


def _missing(details: dict[str, Any]) -> str:
    said = _("Your file does not define “%(name)s”, which the exercise calls.") % details
    if details.get("near"):
        said += " " + _("It does define “%(near)s”: is that the one?") % details
    return said


REFUSALS = {
    "encoding": lambda details: _("The file is not UTF-8 text. Save it as UTF-8 and send it again."),
    "nul": lambda details: _("There is a NUL character here, which Python does not take. Write \\x00 if you mean it."),
    "size": _too_large,
    "empty": lambda details: _("There is no code yet."),
    "syntax": lambda details: _("Python cannot read this: %(text)s.") % details,
    "nested": lambda details: _("Python cannot read this: it is nested too deeply."),
    "missing": _missing,
}


# The judge's own sentences about a file that did not load. Its parameters are names and never prose.
SAID = (
    (r"Your file does not define (?P<name>\w+)\.", lambda found: _missing(found)),
    (r"While your file was loaded: Your code ended the process.*", lambda found: _exited(found)),
    (re.escape(NOT_FOR_STRANGERS), lambda found: _not_for_strangers()),
)


def _not_for_strangers() -> str:
    return _(
        "The sandbox of this site is for the code of its own staff, so nothing of yours was run, and it does not "
        "count. Ask whoever runs this site."
    )


def _known(message: str) -> str:
    """The judge's English sentence in the reader's language; what it does not know stays as it is."""
    for pattern, words in SAID:
        found = re.fullmatch(pattern, message, re.S)
        if found:
            return words(found.groupdict())
    return message
