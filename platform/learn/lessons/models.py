"""What a learner takes, where they were last, and which lessons they have finished."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Enrolment(models.Model):
    """A learner takes a course. `topic` is the lesson they opened last: where Continue leads back to."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="enrolments")
    course = models.CharField(max_length=100)
    topic = models.CharField(max_length=100, blank=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "course"], name="one_enrolment_per_learner_course")]

    def __str__(self) -> str:
        return f"{self.learner_id} takes {self.course}"


class Finished(models.Model):
    """A learner has finished the lesson of a topic; from then on it is asked again before it is forgotten."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="finished")
    # Keys of the content and not rows' ids: the content is replaced at every edition.
    course = models.CharField(max_length=100)
    topic = models.CharField(max_length=100)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "course", "topic"], name="a_lesson_is_finished_once")]

    def __str__(self) -> str:
        return f"{self.course}/{self.topic} by {self.learner_id}"
