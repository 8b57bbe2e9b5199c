"""A surveyed course → its next Edition, a draft. The same content twice is the same edition."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from graders.package import Package
from graders.store import Store
from learn.courses import content, library, models

from .problems import Problem
from .surveying import Survey


class CannotImport(Exception):
    """There is no course in the folder; `problems` say why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Imported:
    edition: models.Edition
    is_new: bool


def import_course(survey: Survey, now: datetime) -> Imported:
    """Keep what was surveyed, packages first: an edition never names a package that is not there."""
    if survey.course is None:
        raise CannotImport(survey.problems)
    store = Store(settings.PACKAGES)
    for package in survey.packages.values():
        store.put(package)
    return _keep(survey.course, survey, now)


@transaction.atomic
def _keep(course: content.Course, survey: Survey, now: datetime) -> Imported:
    for package in survey.packages.values():
        _keep_package(package, now)
    row, _ = models.Course.objects.select_for_update().get_or_create(key=course.key)
    document = document_of(course, survey.packages)
    digest = digest_of(document)
    problems = [problem.to_dict() for problem in survey.problems]
    existing = row.editions.filter(digest=digest).first()
    if existing is not None:
        # What the checks say can change while the content does not: a plot was added, a rule was made.
        if existing.problems != problems:
            existing.problems = problems
            existing.save(update_fields=["problems"])
        return Imported(existing, is_new=False)
    last = row.editions.order_by("-number").values_list("number", flat=True).first()
    edition = row.editions.create(
        number=(last or 0) + 1, digest=digest, document=document, problems=problems, created_at=now
    )
    return Imported(edition, is_new=True)


def _keep_package(package: Package, now: datetime) -> None:
    models.Package.objects.get_or_create(
        digest=package.digest,
        defaults={"key": package.key, "manifest": library.manifest(package), "created_at": now},
    )


def document_of(course: content.Course, packages: dict[str, Package]) -> dict[str, Any]:
    """The whole edition as JSON data; exactly this is what its digest names."""
    document = {
        "course": course.to_dict(),
        "packages": {key: package.digest for key, package in packages.items()},
        "renames": renames_of(course, packages),
    }
    return json.loads(json.dumps(document))


def renames_of(course: content.Course, packages: dict[str, Package]) -> dict[str, dict[str, str]]:
    """Old name → new name, of items and of topics, as `formerly` says."""
    items: dict[str, str] = {}
    for item_of, things in (
        (content.question_item, course.questions),
        (content.card_item, course.cards),
        (content.exercise_item, packages),
    ):
        for key, thing in things.items():  # type: ignore[attr-defined]
            items |= {item_of(course.key, old): item_of(course.key, key) for old in thing.formerly}
    topics = {old: key for key, topic in course.topics.items() for old in topic.formerly}
    exercises = {old: key for key, package in packages.items() for old in package.formerly}
    return {"items": items, "topics": topics, "exercises": exercises}


def digest_of(document: dict[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
