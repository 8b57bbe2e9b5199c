"""What templates may ask about this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, bool]:
    return {"can_send_mail": bool(settings.EMAIL_URL), "signup_is_open": settings.SIGNUP_IS_OPEN}
