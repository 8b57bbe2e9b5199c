"""One try at an exercise, and the text a learner has not sent yet.

The row is the truth, the queue only wakes a grader: grading number, token and state decide which
verdict counts, so that a lost, late, doubled or forged message is harmless.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from ulid import ULID

from graders.protocol import Job, Mode, Outcome, Verdict
from learn.exercises import messages

# The one file a learner writes.
SOLUTION = "solution.py"

# Outcomes that say something about the learner's code. The others are our fault or were never graded.
COUNTING = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.TIME, Outcome.MEMORY, Outcome.OUTPUT)


def new_id() -> str:
    return str(ULID())


def new_seed() -> str:
    return secrets.token_hex(16)


def new_token() -> str:
    return secrets.token_urlsafe(32)


# A job that a grader finds after so many seconds is not worth its time: another was sent long ago.
WORTH_GRADING = 3600


# The programs that come with an exercise are judged at most this often, however many visitors ask,
ASKED_AGAIN_AFTER = timedelta(seconds=20)
# and a grader that has not answered after this long is not waited for.
ANSWERED_WITHIN = timedelta(minutes=1)
DEMONSTRATION = "demonstration-"


class State(models.TextChoices):
    QUEUED = "queued", _("waiting")
    GRADED = "graded", _("graded")
    WITHDRAWN = "withdrawn", _("withdrawn")


class SubmissionQuerySet(models.QuerySet):
    def waiting(self) -> SubmissionQuerySet:
        return self.filter(state=State.QUEUED)

    def overdue(self, now: datetime) -> SubmissionQuerySet:
        """The broker had these, and nobody has answered in time; the oldest first."""
        return self.waiting().filter(sent_at__isnull=False, deadline__lte=now).order_by("created_at")

    def in_hand(self, since: datetime, now: datetime) -> SubmissionQuerySet:
        """The broker has had these since then, and there is time left to answer; the first sent first."""
        return self.waiting().filter(sent_at__lte=since, deadline__gt=now).order_by("sent_at")

    def unsent(self, now: datetime) -> SubmissionQuerySet:
        """What the broker may have next, in this order. What broke rests until its deadline first.

        What is graded again gives way to what a learner waits for.
        """
        ready = self.waiting().filter(Q(resends=0) | Q(deadline__lte=now), sent_at=None)
        return ready.order_by("grading", "created_at", "id")

    def keep_the_place(self, now: datetime) -> SubmissionQuerySet:
        """What the broker has. One that was withdrawn may be running yet, until it is answered or overdue."""
        given_up = Q(state=State.WITHDRAWN, deadline__gt=now)
        return self.filter(Q(state=State.QUEUED) | given_up, sent_at__isnull=False)

    def passed_over(self, now: datetime) -> SubmissionQuerySet:
        """Unsent for longer than it takes, though nothing of their learner's is in front: somebody died."""
        place = Submission.objects.filter(learner=OuterRef("learner"), queue=OuterRef("queue")).keep_the_place(now)
        return self.waiting().filter(~Exists(place), sent_at=None, deadline__lte=now)

    def tries(self) -> SubmissionQuerySet:
        """What counts as an attempt: submitted, and graded on its merits."""
        return self.filter(mode=Mode.SUBMIT, outcome__in=COUNTING)

    def of(self, learner, exercise: str) -> SubmissionQuerySet:
        return self.filter(learner=learner, exercise=exercise)

    def latest_first(self) -> SubmissionQuerySet:
        return self.order_by("-created_at", "-id")

    def without_report(self) -> SubmissionQuerySet:
        """For lists: a report can be a hundred kilobytes, and a list shows none of it."""
        return self.defer("report", "files")


