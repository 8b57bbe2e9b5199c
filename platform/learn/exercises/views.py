"""The workbench and its fragments. A view finds, asks one module to act, and shows."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from graders.protocol import MAX_SOURCE_BYTES
from learn.exercises import catalogue, differences, forms, machines, messages, remembering, source, submitting, ways
from learn.exercises import live as streaming
from learn.exercises.board import board, standings
from learn.exercises.models import Draft, Submission
from learn.exercises.opening import opening

HISTORY = 50


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every published exercise, in the order of its course, with where the learner stands."""
    known = standings(request.user)
    rows = [(exercise, known.get(exercise.key)) for exercise in catalogue.everything()]
    return render(request, "exercises/index.html", {"rows": rows})


@login_required
@require_GET
def workbench(request: HttpRequest, key: str) -> HttpResponse:
    exercise = _exercise(key)
    mine = Submission.objects.of(request.user, key)
    asked = request.GET.get("submission")
    shown = get_object_or_404(mine, pk=asked) if asked else mine.latest_first().first()
    draft = Draft.objects.filter(learner=request.user, exercise=key).first()
    opened = opening(request.user, exercise, draft, request.GET.get("review"), timezone.now())
    if opened.depth and not asked:
        shown = None  # the last verdict would say what to do
    return _page(request, exercise, opened.text, draft, shown, review=opened.depth)


def _page(request, exercise, text, draft, shown, notice=None, status=200, review="") -> HttpResponse:
    history = Submission.objects.of(request.user, exercise.key).without_report().latest_first()[:HISTORY]
    context = {
        "exercise": exercise,
        "text": text,
        "draft": draft,
        "board": board(shown, exercise.names) if shown else None,
        "submission": shown,
        "history": history,
        "notice": notice,
        "review": review,
        "machines": machines.choices(exercise, shown.queue if shown else None),
        "machine_notice": machines.notice(exercise),
        "settings_for_script": _settings_for_script(exercise, draft),
    }
    return render(request, "exercises/workbench.html", context, status=status)


def _settings_for_script(exercise, draft: Draft | None) -> dict:
    return {
        "key": exercise.key,
        "starter": exercise.starter,
        "revision": draft.revision if draft else 0,
        "draftUrl": reverse("exercises:draft", args=[exercise.key]),
        "maxBytes": MAX_SOURCE_BYTES,
    }


@login_required
@require_POST
def submit(request: HttpRequest, key: str) -> HttpResponse:
    """Take the code, refuse it or send it; answer with the board, or with the page where there is no script."""
    exercise = _exercise(key)
    given = forms.read(request)
    try:
        sent = submitting.submit(
            request.user,
            exercise,
            given.raw,
            given.mode,
            timezone.now(),
            item=exercise.item,
            locale=get_language() or "en",
            seconds_at_work=given.seconds_at_work,
            queue=given.queue,
        )
    except source.Refused as error:
        refusal = error.refusal
        notice = {"kind": "refused", "text": messages.of_refusal(refusal), "line": refusal.line}
        return _refuse(request, exercise, given.text, notice, 422)
    except submitting.TooMany as error:
        text = _("That was a lot at once. Send the next one in %(n)s s.") % {"n": error.seconds}
        return _refuse(request, exercise, given.text, {"kind": "wait", "text": text}, 429)
    if not request.headers.get("HX-Request"):
        submitting.keep_sent(request.user, key, sent.submission.text, timezone.now())
        return redirect(f"{reverse('exercises:workbench', args=[key])}?submission={sent.submission.pk}")
    notice = None
    if not sent.fresh:
        notice = _("One of yours was already on its way: here it is. Send again when it is judged.")
    return _board(request, sent.submission, exercise.names, notice)


def _refuse(request: HttpRequest, exercise, text: str, notice: dict, status: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "exercises/_notice.html", {"notice": notice}, status=status)
    draft = Draft.objects.filter(learner=request.user, exercise=exercise.key).first()
    return _page(request, exercise, text, draft, None, notice, status)


def _board(request: HttpRequest, submission: Submission, names, notice: str | None = None) -> HttpResponse:
    shown = board(submission, names)
    context = {"board": shown, "submission": submission, "said": notice}
    response = render(request, "exercises/_verdict.html", context)
    if not submission.is_waiting:
        response["HX-Trigger"] = "judged"
    return response


@login_required
@require_GET
def verdict(request: HttpRequest, pk: str) -> HttpResponse:
    """The state of one submission: a fragment that asks for itself again until it is graded."""
    submission = _mine(request, pk)
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('exercises:workbench', args=[submission.exercise])}?submission={pk}")
    return _board(request, submission, catalogue.names(submission.exercise))


