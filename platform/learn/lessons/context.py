"""What the header of every page shows."""

from __future__ import annotations

from django.http import HttpRequest


def header(request: HttpRequest) -> dict[str, object]:
    return {}
