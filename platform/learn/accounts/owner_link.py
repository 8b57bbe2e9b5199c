"""The owner's first way in: a link that whoever may read this machine's terminal gets from `./run`.

The link holds a random secret, works once and for a day. Asking for a new one leaves the earlier ones alone.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.urls import reverse

from learn.accounts.models import OwnerLink, User

LIFETIME = timedelta(days=1)
DEFAULT_EMAIL = "owner@localhost"


class NotGood(Exception):
    """The link was used, has expired, or never was one."""


def make(base_url: str, now: datetime) -> str:
    """A fresh link below `base_url`."""
    OwnerLink.objects.filter(expires_at__lt=now).delete()
    secret = secrets.token_urlsafe(32)
    OwnerLink.objects.create(digest=_digest(secret), expires_at=now + LIFETIME)
    return base_url.rstrip("/") + reverse("accounts:owner_link", args=[secret])


def is_good(secret: str, now: datetime) -> bool:
    return _good(secret, now).exists()


@transaction.atomic
def use(secret: str, now: datetime) -> User:
    """Spend the link; the owner's account, made now if there is none. Raises NotGood."""
    # The update is the lock: of two that come together one finds the link unused.
    if not _good(secret, now).update(used_at=now):
        raise NotGood
    return owner() or _make_owner()


def owner() -> User | None:
    """The first superuser who can still sign in."""
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def _make_owner() -> User:
    user = User.objects.create_superuser(DEFAULT_EMAIL, is_instructor=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _good(secret: str, now: datetime):
    return OwnerLink.objects.filter(digest=_digest(secret), used_at=None, expires_at__gt=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
