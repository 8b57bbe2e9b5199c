"""Other right answers to an exercise, for who has found one: the reference and the known submissions that pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeString

from graders.package import Package, PackageError
from graders.protocol import Outcome
from graders.store import Store
from learn.courses import rendering
from learn.exercises import remembering
from learn.exercises.models import Submission


@dataclass(frozen=True)
class Way:
    name: str
    html: SafeString


def are_open(learner, exercise, now: datetime) -> bool:
    """Once it is passed, and not while it is to be recalled again."""
    passed = Submission.objects.of(learner, exercise.key).tries().filter(outcome=Outcome.PASSED)
    return passed.exists() and not remembering.is_due(learner, exercise.item, now)


def of(digest: str) -> list[Way]:
    """The reference first. Nothing where the package is no longer kept."""
    try:
        package = Store(settings.PACKAGES).get(digest)
    except PackageError:
        return []
    known = [name for outcome, name in package.known_submissions() if outcome == Outcome.PASSED]
    return [_way(package, name) for name in ("reference.py", *known)]


def _way(package: Package, name: str) -> Way:
    text = package.text(name)
    stem = name.rpartition("/")[2].removesuffix(".py")
    return Way(stem.replace("_", " "), rendering.highlight(text))
