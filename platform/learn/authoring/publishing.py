"""Moves the pointer of a course to an edition; going back is the same move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from graders.package import PackageError
from graders.store import Store
from learn.courses import models

from .comparing import Comparison, compare
from .renaming import rename


class Blocked(Exception):
    """The edition must not go live; `reasons` are sentences for its author."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Published:
    edition: models.Edition
    moved: bool  # False: it was live already
    comparison: Comparison


def publish(edition: models.Edition, now: datetime, by=None) -> Published:
    """Make `edition` the one that learners see, and carry their rows over to renamed keys. Raises Blocked."""
    reasons = what_blocks(edition)
    if reasons:
        raise Blocked(reasons)
    with transaction.atomic():
        course = models.Course.objects.select_for_update().get(pk=edition.course_id)
        comparison = compare(course.live, edition)
        if course.live_id == edition.pk:
            return Published(edition, False, comparison)
        rename(comparison)
        course.live = edition
        course.save(update_fields=["live"])
        models.Publication.objects.create(course=course, edition=edition, by=by, at=now)
    return Published(edition, True, comparison)


def what_blocks(edition: models.Edition) -> list[str]:
    """Why this edition cannot be published, in sentences; nothing when it can."""
    reasons = [f"{problem['path']}:{problem['line']}: {problem['message']}" for problem in edition.blocking_problems]
    store = Store(settings.PACKAGES)
    for package in packages_of(edition):
        reasons += [f"{package.key}: {surprise}" for surprise in package.surprises]
        try:
            store.get(package.digest)
        except PackageError as error:
            reasons.append(str(error))
    return reasons


def packages_of(edition: models.Edition) -> list[models.Package]:
    """In the order of the lessons that use them."""
    digests = list(edition.document["packages"].values())
    rows = models.Package.objects.in_bulk(digests)
    return [rows[digest] for digest in digests if digest in rows]


def ungraded(edition: models.Edition) -> list[str]:
    """Exercises whose known submissions were not graded on this installation."""
    return [package.key for package in packages_of(edition) if package.checked_at is None]
