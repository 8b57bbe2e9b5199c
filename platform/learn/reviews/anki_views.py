"""Out to Anki and back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from django.views.decorators.http import require_GET, require_http_methods

from learn.courses.content import DEFAULT_LOCALE
from learn.reviews import apkg, importing, packages

SENTENCES = {
    "too-large": N_("This package is larger than 64 MB, or what is packed in it is. Export one deck at a time."),
    "no-package": N_("This is not an Anki package (.apkg)."),
    "new-format": N_("Anki wrote this in its newer format. Export again with “Support older Anki versions” ticked."),
    "damaged": N_("This package is damaged: part of it cannot be read. Nothing was changed."),
    "nothing": N_("Choose a file first."),
}


@login_required
@require_http_methods(["GET", "POST"])
def anki(request: HttpRequest) -> HttpResponse:
    """The page, and the package that is brought back."""
    error = ""
    if request.method == "POST":
        try:
            messages.success(request, _said(_bring(request)))
            return redirect("reviews:anki")
        except apkg.NotReadable as unreadable:
            error = _(SENTENCES[unreadable.reason])
    return render(request, "reviews/anki.html", {"error": error}, status=422 if error else 200)


def _bring(request: HttpRequest) -> importing.Imported:
    sent = request.FILES.get("package")
    if sent is None:
        raise apkg.NotReadable("nothing")
    if (sent.size or 0) > apkg.MAX_ARCHIVE:
        raise apkg.NotReadable("too-large")
    return importing.bring(request.user, apkg.read(sent.read()), timezone.now())


def _said(found: importing.Imported) -> str:
    told = {"n": found.reviews, "items": found.items}
    said = [
        ngettext("%(n)d new review of %(items)d items.", "%(n)d new reviews of %(items)d items.", found.reviews) % told
    ]
    if left := found.unknown + found.strange:
        said.append(
            ngettext("%(n)d card is of no course here.", "%(n)d cards are of no course here.", left) % {"n": left}
        )
    if found.future:
        said.append(
            ngettext(
                "%(n)d review lies in the future and was left out: set the clock of that device and bring it again.",
                "%(n)d reviews lie in the future and were left out: set the clock of that device and bring them again.",
                found.future,
            )
            % {"n": found.future}
        )
    return " ".join(said)


@login_required
@require_GET
def package(request: HttpRequest) -> HttpResponse:
    """Everything the learner remembers, as a file for Anki."""
    data = packages.package_of(request.user, timezone.now(), get_language() or DEFAULT_LOCALE)
    headers = {"Content-Disposition": 'attachment; filename="anneal.apkg"'}
    return HttpResponse(data, content_type="application/octet-stream", headers=headers)
