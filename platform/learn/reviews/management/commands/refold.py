"""`manage.py refold`: work every memory out anew from the log, and say whether it is the same."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from learn.reviews.models import ReviewEvent
from learn.reviews.refolding import refold


class Command(BaseCommand):
    help = "Work every memory out anew from the log of reviews. Exit status 1 if one differed and was not mended."

    def add_arguments(self, parser) -> None:
        parser.add_argument("emails", nargs="*", metavar="EMAIL", help="only these learners")
        parser.add_argument("--check", action="store_true", help="only say what differs, change nothing")

    def handle(self, *args, emails: list[str], check: bool, **options) -> None:
        learners = get_user_model().objects.filter(pk__in=ReviewEvent.objects.values("learner")).order_by("pk")
        if emails:
            learners = learners.filter(email__in=emails)
        if missing := set(emails) - set(learners.values_list("email", flat=True)):
            raise CommandError(f"no reviews of {', '.join(sorted(missing))}")
        total, events, changed = learners.count(), 0, 0
        for number, learner in enumerate(learners.iterator(), 1):
            found = refold(learner, write=not check)
            events += found.events
            changed += len(found.changed)
            self._say(number, total, learner, found, check)
        if not changed:
            self.stdout.write(f"{events:,} events of {total} learners: the state is the same.")
        elif check:
            raise CommandError(f"{changed} cards differ from their log; without --check they are mended")
        else:
            self.stdout.write(f"{events:,} events of {total} learners: {changed} cards differed and are mended.")

    def _say(self, number: int, total: int, learner, found, check: bool) -> None:
        for item in found.changed:
            self.stdout.write(f"{learner.email}: {item} {'differs' if check else 'mended'}")
        if self.stderr.isatty():
            self.stderr.write(f"\r{number}/{total}", ending="" if number < total else "\n")
