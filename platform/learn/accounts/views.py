"""A person's own pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import translation
from django.views import i18n
from django.views.decorators.http import require_POST

from learn.accounts.zones import is_zone


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Django's switch, which keeps the page; whoever is signed in keeps the language too."""
    response = i18n.set_language(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and translation.check_for_language(language):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return response


@require_POST
def set_zone(request: HttpRequest) -> HttpResponse:
    """The browser names its time zone once, while none is known (static/src/base.js)."""
    zone = request.POST.get("zone", "")
    if not is_zone(zone):
        return HttpResponseBadRequest()
    if request.user.is_authenticated and not request.user.zone:
        request.user.zone = zone
        request.user.save(update_fields=["zone"])
    return HttpResponse(status=204)
