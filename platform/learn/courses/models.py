"""Courses as they were imported: each Edition is one whole document, and publishing moves a pointer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Course(models.Model):
    """A course by its key; `live` is the edition that learners see."""

    key = models.SlugField(unique=True, max_length=100)
    live = models.ForeignKey("Edition", models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.key


class Edition(models.Model):
    """One imported state of a course. Never changed: the next import makes the next edition.

    `document` is {"course": content.Course.to_dict(), "packages": {exercise key: digest},
    "renames": {old item: new item}}; `digest` names exactly that.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    document = models.JSONField()
    # [{"path", "line", "message", "blocking"}]: what the checks said when it was imported.
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="one_edition_per_course_and_number"),
            models.UniqueConstraint(fields=["course", "digest"], name="one_edition_per_course_and_content"),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.course_id} edition {self.number}"

    @property
    def blocking_problems(self) -> list[dict]:
        return [problem for problem in self.problems if problem["blocking"]]

    @property
    def notes(self) -> list[dict]:
        return [problem for problem in self.problems if not problem["blocking"]]


class Publication(models.Model):
    """An edition became the live one; going back is one more of these."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="publications")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="publications")
    # Empty when it was published from the command line.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.edition} at {self.at:%Y-%m-%d %H:%M}"


class Package(models.Model):
    """What pages need of one state of an exercise. Cases and reference are for graders alone."""

    digest = models.CharField(primary_key=True, max_length=64)
    key = models.SlugField(max_length=100, db_index=True)
    # Title, summary, statement, starter, limits …: see `library.Exercise`.
    manifest = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    # When its known submissions were last graded; each surprise is a sentence. Never: not graded here.
    checked_at = models.DateTimeField(null=True, blank=True)
    surprises = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.key} {self.digest[:8]}"

    @property
    def is_sound(self) -> bool:
        """Every known submission had the outcome its folder names."""
        return self.checked_at is not None and not self.surprises
