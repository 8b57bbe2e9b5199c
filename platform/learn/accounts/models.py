"""Who: a person who signs in by e-mail, and how the site meets them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A learner; with `is_instructor` or `is_staff`, more than that."""

    username = None
    first_name = None
    last_name = None
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)  # empty: as the browser asks
    zone = models.CharField(_("time zone"), max_length=64, blank=True)  # IANA; empty: not known yet, UTC
    # At this hour a new day of study begins: who studies past midnight is still in the old one.
    rollover_hour = models.PositiveSmallIntegerField(
        _("a new day begins at"), default=4, validators=[MaxValueValidator(23)]
    )
    is_instructor = models.BooleanField(_("instructor"), default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class OwnerLink(models.Model):
    """A sign-in link for the owner, good once. Of its secret only the digest is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"
