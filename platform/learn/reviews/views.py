"""The review page, what it sends, and the learner's plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learn.courses.content import DEFAULT_LOCALE
from learn.reviews import asking, days, digesting, gates, receiving, reviewing, today
from learn.reviews.aside import set_aside
from learn.reviews.fold import What
from learn.reviews.forms import PlanForm
from learn.reviews.models import ReviewEvent
from learn.reviews.places import Map
from learn.reviews.rulebook import plan_of
from learn.reviews.today import Session

SESSION_KEY = "reviews.session"
MAX_SESSION_MINUTES = 240
MAX_BODY = 512 * 1024


@login_required
@require_GET
def today_page(request: HttpRequest) -> HttpResponse:
    """The item that is due, large; everything else is a thin line above it."""
    _remember_wishes(request)
    return render(request, "reviews/today.html", _stage(request))


@login_required
@require_GET
def following(request: HttpRequest) -> HttpResponse:
    """The next few items: what the page asks for when it has shown those it had."""
    return render(request, "reviews/_stage.html", _stage(request))


def _stage(request: HttpRequest) -> dict[str, Any]:
    stage = asking.stage(request.user, timezone.now(), _locale(), _session(request))
    return {"stage": stage, "today": stage.today, "wanted": request.session.get(SESSION_KEY, {})}


def _remember_wishes(request: HttpRequest) -> None:
    """`?minutes=15`, `?practice=attention`, `?although_away=1` hold until the plan is asked for (`?plan=1`)."""
    given = request.GET
    if "plan" in given:
        request.session.pop(SESSION_KEY, None)
    elif given.get("minutes", "").isdigit():
        minutes = min(max(int(given["minutes"][:4]), 1), MAX_SESSION_MINUTES)
        request.session[SESSION_KEY] = {"minutes": minutes, "since_ms": days.to_ms(timezone.now())}
    elif "practice" in given:
        request.session[SESSION_KEY] = {"topic": given["practice"][:100]}
    elif "refresh" in given:
        items = _refresher(request, given["refresh"])
        wished = {"only": items, "since_ms": days.to_ms(timezone.now()), "then": _then(given)}
        request.session[SESSION_KEY] = wished if items else {}
    elif "although_away" in given:
        request.session[SESSION_KEY] = {"although_away": True}


def _refresher(request: HttpRequest, asked: str) -> list[str]:
    """Five minutes of what has faded: `course/topic+topic`."""
    course, _slash, topics = asked.partition("/")
    map = Map([course])
    if not (edition := map.editions.get(course)):
        return []
    wanted = [topic for topic in topics.replace("+", " ").split()[:20] if topic in edition.course.topics]
    return list(gates.gate(request.user, edition, wanted, timezone.now()).refresher)


def _then(given: Mapping[str, str]) -> str:
    """Where a refresher leads: a lesson of its course, as `course/topic`."""
    course, topic = given["refresh"].partition("/")[0], given.get("then", "")
    edition = Map([course]).editions.get(course)
    return f"{course}/{topic}" if edition and topic in edition.course.lessons else ""


def _session(request: HttpRequest) -> Session:
    wished = request.session.get(SESSION_KEY, {})
    return Session(
        minutes=wished.get("minutes"),
        since_ms=wished.get("since_ms"),
        topic=wished.get("topic"),
        although_away=wished.get("although_away", False),
        only=tuple(wished.get("only", ())),
        then=wished.get("then", ""),
        first=request.GET.get("first", ""),
    )


@login_required
@require_POST
def log(request: HttpRequest) -> HttpResponse:
    """Lines for the log. JSON from the page, with a result for each; a form where there is no script."""
    if request.content_type == "application/json":
        return _log_json(request)
    (result,) = receiving.receive(request.user, [_line_of_form(request)], None, timezone.now())
    if not result.ok:
        messages.error(request, result.message)
    return redirect("reviews:today")


def _log_json(request: HttpRequest) -> HttpResponse:
    try:
        body = json.loads(request.body) if len(request.body) <= MAX_BODY else None
        lines, sent = body["lines"], body.get("sent")
    except (ValueError, TypeError, KeyError, AttributeError):
        return JsonResponse({"message": _("This is not what a review page sends.")}, status=400)
    if not isinstance(lines, list) or len(lines) > receiving.MAX_LINES:
        return JsonResponse({"message": _("Too much at once.")}, status=413)
    sent_ms = int(sent) if isinstance(sent, int | float) and abs(sent) < 1e15 else None
    results = receiving.receive(request.user, lines, sent_ms, timezone.now())
    return JsonResponse({"results": [result.to_dict() for result in results]})


def _line_of_form(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST[name] for name in ("id", "what", "item", "rating") if name in request.POST}


@login_required
@require_GET
def rated(request: HttpRequest) -> HttpResponse:
    """How the rule rated the last answer to an item, and why."""
    graded = ReviewEvent.objects.standing().filter(learner=request.user, kind=What.GRADED, rating__isnull=False)
    event = graded.filter(item=request.GET.get("item", "")).order_by("-utc_ms", "-id").first()
    now = timezone.now()
    is_recent = event is not None and event.study_date == today.today_of(request.user, now)
    shown = asking.rated(request.user, event, today.today_of(request.user, now), _locale()) if is_recent else None
    return render(request, "reviews/_rated.html", {"rated": shown})


@login_required
@require_POST
def rerate(request: HttpRequest, event: str) -> HttpResponse:
    """The learner's own word about graded work."""
    now = timezone.now()
    said, status = "", 200
    old = get_object_or_404(ReviewEvent, learner=request.user, pk=event)
    try:
        reviewing.rerate(request.user, event, request.POST.get("rating", ""), now)
    except reviewing.Refused as refused:
        said, status = str(refused), 422
    if not request.htmx:
        if said:
            messages.error(request, said)
        return redirect("reviews:today")
    standing = ReviewEvent.objects.standing().filter(learner=request.user, item=old.item, kind=What.GRADED)
    last = standing.order_by("-utc_ms", "-id").first()
    shown = asking.rated(request.user, last, today.today_of(request.user, now), _locale()) if last else None
    return render(request, "reviews/_rated.html", {"rated": shown, "error": said}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """How the learner wants to be asked."""
    form = PlanForm(request.POST or None, instance=plan_of(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your plan is saved."))
        return redirect("reviews:plan")
    return render(request, "reviews/plan.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_GET
def aside(request: HttpRequest) -> HttpResponse:
    """What was set aside, by hand or for being forgotten too often, with a way back for each."""
    return render(request, "reviews/aside.html", {"items": set_aside(request.user, timezone.now(), _locale())})


@csrf_exempt  # pressed by mail programs, which have no session: the signed token is the right to it
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End reminders with one press, by hand or by the mail program; a visit alone ends nothing."""
    is_known = digesting.is_ours(token)
    is_ended = request.method == "POST" and digesting.unsubscribe(token)
    context = {"is_known": is_known, "is_ended": is_ended}
    return render(request, "reviews/unsubscribe.html", context, status=200 if is_known else 404)


def _locale() -> str:
    return get_language() or DEFAULT_LOCALE
