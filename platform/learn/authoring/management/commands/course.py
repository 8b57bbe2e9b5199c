"""`manage.py course check|import|preview|publish PATH`: content from an author's folder to the site."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse
from django.utils import timezone

from learn.authoring import grading_known, importing, publishing
from learn.authoring.problems import Problem
from learn.authoring.surveying import Survey, survey
from learn.courses.models import Edition

EXIT_PROBLEMS, EXIT_USAGE = 1, 2


class Command(BaseCommand):
    help = "Check, import, preview or publish a course from its folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="check|import|preview|publish")
        described = {
            "check": "say what is wrong, with path and line; changes nothing",
            "import": "keep the course as its next edition, a draft",
            "preview": "import it and print the address where its authors see it",
            "publish": "import it and make it the edition that learners see",
        }
        for name, words in described.items():
            action = actions.add_parser(name, help=words, description=words)
            action.add_argument("path", type=Path, help="the course's folder, such as courses/llm-roadmap")
            action.add_argument(
                "--exercises", action="store_true", help="also grade the known submissions, in sandboxes"
            )
            action.add_argument("--seeds", type=int, default=20, help="how often each is graded (20)")

    def handle(self, *args, action: str, path: Path, exercises: bool, seeds: int, **options) -> None:
        if not path.is_dir():
            self.stderr.write(f"{path} is not a folder")
            sys.exit(EXIT_USAGE)
        surveyed = survey(path, self.say)
        self.say("")
        for problem in surveyed.problems:
            self.stdout.write(located(problem, path))
        if action == "check":
            surprises = self.grade(surveyed, seeds) if exercises else {}
            self.stdout.write(summary(surveyed))
            sys.exit(EXIT_PROBLEMS if surveyed.blocking or any(surprises.values()) else 0)
        if surveyed.course is None:
            self.stderr.write(f"{path} was not imported: it could not be read")
            sys.exit(EXIT_PROBLEMS)
        edition = self.import_(surveyed)
        if exercises:
            grading_known.record(surveyed.packages, self.grade(surveyed, seeds), timezone.now())
        if action == "preview":
            self.stdout.write(settings.BASE_URL + reverse("authoring:edition", args=[edition.pk]))
        if action == "publish":
            self.publish(edition)
        if surveyed.blocking:
            sys.exit(EXIT_PROBLEMS)

    def import_(self, surveyed: Survey) -> Edition:
        imported = importing.import_course(surveyed, timezone.now())
        outcome = "imported" if imported.is_new else "nothing has changed since it was imported"
        self.stdout.write(f"{named(imported.edition)}: {outcome}")
        return imported.edition

    def publish(self, edition: Edition) -> None:
        try:
            published = publishing.publish(edition, timezone.now())
        except publishing.Blocked as error:
            self.stderr.write(f"{named(edition)} was not published:")
            for reason in error.reasons:
                self.stderr.write(f"  {reason}")
            sys.exit(EXIT_PROBLEMS)
        self.stdout.write(f"{named(edition)}: {'published' if published.moved else 'is live already'}")
        for line in in_words(published.comparison):
            self.stdout.write(f"  {line}")
        ungraded = publishing.ungraded(edition)
        if ungraded:
            self.stdout.write(
                f"note: known submissions not graded on this machine yet: {', '.join(ungraded)}"
                " (--exercises grades them)"
            )

    def grade(self, surveyed: Survey, seeds: int) -> dict[str, list[str]]:
        """Of each exercise, the known submissions that did not have the outcome their folder names."""
        found: dict[str, list[str]] = {}
        for key in surveyed.packages:
            assert surveyed.exercises is not None, "an exercise was read from it"
            folder = surveyed.exercises / key
            self.say(f"grading the known submissions of {key}")
            try:
                found[key] = grading_known.grade(folder, seeds)
            except grading_known.GradersFailed as error:
                found[key] = [f"could not be graded: {error}"]
            self.say("")
            for surprise in found[key]:
                self.stdout.write(f"{os.path.relpath(folder)}: {surprise}")
        return found

    def say(self, step: str) -> None:
        """Progress, on one line of a terminal; a log gets none of it."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\x1b[K{step}", ending="")
            self.stdout.flush()


def named(edition: Edition) -> str:
    return f"{edition.course.key}, edition {edition.number}"


def located(problem: Problem, root: Path) -> str:
    """With a path that a terminal can open from here."""
    path = os.path.normpath(root / problem.path)
    return f"{path}:{problem.line}: {'' if problem.blocking else 'note: '}{problem.message}"


def summary(surveyed: Survey) -> str:
    if surveyed.course is None:
        return "no course could be read"
    course = surveyed.course
    problems, notes = len(surveyed.blocking), len(surveyed.problems) - len(surveyed.blocking)
    return (
        f"{len(course.modules)} modules, {len(course.topics)} topics, {len(course.lessons)} lessons, "
        f"{len(course.questions)} questions, {len(course.cards)} cards, {len(surveyed.packages)} exercises: "
        f"{problems or 'no'} problems, {notes or 'no'} notes"
    )


def in_words(comparison) -> list[str]:
    """What the move changes for learners."""
    lines = []
    if comparison.new:
        lines.append(f"new: {len(comparison.new)} items")
    if comparison.gone:
        lines.append(f"gone: {', '.join(comparison.gone[:10])}{' …' if len(comparison.gone) > 10 else ''}")
    if comparison.changed_exercises:
        lines.append(f"changed exercises: {', '.join(comparison.changed_exercises)}")
    return lines + [f"renamed: {old} → {new}" for old, new in comparison.renamed.items()]
