"""One question: asked, answered, explained. htmx swaps the fragment; without it the same is a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from learn.courses import content, library
from learn.courses.content import Question
from learn.courses.library import Edition
from learn.quizzes import answering, grading, presenting
from learn.quizzes.models import Attempt
from learn.quizzes.presenting import Presented
from learn.reviews import days
from learn.reviews.moments import believed

MAX_SECONDS = 3600


@login_required
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, course: str, key: str) -> HttpResponse:
    """GET asks anew, POST marks an answer. `?practice=1` leaves memory alone, `?attempt=7` shows an earlier one."""
    if request.method == "GET" and (attempt := request.GET.get("attempt", "")).isdecimal():
        return _show(request, _again(request, course, key, int(attempt[:18])))
    edition, found = _find(course, key)
    if request.method == "GET":
        return _show(request, _anew(request, edition, found))
    return _answer(request, edition, found)


def _answer(request: HttpRequest, edition: Edition, found: Question) -> HttpResponse:
    item = content.question_item(edition.course.key, found.key)
    try:
        seed = presenting.signer(request.user.pk, item).unsign(request.POST.get("asked", ""))
    except signing.BadSignature:
        # Asked of somebody else, or before a change of the secret: ask anew.
        return _show(request, _anew(request, edition, found, error="stale"), 409)
    form = dict(request.POST.lists())
    try:
        given = grading.read(found, form)
    except grading.Unreadable as error:
        again = _anew(request, edition, found, seed=seed, form=form, error=error.reason)
        return _show(request, again, 422)
    answered = answering.answer(
        request.user,
        item,
        found,
        seed,
        given,
        _moment(request),
        edition=edition.number,
        unsure="unsure" in form,
        duration_ms=_milliseconds(request.POST.get("seconds", "")),
        for_practice=_practises(request),
    )
    shown = presenting.marked(request.user, edition, found, _locale(), answered, _practises(request))
    return _show(request, shown)


def _again(request: HttpRequest, course: str, key: str, attempt: int) -> Presented:
    """One's own earlier answer, to the very question that was asked: its numbers, its order, its edition."""
    item = content.question_item(course, key)
    found = get_object_or_404(Attempt, pk=attempt, learner=request.user, item=item)
    try:
        edition = library.numbered(course, found.edition)
        return presenting.of_attempt(edition, edition.course.questions[key], _locale(), found)
    except (library.NotPublished, KeyError):
        raise Http404(_("There is no such question.")) from None


def _anew(request: HttpRequest, edition: Edition, found: Question, **more: Any) -> Presented:
    return presenting.anew(request.user, edition, found, _locale(), for_practice=_practises(request), **more)


def _practises(request: HttpRequest) -> bool:
    return "practice" in request.GET


def _show(request: HttpRequest, asked: Presented, status: int = 200) -> HttpResponse:
    if request.htmx:
        return render(request, "quizzes/_question.html", {"asked": asked, "is_swapped": True}, status=status)
    lesson = asked.edition.course.lesson_of[asked.item]
    context = {
        "asked": asked,
        "lesson_title": content.text(lesson.title, _locale()),
        "lesson_url": reverse("lessons:lesson", args=[asked.edition.course.key, lesson.key]) + f"#{asked.anchor}",
    }
    return render(request, "quizzes/question.html", context, status=status)


def _find(course: str, key: str) -> tuple[Edition, Question]:
    try:
        edition = library.live(course)
        return edition, edition.course.questions[key]
    except (library.NotPublished, KeyError):
        raise Http404(_("There is no such question.")) from None


def _locale() -> str:
    return get_language() or content.DEFAULT_LOCALE


def _moment(request: HttpRequest) -> datetime:
    """When it was answered: now, or when the device says it was, if it was kept there without a connection."""
    now = timezone.now()
    claimed, sent = (request.POST.get(name, "") for name in ("at", "sent"))
    if not all(stamp.isdecimal() and len(stamp) <= 15 for stamp in (claimed, sent)):
        return now
    return days.from_ms(believed(int(claimed), int(sent), days.to_ms(now)).utc_ms)


def _milliseconds(seconds: str) -> int | None:
    """What the page measured; whatever else a browser sends there is not known."""
    try:
        value = float(seconds)
    except ValueError:
        return None
    return round(value * 1000) if 0 < value <= MAX_SECONDS else None
