"""What a verdict was reached with, and whether grading again with the same reaches the same.

A receipt is one JSON object with the learner's `files` and the verdict as `report`, whose own `receipt`
names seed, package, code of the judge, engine and versions. The site gives it away, an export holds it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from graders.cells import HERE, JUDGE_FILES
from graders.package import Package, digest
from graders.protocol import CaseResult, Job, Mode, Verdict

SOLUTION = "solution.py"
# Without one of these nothing can be graded again.
NEEDED = ("seed", "package", "exercise", "mode")
# Of what a receipt names, what may change a verdict; the others are times and places.
COMPARED = ("package", "judge", "versions", "engine")


class NotAReceipt(Exception):
    """A file that cannot be replayed; says why."""


def of(job: Job, package: Package) -> dict[str, Any]:
    """What is known before a grading begins."""
    return {
        "seed": job.seed,
        "mode": str(job.mode),
        "queue": job.queue or package.queue,
        "exercise": package.key,
        "package": package.digest,
        "source": source_digest(job.files),
        "judge": judge_digest(),
    }


def source_digest(files: dict[str, str]) -> str:
    return digest({name: text.encode() for name, text in files.items()})


@cache
def judge_digest() -> str:
    """Of our own code that asks, answers and compares."""
    return digest({name: (HERE / f"{name}.py").read_bytes() for name in (*JUDGE_FILES, "answer")})


@dataclass(frozen=True)
class Receipt:
    """One grading as it was."""

    files: dict[str, str]
    verdict: Verdict

    @property
    def exercise(self) -> str:
        return str(self.verdict.receipt["exercise"])

    @property
    def package(self) -> str:
        return str(self.verdict.receipt["package"])

    def job(self, package: Package) -> Job:
        """The same source and seed for `package`, which may be a newer one."""
        told = self.verdict.receipt
        queue = told.get("queue", "") if told.get("queue") in package.queues else package.queue
        job = Job("replay", 1, "", package.key, package.digest, self.files, told["seed"], mode=Mode(told["mode"]))
        return replace(job, queue=queue)


def name_engine(verdict: Verdict, engine: dict[str, str], **more: str) -> Verdict:
    return replace(verdict, receipt={**verdict.receipt, "engine": engine, **more})


def write(files: dict[str, str], report: dict[str, Any]) -> str:
    return json.dumps({"files": files, "report": report}, ensure_ascii=False, indent=1) + "\n"


def read(path: Path, submission: str | None = None) -> Receipt:
    """The receipt in `path`, or that of `submission` in a learner's export. NotAReceipt, with the reason."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NotAReceipt(f"{path}: {error}") from None
    if isinstance(found, dict) and "exercises.submission" in found:
        found = _in_export(path, found["exercises.submission"], submission)
    try:
        files, verdict = dict(found["files"]), Verdict.from_dict(found["report"])
        texts = isinstance(files[SOLUTION], str)
    except (KeyError, TypeError, ValueError):
        raise NotAReceipt(f"{path} is no receipt: it needs `files` with {SOLUTION}, and `report`, a verdict") from None
    missing = [name for name in NEEDED if not verdict.receipt.get(name)]
    if missing or not texts:
        raise NotAReceipt(f"{path}: the verdict does not name its {', '.join(missing) or SOLUTION}")
    if verdict.receipt.get("source", source_digest(files)) != source_digest(files):
        raise NotAReceipt(f"{path}: the source is not the one that was graded; its digest differs")
    return Receipt(files, verdict)


def _in_export(path: Path, rows: list[dict[str, Any]], submission: str | None) -> dict[str, Any]:
    graded = [row for row in rows if row.get("report")]
    chosen = [row for row in graded if row["pk"] == submission]
    if not chosen:
        known = ", ".join(f"{row['pk']} ({row['exercise']})" for row in graded[-20:])
        raise NotAReceipt(f"{path} is an export: name one with --submission: {known or 'it has none that was graded'}")
    return chosen[0]


# ------------------------------------------------------------------------------------------ comparing


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What the two receipts were reached with, where it differs: a sentence for each."""
    told = []
    for name in COMPARED:
        first, second = _flat(name, before.get(name)), _flat(name, now.get(name))
        for key in sorted(first.keys() | second.keys()):
            if first.get(key) != second.get(key):
                told.append(f"{key}: {first.get(key, 'not told')} then, {second.get(key, 'none')} now")
    return told


def _flat(name: str, value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {f"{name} {key}": str(part) for key, part in value.items() if part != name}
    return {} if value is None else {name: str(value)}


def differences(before: Verdict, now: Verdict) -> list[str]:
    """Where two verdicts on the same source disagree. Times, memory and what was printed are no part of a verdict."""
    told = []
    for name in ("outcome", "score", "line"):
        if getattr(before, name) != getattr(now, name):
            told.append(f"{name}: {getattr(before, name)} then, {getattr(now, name)} now")
    if before.hint.get("key") != now.hint.get("key"):
        told.append(f"hint: {before.hint.get('key', 'none')} then, {now.hint.get('key', 'none')} now")
    if len(before.cases) != len(now.cases):
        told.append(f"cases: {len(before.cases)} then, {len(now.cases)} now")
    for first, second in zip(before.cases, now.cases, strict=False):
        if _essence(first) != _essence(second):
            told.append(f"case {first.name!r}: {_in_words(first)} then, {_in_words(second)} now")
    return told


def _essence(case: CaseResult) -> tuple[Any, ...]:
    return case.name, case.outcome, case.points, case.worth, case.sample, case.kind


def _in_words(case: CaseResult) -> str:
    kind = f" ({case.kind})" if case.kind else ""
    return f"{case.name!r} {case.outcome or 'not reached'}{kind}, {case.points:g} of {case.worth:g} points"
