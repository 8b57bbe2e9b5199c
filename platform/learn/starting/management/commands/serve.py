"""`manage.py serve`: the whole platform on this machine under one supervisor."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from learn.starting import serving


class Command(BaseCommand):
    help = "Run the site, its workers, a grader and the broker on this machine until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        serving.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        connections.close_all()
        sys.exit(serving.serve(options["host"], options["port"]))
