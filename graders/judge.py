"""The judge: asks, compares, and ends with the Verdict. Runs in the judge cell, beside the exercise's package."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from graders import kit, values
from graders.asking import Asker, CellGone, Line, Reply, steps_of
from graders.candidate import Candidate
from graders.heat import drawn
from graders.kit import Asked, Case, Mismatch, Step
from graders.protocol import CaseResult, Outcome, Verdict

# Sample cases are the same for everybody: they are in the statement.
SAMPLE_SEED = 20250101
HINT_SECONDS = 3.0
SHOWN_STDOUT = 8_000


@dataclass
class Record:
    """One case as it went, kept to look for a known mistake."""

    steps: list[Step]
    answers: list[Any]  # decoded; RAISED where the code raised
    passed: bool
    seconds: float


RAISED = object()


class Judging:
    """One grading."""

    def __init__(self, job: dict[str, Any], manifest: dict[str, Any], asker: Asker, tell: Callable[[CaseResult], None]):
        self.job, self.manifest, self.asker, self.tell = job, manifest, asker, tell
        self.limits = manifest["limits"]
        self.reference = Candidate("reference.py")
        self.line = Line(asker, self.reference, float(self.limits["case_seconds"]))
        self.records: list[Record] = []
        self.spent = 0.0

    # -------------------------------------------------------------------------------------- the path

    def verdict(self) -> Verdict:
        self.put_load()
        rows = list(self.rows())  # drawn while the learner's file is executed
        refusal = self.loaded()
        if refusal is not None:
            return refusal
        self.line.add(rows)
        results: list[CaseResult] = []
        gone: CellGone | None = None
        for number, (sample, name, cases) in enumerate(rows):
            if gone is not None:
                result = CaseResult(name, None, worth=_worth(sample, cases), sample=sample)
            else:
                try:
                    result = self.row(number, sample, name, cases)
                except CellGone as error:
                    gone = error
                    result = self.ended(error, sample, name, cases)
            results.append(result)
            self.tell(result)
        return self.sum_up(results, gone)

    def put_load(self) -> None:
        """Have the learner's file executed."""
        seed = int(self.job["seed"], 16) ^ 0x5EED
        order = {"load": {"seed": seed % 2**62, "functions": list(self.manifest["functions"])}}
        self.asker.put(values.encode(order), sample=True, seconds=float(self.limits["load_seconds"]), load=True)

    def loaded(self) -> Verdict | None:
        """What came of it: a Verdict if that is already the end."""
        try:
            reply = self.asker.get()
        except CellGone as error:
            outcome, message = _end_in_words(error)
            return Verdict(outcome, message=f"While your file was loaded: {message}", log=error.log)
        if reply.status == "raised":
            text, line = reply.body["text"], reply.body["line"]
            return Verdict(Outcome.ERROR, message=text, line=line, log=reply.stdout)
        if reply.status != "loaded":
            return Verdict(Outcome.ERROR, message="Your file took over the channel of answers.", log=reply.stdout)
        missing = [name for name in reply.body.get("missing", []) if name in self.manifest["functions"]]
        if missing:
            return Verdict(Outcome.ERROR, message=f"Your file does not define {missing[0]}.", log=reply.stdout)
        return None

    def rows(self) -> Iterator[tuple[bool, str, list[Case]]]:
        """(sample?, name, cases) in order: the samples first, so that nothing hidden can be shown with them."""
        import numpy as np

        module = self.reference.cases
        sources = [(True, module.samples(np.random.Generator(np.random.PCG64(SAMPLE_SEED))))]
        if self.job["mode"] == "submit":
            fresh = np.random.Generator(np.random.PCG64(np.random.SeedSequence(int(self.job["seed"], 16))))
            sources.append((False, module.cases(fresh)))
        for sample, cases in sources:
            grouped: dict[str, list[Case]] = {}
            for case in cases:
                grouped.setdefault(case.name, []).append(case)
            yield from ((sample, name, group) for name, group in grouped.items())

    def row(self, number: int, sample: bool, name: str, cases: list[Case]) -> CaseResult:
        worth, seconds = _worth(sample, cases), 0.0
        for case in cases:
            before = self.spent
            result = self.one(sample, case)
            seconds += self.spent - before
            if result.outcome is not Outcome.PASSED:
                self.line.skip(number)
                break
        earned = worth if result.outcome is Outcome.PASSED else 0.0
        return replace(result, name=name, points=earned, worth=worth, sample=sample, seconds=round(seconds, 6))

    def one(self, sample: bool, case: Case) -> CaseResult:
        """One case's steps and the case itself: take the answers, and compare the last."""
        before: list[tuple[Any, Any]] = []
        answers: list[Any] = []
        began = self.spent
        steps = steps_of(case)
        self.reference.reset()
        for step in steps:
            reply, want = self.line.next()
            self.spent += reply.seconds
            if reply.status == "answered":
                answers.append(reply.value)
                before.append((reply.value, want))
                continue
            answers.append(RAISED)
            self.records.append(Record(steps, answers, False, self.spent - began))
            return _raised(reply, sample, step)
        got, want = before.pop()
        asked = Asked(case.args, case.kwargs, tuple(before))
        found = compare(case, got, want, asked)
        self.records.append(Record(steps, answers, found is None, self.spent - began))
        shown = _shown(case, got, want, reply.stdout) if sample else {}
        if found is None:
            return CaseResult(case.name, Outcome.PASSED, shown=shown)
        # Of a hidden case nothing is drawn: where answers differ says much about what was asked.
        details = found.details | (drawn(found, got, want) if sample else {})
        return CaseResult(
            case.name, Outcome.FAILED, kind=found.kind, message=found.message, details=details, shown=shown
        )

    # ------------------------------------------------------------------------------------- the verdict

    def ended(self, error: CellGone, sample: bool, name: str, cases: list[Case]) -> CaseResult:
        outcome, message = _end_in_words(error)
        shown = {"stdout": error.log[:SHOWN_STDOUT]} if sample and error.log else {}
        return CaseResult(
            name, outcome, worth=_worth(sample, cases), sample=sample, kind=error.ended, message=message, shown=shown
        )

    def sum_up(self, results: list[CaseResult], gone: CellGone | None) -> Verdict:
        outcomes = [result.outcome for result in results if result.outcome is not Outcome.PASSED]
        if gone is not None:
            outcome = _end_in_words(gone)[0]
        elif not outcomes:
            outcome = Outcome.PASSED
        else:  # a wrong answer says more than an exception elsewhere
            outcome = Outcome.FAILED if Outcome.FAILED in outcomes else Outcome.ERROR
        worth = sum(result.worth for result in results)
        score = sum(result.points for result in results) / worth if worth else float(outcome is Outcome.PASSED)
        hint = self.hint() if outcome in (Outcome.FAILED, Outcome.ERROR) and gone is None else {}
        message = next((result.message for result in results if result.outcome not in (Outcome.PASSED, None)), "")
        verdict = Verdict(outcome, round(score, 6), tuple(results), message=message, hint=hint, seconds=self.spent)
        return replace(verdict, receipt={"reference_seconds": round(self.reference.seconds, 6)})

    def hint(self) -> dict[str, str]:
        """The first known mistake that gives the learner's answers on everything asked, or nothing."""
        until = time.monotonic() + HINT_SECONDS
        for key, texts in self.manifest["hints"].items():
            if self.same_mistake(f"submissions/failed/{key}.py", until):
                return {"key": key, **texts}
        return {}

    def same_mistake(self, name: str, until: float) -> bool:
        """Whether this mistake answers as the learner does. What failed is compared first, then what is quick.

        When time runs out, agreeing on everything that failed is enough.
        """
        try:
            mistake = Candidate(name)
        except Exception:
            return False
        for record in sorted(self.records, key=lambda record: (record.passed, record.seconds)):
            if record.passed and time.monotonic() > until:
                return True
            if not self.answers_alike(mistake, record):
                return False
        return True

    def answers_alike(self, mistake: Candidate, record: Record) -> bool:
        mistake.reset()
        for step, answer in zip(record.steps, record.answers, strict=False):
            question = {"call": step.call, "args": list(step.args), "kwargs": dict(step.kwargs)}
            try:
                theirs = mistake.call(values.decode(values.encode(question)))
            except Exception:
                theirs = RAISED
            if not _same(answer, theirs):
                return False
        return True


