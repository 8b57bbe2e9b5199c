"""A learner's own language and time zone, whatever the browser they happen to sit at."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from learn.accounts.zones import is_zone


def learners_language_and_zone(get_response: Callable[[HttpRequest], HttpResponse]):
    def middleware(request: HttpRequest) -> HttpResponse:
        # Without a session's cookie there is nobody to look up, and no query to make.
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if user is None or not user.is_authenticated:
            return get_response(request)
        if user.language in dict(settings.LANGUAGES) and user.language != request.LANGUAGE_CODE:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        with timezone.override(ZoneInfo(user.zone) if is_zone(user.zone) else None):
            return get_response(request)

    return middleware
