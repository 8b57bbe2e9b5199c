"""`manage.py owner_link`: print a link that signs the owner in, once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from learn.accounts import owner_link


class Command(BaseCommand):
    help = "Print a link that signs the owner in. It works once and for a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default=settings.BASE_URL, help="where the site answers (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> str:
        return owner_link.make(options["base_url"], timezone.now())
