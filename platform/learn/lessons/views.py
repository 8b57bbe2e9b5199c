"""The front page, the roadmap of a course, a lesson."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learn.courses import content, library
from learn.courses.library import Edition
from learn.exercises import showcase
from learn.lessons import finishing
from learn.lessons.page import page, refresher
from learn.lessons.picture import picture
from learn.lessons.standing import journey
from learn.reviews.today import Today


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """For visitors what this is; for learners the map they walk on."""
    try:
        edition = library.live(settings.COURSE)
    except library.NotPublished:
        return render(request, "lessons/empty.html")
    if request.user.is_authenticated:
        return _roadmap(request, edition)
    show = showcase.of_course(edition, request.GET.get("shown", ""), timezone.now())
    context = {"course": _worded(edition), "picture": picture(edition, _locale()), "show": show}
    return render(request, "lessons/front.html", context)


@login_required
@require_GET
def roadmap(request: HttpRequest, course: str) -> HttpResponse:
    return _roadmap(request, _live(course))


def _roadmap(request: HttpRequest, edition: Edition) -> HttpResponse:
    now = timezone.now()
    travelled = journey(request.user, edition, now)
    drawn = picture(edition, _locale(), travelled)
    today = Today(request.user, now)
    topic = travelled.next
    context = {
        "course": _worded(edition),
        "journey": travelled,
        "picture": drawn,
        "here": next((stop for stop in drawn.stops if stop.key == topic), None),
        "refresher": refresher(edition, topic, travelled.gate(topic), _locale()) if topic else None,
        "today": today,
        "minutes": max(1, round(today.queue.minutes)),
    }
    return render(request, "lessons/roadmap.html", context)


@login_required
@require_GET
def lesson(request: HttpRequest, course: str, topic: str) -> HttpResponse:
    edition = _live(course)
    if topic not in edition.course.topics:
        raise Http404
    if topic not in edition.course.lessons:
        return _coming(request, edition, topic)
    now = timezone.now()
    finishing.open_lesson(request.user, edition, topic, now)
    shown = page(request.user, edition, topic, _locale(), now)
    if shown.is_done and shown.finished is None:
        finishing.finish(request.user, edition, topic, now)
        shown = page(request.user, edition, topic, _locale(), now)
    return render(request, "lessons/lesson.html", {"page": shown, "course": _worded(edition)})


def _coming(request: HttpRequest, edition: Edition, topic: str) -> HttpResponse:
    """A station that is announced: what it will build on, and nothing that pretends to be a lesson."""
    station = edition.course.topics[topic]
    title = content.text(station.title, _locale())
    module = content.text(edition.course.module_of[topic].title, _locale())
    context = {"title": title, "module_title": module, "course": _worded(edition)}
    return render(request, "lessons/coming.html", context, status=404)


@login_required
@require_POST
def finish(request: HttpRequest, course: str, topic: str) -> HttpResponse:
    edition = _live(course)
    if topic not in edition.course.lessons:
        raise Http404
    if finishing.finish(request.user, edition, topic, timezone.now()):
        messages.success(request, _("Finished. What this lesson teaches will be asked again before you forget it."))
    return redirect("lessons:lesson", course, topic)


def _live(course: str) -> Edition:
    try:
        return library.live(course)
    except library.NotPublished:
        raise Http404 from None


def _worded(edition: Edition) -> dict[str, str]:
    """A course's own words in the reader's language."""
    course = edition.course
    words = {"title": course.title, "summary": course.summary, "audience": course.audience}
    return {"key": course.key, **{name: content.text(text, _locale()) for name, text in words.items()}}


def _locale() -> str:
    return get_language() or content.DEFAULT_LOCALE