class Submission(models.Model):
    """One try: what was sent, how it is being graded, and the one verdict that was recorded."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="submissions")
    # Keys of the content and not rows' ids: the content is replaced at every edition.
    exercise = models.CharField(max_length=100)
    # What is remembered by it, such as "llm-roadmap/exercise:sdpa"; empty outside a course.
    item = models.CharField(max_length=200, blank=True)
    package = models.CharField(max_length=128)
    files = models.JSONField()
    # Of the syntax tree: two texts that differ in comments and spaces alone are the same try.
    meaning = models.CharField(max_length=64)
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    queue = models.CharField(max_length=16, default="cpu")
    locale = models.CharField(max_length=16, default="en")
    seconds_at_work = models.PositiveIntegerField(null=True)  # with the page in front; the browser says so

    seed = models.CharField(max_length=32, default=new_seed)
    grading = models.PositiveSmallIntegerField(default=1)
    token = models.CharField(max_length=64, default=new_token)
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    sent_at = models.DateTimeField(null=True)  # None: the broker has not had it, or no longer has it
    deadline = models.DateTimeField()  # when we stop waiting for this sending and try another
    patience = models.PositiveIntegerField(default=60)  # seconds to the first deadline
    resends = models.PositiveSmallIntegerField(default=0)

    outcome = models.CharField(max_length=10, blank=True, choices=[(o.value, o.value) for o in Outcome])
    score = models.FloatField(null=True)
    report = models.JSONField(null=True)  # the Verdict, whole
    # What earlier gradings of the same code said, before an exercise was mended and graded again.
    earlier = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    graded_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two tabs that press Submit together get one grading. Grading again is not the learner's doing.
            models.UniqueConstraint(
                fields=["learner", "exercise", "mode"],
                condition=Q(state="queued", grading=1),
                name="one_in_flight_per_learner_exercise_mode",
            ),
            # So that many of one learner's delay another's by one grading at most (submitting more is not
            # refused: the next is sent when this one is answered). One that was withdrawn may be running yet.
            models.UniqueConstraint(
                fields=["learner", "queue"],
                condition=Q(state__in=["queued", "withdrawn"], sent_at__isnull=False),
                name="one_at_the_broker_per_learner_and_queue",
            ),
            models.CheckConstraint(
                condition=~Q(state="graded") | (Q(graded_at__isnull=False, report__isnull=False) & ~Q(outcome="")),
                name="a_graded_submission_has_its_verdict",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="a_score_is_between_0_and_1"
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "exercise", "-created_at"], name="submission_history"),
            models.Index(fields=["learner", "mode", "-created_at"], name="submission_rate"),
            models.Index(fields=["deadline"], condition=Q(state="queued"), name="submission_overdue"),
            models.Index(fields=["queue", "created_at"], condition=Q(state="queued"), name="submission_queue"),
            models.Index(fields=["queue", "-graded_at"], name="submission_lately"),
            models.Index(fields=["exercise", "package"], name="submission_package"),
        ]

    def __str__(self) -> str:
        return f"{self.exercise} {self.id} ({self.outcome or self.state})"

    @property
    def text(self) -> str:
        return self.files.get(SOLUTION, "")

    @property
    def is_waiting(self) -> bool:
        return self.state == State.QUEUED

    @property
    def is_run(self) -> bool:
        return self.mode == Mode.RUN

    @property
    def has_passed(self) -> bool:
        return self.outcome == Outcome.PASSED

    @property
    def mark(self) -> str:
        return messages.mark(self.outcome)

    @property
    def outcome_in_words(self) -> str:
        return (
            messages.outcome_in_words(self.outcome, self.is_run) if self.outcome else capfirst(self.get_state_display())
        )

    @property
    def counts(self) -> bool:
        """Whether it says something about the learner's code, and so is an attempt."""
        return not self.is_run and self.outcome in COUNTING

    @property
    def percent(self) -> int:
        return int(100 * (self.score or 0))

    @cached_property
    def verdict(self) -> Verdict | None:
        """The recorded verdict; while an exercise is graded again, still the earlier one."""
        return Verdict.from_dict(self.report) if self.report else None

    def job(self, sent_at: datetime) -> Job:
        return Job(
            submission=self.id,
            grading=self.grading,
            token=self.token,
            exercise=self.exercise,
            package=self.package,
            files=self.files,
            seed=self.seed,
            mode=Mode(self.mode),
            deadline=sent_at.timestamp() + WORTH_GRADING,
            locale=self.locale,
            queue=self.queue,
            staff=self.learner.is_staff,
        )


class Draft(models.Model):
    """The text in a learner's editor, as it was last saved; the same on every device."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    exercise = models.CharField(max_length=100)
    text = models.TextField(blank=True)
    # Counts the savings, so that a device with an older text does not overwrite a newer one unasked.
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "exercise"], name="one_draft_per_learner_exercise")]

    def __str__(self) -> str:
        return f"{self.exercise} of {self.learner_id}, revision {self.revision}"


class Demonstration(models.Model):
    """What a grader last said of a program that came with an exercise. Visitors see it; their own code never runs."""

    package = models.CharField(max_length=128)
    name = models.CharField(max_length=100)  # of the program, in the package's showcase
    grading = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=64, default=new_token)
    asked_at = models.DateTimeField(null=True)
    graded_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)  # the Verdict, whole

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "name"], name="one_demonstration_per_program")]

    def __str__(self) -> str:
        return f"{self.name} of {self.package}"

    @property
    def job_id(self) -> str:
        """Stands where a submission's id does: what comes back finds this row by it."""
        return f"{DEMONSTRATION}{self.pk}"

    @cached_property
    def verdict(self) -> Verdict | None:
        return Verdict.from_dict(self.report) if self.report else None

    def is_asked(self, now: datetime) -> bool:
        """Whether a grader has it now, as far as is known."""
        answered = self.graded_at is not None and self.asked_at is not None and self.graded_at >= self.asked_at
        return self.asked_at is not None and not answered and now - self.asked_at < ANSWERED_WITHIN
