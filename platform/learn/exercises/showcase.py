"""The exercise on the front page: programs that came with it, and what a grader says of each. Open to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from graders.protocol import Outcome, Verdict
from learn.courses import content
from learn.courses.library import Edition
from learn.courses.rendering import highlight
from learn.exercises import catalogue, demonstrating, messages, queue, times
from learn.exercises.board import Row, rows_of
from learn.exercises.models import Demonstration

JUST_NOW = 60  # seconds; under a minute no number is said


@dataclass(frozen=True)
class Tab:
    name: str
    title: str
    is_current: bool


@dataclass(frozen=True)
class Showcase:
    exercise: catalogue.Exercise
    tabs: tuple[Tab, ...]
    code: SafeString
    says: str
    name: str
    rows: tuple[Row, ...] = ()
    headline: str = ""
    mark: str = "pending"
    judged_at: datetime | None = None
    is_asked: bool = False
    is_fresh: bool = False  # judged so lately that "0 minutes ago" would be silly
    note: str = ""

    @property
    def opened(self) -> str:
        return next((row.key for row in self.rows if row.opens and row.mark != "pass"), "")


def of_course(edition: Edition, name: str, now: datetime) -> Showcase | None:
    """That of the first exercise of the course that has one; `name` is the program to show, else the first."""
    published = next((found for found in edition.exercises.values() if found.showcase), None)
    if published is None:
        return None
    pieces = {piece["file"]: piece for piece in published.showcase}
    exercise = catalogue.Exercise(published)
    piece = pieces.get(name) or published.showcase[0]
    return _shown(exercise, piece, _row(exercise, piece), now)


@require_http_methods(["GET", "POST"])
def shown(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """One program and its verdict; a POST has it judged anew."""
    exercise = catalogue.find(key)
    piece = next((piece for piece in exercise.showcase if piece["file"] == name), None) if exercise else None
    if exercise is None or piece is None:
        raise Http404
    now = timezone.now()
    row = demonstrating.ask(exercise, piece, now) if request.method == "POST" else _row(exercise, piece)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('lessons:front')}?shown={name}")
    return render(request, "exercises/_showcase.html", {"show": _shown(exercise, piece, row, now)})


def _row(exercise: catalogue.Exercise, piece: Mapping[str, Any]) -> Demonstration | None:
    return Demonstration.objects.filter(package=exercise.digest, name=piece["file"]).first()


def _shown(
    exercise: catalogue.Exercise, piece: Mapping[str, Any], row: Demonstration | None, now: datetime
) -> Showcase:
    tabs = tuple(
        Tab(one["file"], content.text(one["title"], catalogue.locale()), one["file"] == piece["file"])
        for one in exercise.showcase
    )
    state: dict[str, Any] = {}
    if row is not None and row.is_asked(now):
        state = _asked(exercise, row)
    elif row is not None and row.verdict is not None:
        state = _judged(exercise, row, row.verdict, now)
    elif not queue.serving(exercise.queue):
        state = {"note": _("No grader is at work at the moment, so this cannot run just now.")}
    return Showcase(
        exercise,
        tabs,
        code=highlight(piece["text"].strip("\n")),
        says=content.text(piece["says"], catalogue.locale()),
        name=piece["file"],
        **state,
    )


def _asked(exercise: catalogue.Exercise, row: Demonstration) -> dict[str, Any]:
    progress = queue.progress_of(row.job_id, row.grading)
    rows = tuple(rows_of(progress.cases, exercise.names)) if progress else ()
    return {"is_asked": True, "rows": rows, "headline": _("Judging …") if progress else _("Waiting …")}


def _judged(exercise: catalogue.Exercise, row: Demonstration, verdict: Verdict, now: datetime) -> dict[str, Any]:
    passed = sum(case.outcome is Outcome.PASSED for case in verdict.cases)
    parts = [messages.outcome_in_words(verdict.outcome, is_run=True), f"{passed}/{len(verdict.cases)}"]
    if verdict.seconds:
        parts.append(times.duration(verdict.seconds))
    return {
        "rows": tuple(rows_of(verdict.cases, exercise.names)),
        "headline": " · ".join(parts),
        "mark": messages.mark(verdict.outcome),
        "judged_at": row.graded_at,
        "is_fresh": row.graded_at is not None and (now - row.graded_at).total_seconds() < JUST_NOW,
    }
