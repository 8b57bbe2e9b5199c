"""What allauth asks of us."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from learn.accounts.models import User
from learn.accounts.zones import is_zone


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP_IS_OPEN

    def save_user(self, request: HttpRequest, user: User, form, commit: bool = True) -> User:
        """Someone new keeps the language of the page they signed up on and the zone their browser named."""
        user.language = get_language() or ""
        zone = request.POST.get("zone", "")
        user.zone = zone if is_zone(zone) else ""
        return super().save_user(request, user, form, commit)
