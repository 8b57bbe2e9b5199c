"""A lesson is opened, and a lesson is finished. Writes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from learn.accounts.models import User
from learn.courses import content
from learn.courses.library import Edition
from learn.lessons.models import Enrolment, Finished
from learn.reviews import reviewing


def open_lesson(learner: User, edition: Edition, topic: str, now: datetime) -> None:
    """Keep where the learner is; the first lesson opened makes them a learner of the course."""
    known = Enrolment.objects.filter(learner=learner, course=edition.course.key)
    if not known.exclude(topic=topic).update(topic=topic) and not known.exists():
        Enrolment.objects.get_or_create(
            learner=learner, course=edition.course.key, defaults={"topic": topic, "since": now}
        )


@transaction.atomic
def finish(learner: User, edition: Edition, topic: str, now: datetime) -> bool:
    """From now on the lesson is asked again. False when it was finished before.

    Exercises join what is remembered when they are first submitted: an exercise never written is
    nothing that could be forgotten.
    """
    _, is_new = Finished.objects.get_or_create(
        learner=learner, course=edition.course.key, topic=topic, defaults={"at": now}
    )
    if is_new:
        lesson = edition.course.lessons[topic]
        exercises = {content.exercise_item(edition.course.key, key) for key in lesson.exercises}
        items = [item for item in content.items_of(edition.course.key, lesson) if item not in exercises]
        reviewing.join_all(learner, items, now)
    return is_new
