"""Answers to questions, as they were given."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from learn.quizzes.grading import Mark


class AttemptQuerySet(models.QuerySet):
    def of(self, learner, item: str) -> AttemptQuerySet:
        return self.filter(learner=learner, item=item)

    def latest_of(self, learner, items) -> dict[str, Attempt]:
        """The last attempt at each of these items."""
        mine = self.filter(learner=learner, item__in=list(items))
        newest = mine.filter(item=models.OuterRef("item")).order_by("-at", "-pk").values("pk")[:1]
        rows = mine.filter(pk=models.Subquery(newest))
        return {attempt.item: attempt for attempt in rows}

    def count_of(self, learner, items) -> dict[str, int]:
        """How often each of these items was answered."""
        rows = self.filter(learner=learner, item__in=list(items)).values("item").annotate(times=models.Count("pk"))
        return {row["item"]: row["times"] for row in rows}


class Attempt(models.Model):
    """One answer to one question.

    The seed with the edition says exactly what was asked: which numbers, in which order.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="attempts")
    # A key from the course's files, such as "llm-roadmap/scale-variance", and not a row's id: the
    # content is replaced at every edition, the attempt stays.
    item = models.CharField(max_length=200)
    edition = models.PositiveIntegerField()
    seed = models.CharField(max_length=32)
    given = models.JSONField()
    mark = models.JSONField()
    right = models.BooleanField()
    unsure = models.BooleanField(default=False)  # the learner said so before the answer was marked
    duration_ms = models.PositiveIntegerField(null=True)
    # The review this answer was; empty when it was practice, which memory does not hear of.
    review = models.CharField(max_length=26, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            # Sent twice, by two tabs or a nervous finger, it is one answer.
            models.UniqueConstraint(fields=["learner", "item", "seed"], name="one_attempt_per_asking"),
        ]
        indexes = [
            models.Index(fields=["learner", "item", "-at"], name="attempts_at_an_item"),
            models.Index(fields=["item", "at"], name="attempts_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item} by {self.learner_id}: {'right' if self.right else 'wrong'}"

    @property
    def marked(self) -> Mark:
        return Mark.from_dict(self.mark)

    def is_recent(self, now: datetime) -> bool:
        """Whether a page still shows it marked, and does not ask anew."""
        return now - self.at < timedelta(hours=8)
