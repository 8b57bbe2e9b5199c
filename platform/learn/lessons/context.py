"""What the header of every page shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from learn.reviews.today import due_count


def header(request: HttpRequest) -> dict[str, object]:
    """`due_count` is asked of the database only where a template shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"due_count": SimpleLazyObject(lambda: due_count(user, timezone.now()))}
