"""What the header of every page shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from learn.lessons.due import due_today


def header(request: HttpRequest) -> dict[str, object]:
    """`due` is asked of the database only where a template shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"due": SimpleLazyObject(lambda: due_today(user, timezone.now()))}
