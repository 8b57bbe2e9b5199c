"""What the page shows of one submission: its state in words and one row for each case. Reads, never writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from graders.protocol import CaseResult, Outcome, Verdict
from learn.exercises import catalogue, heatmap, machines, messages, queue, remembering, times
from learn.exercises.heatmap import Heatmap
from learn.exercises.models import State, Submission
from learn.exercises.queue import Progress
from learn.reviews.asking import Rated

# Nobody minds waiting so long.
LONG = timedelta(seconds=15)


@dataclass(frozen=True)
class Row:
    """One case as the learner reads it."""

    key: str
    name: str
    mark: str  # pass, fail, error, time, memory, output, skipped
    outcome: str
    sample: bool
    time: str
    points: str
    message: str = ""
    facts: tuple[tuple[str, str], ...] = ()  # label and value: expected shape, largest difference, …
    shown: tuple[tuple[str, str], ...] = ()  # label and text, of sample cases alone
    heatmap: Heatmap | None = None  # where a sample's answer differs
    line: int | None = None  # of the learner's file
    opens: bool = False  # has something inside


@dataclass(frozen=True)
class Board:
    submission: Submission
    phase: str  # waiting, running, judged, withdrawn
    rows: tuple[Row, ...] = ()
    headline: str = ""
    message: str = ""
    line: int | None = None
    hint: str = ""
    log: str = ""
    note: str = ""  # what the wait is for
    pending: tuple[str, ...] = ()  # names of the cases that are still to come, where they are known
    returns: datetime | None = None  # when the exercise is due for review
    rated: Rated | None = None  # how this verdict was rated, and why
    stuck: bool = False  # nobody will answer for now
    may_leave: bool = False  # it lasts, and the learner may have something better to do

    @property
    def passed(self) -> int:
        return sum(row.mark == "pass" for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows) + len(self.pending) if self.pending else 0

    @property
    def has_ways(self) -> bool:
        """Who has passed may see how others do it."""
        return self.phase == "judged" and self.submission.has_passed and not self.submission.is_run

    @property
    def mark(self) -> str:
        return messages.mark(self.submission.outcome)

    @property
    def opened(self) -> str:
        """The first row that did not pass stands open: it says where to look."""
        return next((row.key for row in self.rows if row.opens and row.mark not in ("pass", "skipped")), "")


Names = Mapping[str, Mapping[str, str]]


def board(submission: Submission, names: Names, progress: Progress | None = None) -> Board:
    """The board of `submission`; `names` are the package's translations of its cases' names."""
    if submission.state == State.WITHDRAWN:
        return Board(submission, "withdrawn", headline=_("Withdrawn"), message=_("You stopped waiting for this one."))
    if submission.verdict is not None:
        again = _("This exercise was mended; your code is being graded again.") if submission.is_waiting else ""
        return _judged(submission, submission.verdict, names, again)
    progress = progress or queue.progress(submission)
    if progress is not None and progress.state == "running" and not _is_left(submission):
        return _running(submission, progress, names)
    return _waiting(submission)


def _running(submission: Submission, progress: Progress, names: Names) -> Board:
    rows = tuple(rows_of(progress.cases, names))
    known = names.get(get_language() or "en", {})
    to_come = case_names(submission.package, submission.mode)[len(rows) :]
    headline = _("Running …") if submission.is_run else _("Judging …")
    pending = tuple(known.get(name, name) for name in to_come)
    return Board(submission, "running", rows, headline=headline, pending=pending, may_leave=_lasts(submission))


def _lasts(submission: Submission) -> bool:
    return submission.sent_at is not None and timezone.now() - submission.sent_at > LONG


def _is_left(submission: Submission) -> bool:
    """Whether it lasts while nobody serves its queue: a grader told of it, and has died or waits for its sandbox."""
    if not _lasts(submission):
        return False
    serving = queue.serving(submission.queue)
    return serving.reachable and not serving


_case_names: dict[tuple[str, str], tuple[str, ...]] = {}


def case_names(package: str, mode: str) -> tuple[str, ...]:
    """The cases of a package in order, known from any earlier verdict on it. A package never changes."""
    if (package, mode) not in _case_names:
        graded = Submission.objects.filter(package=package, mode=mode, state=State.GRADED)
        report = graded.filter(outcome=Outcome.PASSED).values_list("report", flat=True).first()
        if report is None:
            return ()
        _case_names[package, mode] = tuple(case["name"] for case in report["cases"])
    return _case_names[package, mode]


def _waiting(submission: Submission) -> Board:
    serving = queue.serving(submission.queue)
    if not serving.reachable:
        note = _("The queue does not answer at the moment. Your code is kept and is sent as soon as it does.")
    elif not serving:
        note = _(
            "No grader serves the queue “%(queue)s” at the moment. Your code is kept and is graded when one does. "
            "You can go on writing, read the lesson, or stop waiting."
        ) % {"queue": submission.queue}
        note = f"{note} {machines.elsewhere(catalogue.find(submission.exercise), submission.queue)}".strip()
    elif submission.resends:
        note = _("The first grader did not answer; another was asked.")
    else:
        note = times.wait(*_position(submission))
    return Board(submission, "waiting", headline=_("Waiting …"), note=note, stuck=not serving, may_leave=True)


def _position(submission: Submission) -> tuple[int, float | None]:
    """How many are before this one, and how long that lasts by what the last gradings took."""
    waiting = Submission.objects.waiting().filter(queue=submission.queue)
    if submission.sent_at is not None:
        before = waiting.filter(sent_at__lt=submission.sent_at)
    else:  # a learner's own come one after another; of the others' each has one at most in front
        own = Q(learner=submission.learner_id, created_at__lt=submission.created_at)
        before = waiting.filter(own | Q(sent_at__isnull=False))
    ahead = before.count()
    if not ahead:
        return 0, None
    since = submission.created_at - timedelta(hours=1)
    lately = Submission.objects.filter(queue=submission.queue, state=State.GRADED, graded_at__gt=since)
    reports = lately.order_by("-graded_at").values_list("report__receipt__times_ms__total", flat=True)[:20]
    times = [total / 1000 for total in reports if isinstance(total, int | float)]
    return ahead, ahead * median(times) if times else None


def _judged(submission: Submission, verdict: Verdict, names: Names, note: str) -> Board:
    rows = tuple(rows_of(verdict.cases, names))
    return Board(
        submission,
        "judged",
        rows,
        headline=headline(submission, verdict),
        message=messages.of_verdict(verdict),
        line=verdict.line,
        hint=messages.hint(verdict),
        log=verdict.log if not rows else "",
        note=note or machines.judged_on(submission.queue),
        returns=remembering.returns(submission),
        rated=remembering.rated(submission, timezone.now()),
    )


def headline(submission: Submission, verdict: Verdict) -> str:
    """Such as: Passed · 9/9 · 84 ms. The one line a learner reads first."""
    parts = [messages.outcome_in_words(verdict.outcome, submission.is_run)]
    if verdict.cases:
        parts.append(f"{sum(case.outcome is Outcome.PASSED for case in verdict.cases)}/{len(verdict.cases)}")
    if 0 < verdict.score < 1 and not submission.is_run:
        parts.append(_("%(percent)s of the points") % {"percent": f"{int(100 * verdict.score)} %"})
    if verdict.seconds:
        parts.append(_time_taken(submission, verdict))
    if verdict.outcome is Outcome.MEMORY and verdict.memory_mb:
        parts.append(f"{verdict.memory_mb:.0f} MB")
    return " · ".join(parts)


def _time_taken(submission: Submission, verdict: Verdict) -> str:
    """Of what passed, beside the reference's on the same questions."""
    own, reference = times.duration(verdict.seconds), verdict.receipt.get("reference_seconds")
    if submission.is_run or verdict.outcome is not Outcome.PASSED or not isinstance(reference, int | float):
        return own
    return _("%(time)s, reference %(reference)s") % {"time": own, "reference": times.duration(reference)}


