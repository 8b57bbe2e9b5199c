"""A person's e-mail address, in the two places that keep it: ours and allauth's. Writes."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from learn.accounts.models import User


@transaction.atomic
def change_email(user: User, email: str) -> None:
    """Sign in with this address from now on. For where no mail server could confirm it; else allauth's page."""
    user.email = User.objects.normalize_email(email)
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