@require_GET
async def live(request: HttpRequest, pk: str) -> HttpResponseBase:
    learner = await request.auser()
    if not learner.is_authenticated:
        raise Http404
    submission = await aget_object_or_404(Submission.objects.without_report(), pk=pk, learner=learner)
    stream = streaming.events(submission.pk, get_language() or "en", timezone.get_current_timezone())
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


@login_required
@require_GET
def code(request: HttpRequest, pk: str) -> HttpResponse:
    """What was sent, as it was sent."""
    submission = _mine(request, pk)
    if _gives_away(submission):
        return _later()
    return HttpResponse(submission.text, content_type="text/plain; charset=utf-8")


@login_required
@require_GET
def receipt(request: HttpRequest, pk: str) -> HttpResponse:
    """What was sent and the verdict on it, as a file that `python -m graders replay` grades again. Staff may too."""
    own = Submission.objects.all() if request.user.is_staff else Submission.objects.filter(learner=request.user)
    submission = get_object_or_404(own, pk=pk, report__isnull=False)
    if submission.learner_id == request.user.pk and _gives_away(submission):
        return _later()
    told = {"submission": submission.pk, "files": submission.files, "report": submission.report}
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="{submission.exercise}-{submission.pk}.json"'
    return response


def _gives_away(submission: Submission) -> bool:
    """A solution, while the exercise is to be recalled: it opens again once it is passed or given up."""
    return submission.has_passed and remembering.is_due(submission.learner, submission.item, timezone.now())


def _later() -> HttpResponse:
    text = _("This is a review: your earlier solution opens again when you have passed.")
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=403)


@login_required
@require_POST
def difference(request: HttpRequest, pk: str) -> HttpResponse:
    """How the text in the editor differs from what was sent then."""
    submission = _mine(request, pk)
    if _gives_away(submission):
        return _later()
    lines = differences.between(submission.text, request.POST.get("source", ""))
    return render(request, "exercises/_difference.html", {"lines": lines, "submission": submission})


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: str) -> HttpResponse:
    submission = _mine(request, pk)
    submitting.withdraw(submission, timezone.now())
    submission.refresh_from_db()
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('exercises:workbench', args=[submission.exercise])}?submission={pk}")
    return _board(request, submission, catalogue.names(submission.exercise))


@login_required
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, key: str) -> HttpResponse:
    """The learner's unsent text: read it, or save it on top of the revision it was written on."""
    exercise = _exercise(key)
    if request.method == "GET":
        kept = Draft.objects.filter(learner=request.user, exercise=key).first()
        opened = opening(request.user, exercise, kept, None, timezone.now())  # in a review not one's old solution
        return JsonResponse((_as_json(kept) if kept else {"revision": 0}) | {"text": opened.text})
    text = request.POST.get("source", "")
    if len(text.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        return JsonResponse({"error": _("Too long to be kept: at most 256 kB.")}, status=413)
    revision = request.POST.get("revision", "0")
    try:
        base = int(revision) if revision.isdigit() else 0
        kept = submitting.save_draft(request.user, key, text, base, timezone.now())
    except submitting.Outdated as error:
        return JsonResponse(_as_json(error.draft), status=409)
    return JsonResponse({"revision": kept.revision})


def _as_json(draft: Draft) -> dict:
    return {"text": draft.text, "revision": draft.revision, "saved_at": draft.saved_at.isoformat()}


@login_required
@require_GET
def history(request: HttpRequest, key: str) -> HttpResponse:
    tried = Submission.objects.of(request.user, key).without_report().latest_first()[:HISTORY]
    exercise = catalogue.find(key)
    review = exercise is not None and remembering.is_due(request.user, exercise.item, timezone.now())
    return render(request, "exercises/_history.html", {"history": tried, "review": review})


@login_required
@require_GET
def other_ways(request: HttpRequest, key: str) -> HttpResponse:
    """Other right answers. Before one's own they would take the exercise away, so they do not exist yet."""
    exercise = _exercise(key)
    if not ways.are_open(request.user, exercise, timezone.now()):
        raise Http404(_("Pass the exercise first."))
    template = "exercises/_ways.html" if request.headers.get("HX-Request") else "exercises/ways.html"
    return render(request, template, {"ways": ways.of(exercise.digest), "exercise": exercise})


def _exercise(key: str) -> catalogue.Exercise:
    exercise = catalogue.find(key)
    if exercise is None:
        raise Http404(_("There is no such exercise."))
    return exercise


def _mine(request: HttpRequest, pk: str) -> Submission:
    """One's own submission. Somebody else's does not exist."""
    return get_object_or_404(Submission, pk=pk, learner=request.user)