# --------------------------------------------------------------------------------------- small pieces


def compare(case: Case, got: Any, want: Any, asked: Asked) -> Mismatch | None:
    """The case's own check. A check that cannot make sense of an answer says so; one that always fails is ours."""
    check = case.check or kit.close()
    try:
        return check(got, want, asked)
    except Exception:
        check(want, want, Asked(asked.args, asked.kwargs, tuple((w, w) for _, w in asked.before)))
        names = {"got": kit.type_name(got), "expected": kit.type_name(want)}
        return Mismatch("structure", "The answer does not have the form that was asked for.", names)


def _same(answer: Any, theirs: Any) -> bool:
    if answer is RAISED or theirs is RAISED:
        return answer is theirs
    return kit.alike(answer, theirs)


def _raised(reply: Reply, sample: bool, step: Step) -> CaseResult:
    """An exception. Of a hidden case only its standard type and the line: its text could carry inputs out."""
    if reply.status != "raised":
        return CaseResult(step.call, Outcome.ERROR, kind="protocol", message="The answer was no readable value.")
    name = reply.body["type"]
    text = reply.body["text"] if sample else name
    details = {"type": name, "line": reply.body["line"]} | ({"text_raw": text} if sample else {})
    shown = {"args": _arguments(step), "stdout": reply.stdout} if sample else {}
    return CaseResult(step.call, Outcome.ERROR, kind="raised", message=text, details=details, shown=shown)


def _end_in_words(error: CellGone) -> tuple[Outcome, str]:
    return {
        "time": (Outcome.TIME, "It did not answer in time."),
        "memory": (Outcome.MEMORY, "It used more memory than the exercise allows."),
        "output": (Outcome.OUTPUT, "It printed or returned more than the exercise allows."),
        "exited": (Outcome.ERROR, f"Your code ended the process{_status(error.detail)}."),
    }.get(error.ended, (Outcome.ERROR, "Your code broke the channel of answers."))


def _status(detail: str) -> str:
    return f" ({detail})" if detail else ""


def _shown(case: Case, got: Any, want: Any, stdout: str) -> dict[str, str]:
    step = Step(case.call, case.args, case.kwargs)
    return {"args": _arguments(step), "got": kit.show(got), "expected": kit.show(want), "stdout": stdout}


def _arguments(step: Step) -> str:
    parts = [kit.show(arg) for arg in step.args] + [f"{key}={kit.show(arg)}" for key, arg in step.kwargs.items()]
    return f"{step.call}(\n" + ",\n".join(parts) + "\n)"


def _worth(sample: bool, cases: list[Case]) -> float:
    return 0.0 if sample else max(case.points for case in cases)
