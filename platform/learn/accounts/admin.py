"""Accounts, as staff see them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from learn.accounts.models import User


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("email", "name", "is_instructor", "is_staff", "is_active", "last_login")
    list_filter = ("is_instructor", "is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (_("Study"), {"fields": ("language", "zone", "rollover_hour")}),
        (
            _("Rights"),
            {"fields": ("is_active", "is_instructor", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)
