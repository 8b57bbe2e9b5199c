"""Who may use the studio."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def authors_only(view: View) -> View:
    """Instructors and staff; others who are signed in are told that they may not."""

    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not (request.user.is_staff or request.user.is_instructor):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.__name__, guarded.__doc__ = view.__name__, view.__doc__
    return login_required(guarded)