# ------------------------------------------------------------------------------------------- the rows


def rows_of(cases: tuple[CaseResult, ...], names: Names) -> list[Row]:
    known = names.get(get_language() or "en", {})
    return [_row(case, index, known.get(case.name, case.name)) for index, case in enumerate(cases)]


def _row(case: CaseResult, index: int, name: str) -> Row:
    passed = case.outcome is Outcome.PASSED
    facts = () if passed else tuple(_facts(case))
    shown = tuple(_shown(case.shown))
    message = messages.of_case(case) if case.outcome else ""  # of what was not reached its mark says all
    return Row(
        key=f"{index}-{'sample' if case.sample else 'hidden'}",
        name=name,
        mark=messages.mark(case.outcome or "skipped"),
        outcome=messages.outcome_in_words(case.outcome) if case.outcome else "",
        sample=case.sample,
        time=times.duration(case.seconds) if case.seconds else "" if case.outcome else _("not reached"),
        points=_points(case),
        message=message,
        facts=facts,
        shown=shown,
        # The judge draws samples alone; a package of another age is held to that here too.
        heatmap=heatmap.read(case.details) if case.sample else None,
        line=case.details.get("line"),
        opens=bool(message or shown),
    )


def _points(case: CaseResult) -> str:
    return f"{case.points:g}/{case.worth:g}" if case.worth else ""


def _facts(case: CaseResult) -> list[tuple[str, str]]:
    """The numbers of a mismatch, as a short table beside the sentence."""
    details: dict[str, Any] = case.details
    if case.kind in ("shape", "dtype", "type"):
        as_text = {"shape": messages.size, "type": messages.type_name, "dtype": str}[case.kind]
        return [(_("expected"), as_text(details["expected"])), (_("got"), as_text(details["got"]))]
    facts = []
    if "max_error" in details and "share" in details:  # the sentence has the other numbers
        facts.append((_("values that differ"), f"{100 * details['share']:.0f} %"))
    if case.kind == "property":
        facts += [(name, f"{value:.4g}") for name, value in details.items() if isinstance(value, int | float)]
    return facts


def _shown(shown: Mapping[str, str]) -> list[tuple[str, str]]:
    labels = {"args": _("Called"), "expected": _("Expected"), "got": _("Got"), "stdout": _("Printed")}
    return [(label, shown[name]) for name, label in labels.items() if shown.get(name)]


# --------------------------------------------------------------------------------------- for the list


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with one exercise."""

    tries: int = 0
    passed: bool = False
    last: datetime | None = None


def standings(learner) -> dict[str, Standing]:
    """By exercise key, in one query whatever the number of exercises."""
    found: dict[str, Standing] = {}
    rows = Submission.objects.filter(learner=learner).tries().values_list("exercise", "outcome", "created_at")
    for exercise, outcome, at in rows.order_by("created_at"):
        before = found.get(exercise, Standing())
        found[exercise] = Standing(before.tries + 1, before.passed or outcome == Outcome.PASSED, at)
    return found
