"""The studio: editions of a course, what is wrong with them, how they look, which one is live."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from learn.authoring import publishing
from learn.authoring.access import authors_only
from learn.authoring.comparing import compare
from learn.courses import content, library, models, rendering
from learn.quizzes import presenting


@authors_only
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every course with its editions, the newest first, and which of them is live since when."""
    courses = models.Course.objects.order_by("key").prefetch_related("publications__edition", "publications__by")
    editions = models.Edition.objects.defer("document").order_by("-number")
    rows = [(course, [edition for edition in editions if edition.course_id == course.pk]) for course in courses]
    return render(request, "authoring/index.html", {"courses": rows})


@authors_only
@require_GET
def edition(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition: its problems, what publishing it changes, its lessons."""
    row = get_object_or_404(models.Edition.objects.select_related("course__live"), pk=pk)
    shown = library.edition(pk)
    context = {
        "row": row,
        "is_live": row.course.live_id == row.pk,
        "comparison": compare(row.course.live, row),
        "blocked": publishing.what_blocks(row),
        "packages": publishing.packages_of(row),
        "ungraded": publishing.ungraded(row),
        "title": content.text(shown.course.title, _locale()),
        "modules": [(content.text(module.title, _locale()), _lessons(module)) for module in shown.course.modules],
    }
    return render(request, "authoring/edition.html", context)


def _lessons(module: content.Module) -> list[tuple[str, str, content.Lesson | None]]:
    return [(topic.key, content.text(topic.title, _locale()), topic.lesson) for topic in module.topics]


@authors_only
@require_GET
def lesson(request: HttpRequest, pk: int, topic: str) -> HttpResponse:
    """A lesson of any edition as learners would see it, every question with its key."""
    get_object_or_404(models.Edition.objects.only("pk"), pk=pk)
    shown = library.edition(pk)
    found = shown.course.lessons.get(topic)
    if found is None:
        raise Http404(_("This edition has no such lesson."))
    page = rendering.render_lesson(shown, topic, _locale())
    questions = {one.key: presenting.solved(shown, one, _locale()) for one in found.questions}
    context = {
        "edition": shown,
        "lesson": found,
        "title": content.text(found.title, _locale()),
        "page": page,
        "parts": [(part, questions.get(part.question)) for part in page.parts],
        "cards": [
            (
                card.key,
                rendering.render_text(shown, card.front, _locale(), f"{card.key}-front-", topic),
                rendering.render_text(shown, card.back, _locale(), f"{card.key}-back-", topic),
            )
            for card in found.cards
        ],
    }
    return render(request, "authoring/lesson.html", context)


@authors_only
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(models.Edition, pk=pk)
    try:
        published = publishing.publish(row, timezone.now(), by=request.user)
    except publishing.Blocked as error:
        messages.error(request, _("Not published: %(reason)s") % {"reason": error.reasons[0]})
    else:
        if published.moved:
            messages.success(request, _("Learners now see edition %(number)d.") % {"number": row.number})
    return redirect("authoring:edition", pk=pk)


def _locale() -> str:
    return get_language() or content.DEFAULT_LOCALE
