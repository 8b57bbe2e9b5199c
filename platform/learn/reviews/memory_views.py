"""What a learner remembers: the page, one item's curve, what another retention would cost."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from learn.courses.content import DEFAULT_LOCALE
from learn.reviews import charts, spans, workload
from learn.reviews.items import course_of
from learn.reviews.memory import Memory, heat
from learn.reviews.models import ParameterSet
from learn.reviews.places import Map
from learn.reviews.trace import trace


@login_required
@require_GET
def memory(request: HttpRequest) -> HttpResponse:
    """Everything at a glance, each chart with its table."""
    mine = Memory(request.user, timezone.now(), _locale())
    fitted = ParameterSet.objects.filter(learner=request.user).order_by("-fitted_at").first()
    done = mine.days.get(mine.today)
    context = {
        "memory": mine,
        "today_minutes": spans.of_minutes(done.minutes) if done else "",
        "forecast": charts.forecast(mine),
        "year": charts.year(mine),
        "retention": charts.retention(mine) if mine.months else None,
        "modules": [(one, spans.of_stability(one.stability), _percent(one.recall)) for one in mine.modules],
        "fitted": fitted,
        "calibration": charts.calibration(fitted) if fitted else None,
        "mean_recall": _percent(mine.mean_recall),
        "recently": _percent(mine.recent.retention),
        "wished": _percent(mine.plan.wished),
    }
    return render(request, "reviews/memory.html", context)


@login_required
@require_GET
def workloads(request: HttpRequest) -> HttpResponse:
    """What each desired retention would cost. Simulated, so it comes after the page."""
    mine = Memory(request.user, timezone.now(), _locale())
    found = workload.workloads(mine.own(), mine.weights)
    chart = charts.workload(found, mine.plan.wished) if found else None
    return render(request, "reviews/_workload.html", {"chart": chart, "wished": _percent(mine.plan.wished)})


@login_required
@require_GET
def items(request: HttpRequest) -> HttpResponse:
    """What is in memory of one module, item by item."""
    mine, name = Memory(request.user, timezone.now(), _locale()), request.GET.get("module", "")
    module = next((one for one in mine.modules if one.name == name), None)
    if module is None:
        raise Http404(_("You have nothing of such a module in memory."))
    topics = [
        (topic, [(one, _percent(one.recall), spans.of_stability(one.stability), spans.until(one.due_on, mine.today))
                 for one in topic.items])
        for topic in mine.topics(name)
    ]  # fmt: skip
    return render(request, "reviews/items.html", {"module": module, "topics": topics})


@login_required
@require_GET
def item(request: HttpRequest) -> HttpResponse:
    """One item's forgetting curve with its history."""
    name = request.GET.get("item", "")
    found = trace(request.user, name, timezone.now())
    if found is None:
        raise Http404(_("You have no such item."))
    map = Map.of([name])
    context = {
        "trace": found,
        "title": map.title(name, _locale()),
        "topic": map.topic_title(name, _locale()),
        "module": f"{course_of(name)}/{place.module}" if (place := map.place(name)).module else "",
        "heat": heat(found.recall) if found.recall is not None else None,
        "recall": _percent(found.recall),
    }
    return render(request, "reviews/item.html", context)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _locale() -> str:
    return get_language() or DEFAULT_LOCALE
