"""`manage.py owner_link`: print a link that signs the owner in, once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from learn.accounts import owner_link
from learn.starting.home import read_state


class Command(BaseCommand):
    help = "Print a link that signs the owner in. It works once and for a day."

    def add_arguments(self, parser: CommandParser) -> None:
        # One that runs from this folder may have been given another port than the usual.
        running = str(read_state(settings.HOME).get("url", ""))
        known = running or settings.BASE_URL
        parser.add_argument("--base-url", default=known, help="where the site answers (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> str:
        return owner_link.make(options["base_url"], timezone.now())
