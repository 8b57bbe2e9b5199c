"""What is remembered: the log of reviews is the truth, a card is what it adds up to.

Items are keys of the content ("llm-roadmap/card:scale") and not rows' ids: the content is replaced
at every edition, the memory stays.
"""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from learn.reviews import days, fold, schedule
from learn.reviews.items import Kind, kind_of
from learn.reviews.rating import Rating
from learn.reviews.schedule import Memory, State

ITEM_LENGTH = 200


class CardQuerySet(models.QuerySet):
    def askable(self, today: date) -> CardQuerySet:
        """Neither set aside by hand nor for the day."""
        return self.filter(suspended=False).filter(Q(buried_until__isnull=True) | Q(buried_until__lte=today))

    def due(self, today: date, now: datetime) -> CardQuerySet:
        """What is to be asked now: days up to this day of study, steps up to this moment."""
        step_over = Q(due_at__isnull=True) | Q(due_at__lte=now) | Q(due_on__lt=today)
        return self.askable(today).filter(step_over, due_on__lte=today)

    def of(self, learner) -> CardQuerySet:
        return self.filter(learner=learner)


class Card(models.Model):
    """What one learner remembers of one item: a fold over its events, and never written but by it."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cards")
    item = models.CharField(max_length=ITEM_LENGTH)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Kind])

    stability = models.FloatField(null=True)
    difficulty = models.FloatField(null=True)
    state = models.PositiveSmallIntegerField(default=State.NEW.value)
    step = models.PositiveSmallIntegerField(null=True)
    last_on = models.DateField(null=True)  # the day of study of the last review
    last_ms = models.BigIntegerField(null=True)
    first_on = models.DateField(null=True)

    due_on = models.DateField()  # a day of study in the learner's zone
    due_at = models.DateTimeField(null=True)  # of a step of minutes within that day
    reps = models.PositiveIntegerField(default=0)
    lapses = models.PositiveIntegerField(default=0)
    suspended = models.BooleanField(default=False)
    buried_until = models.DateField(null=True)
    leech_at = models.DateTimeField(null=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "item"], name="one_card_per_learner_and_item")]
        indexes = [
            models.Index(fields=["learner", "due_on"], condition=Q(suspended=False), name="due_by_day"),
            models.Index(fields=["learner", "first_on"], name="begun_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.learner_id}, due on {self.due_on}"

    def save(self, *args, **kwargs) -> None:
        self.kind = kind_of(self.item)
        super().save(*args, **kwargs)

    @property
    def is_new(self) -> bool:
        return self.state == State.NEW

    @property
    def is_leech(self) -> bool:
        return self.leech_at is not None and self.suspended

    @property
    def memory(self) -> Memory:
        return Memory(self.stability, self.difficulty, State(self.state), self.step, self.last_on)

    @property
    def due(self) -> datetime:
        """The moment from which it is asked again."""
        return self.due_at or days.begins(self.due_on, days.clock(self.learner.zone, self.learner.rollover_hour))

    def become(self, state: fold.Remembered) -> None:
        """Take over what the log adds up to."""
        memory = state.memory
        self.stability, self.difficulty, self.state = memory.stability, memory.difficulty, memory.state
        self.step, self.last_on, self.last_ms = memory.step, memory.last, state.last_ms
        self.first_on, self.reps, self.lapses = state.first_on, state.reps, state.lapses
        self.due_on = state.due_on or self.due_on
        self.due_at = None if state.due_ms is None else days.from_ms(state.due_ms)
        self.suspended, self.buried_until = state.suspended, state.buried_until
        self.leech_at = None if state.leech_ms is None else days.from_ms(state.leech_ms)


class ReviewEventQuerySet(models.QuerySet):
    def in_order(self) -> ReviewEventQuerySet:
        """As they happened, whenever they arrived."""
        return self.order_by("utc_ms", "id")

    def standing(self) -> ReviewEventQuerySet:
        return self.filter(voided_by="")

    def recalls(self) -> ReviewEventQuerySet:
        """Reviews that tested the memory of an earlier day."""
        return self.standing().filter(elapsed__gte=1, rating__isnull=False)


class ReviewEvent(models.Model):
    """One line of the log. Lines are only ever added.

    The last three columns are worked out by the fold, like a card, and kept for the statistics.
    """

    id = models.CharField(primary_key=True, max_length=26)  # a ULID the client made: sent twice, kept once
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="review_events")
    item = models.CharField(max_length=ITEM_LENGTH)
    kind = models.CharField(max_length=8, choices=[(what.value, what.value) for what in fold.What])
    rating = models.PositiveSmallIntegerField(null=True, choices=[(r.value, r.name.title()) for r in Rating])
    auto_rating = models.PositiveSmallIntegerField(null=True)  # what the rule said, if the learner lowered it
    rule_version = models.PositiveSmallIntegerField(default=0)  # 0: rated by hand
    evidence = models.JSONField(default=dict)
    utc_ms = models.BigIntegerField()
    zone = models.CharField(max_length=64)
    rollover = models.PositiveSmallIntegerField(default=days.ROLLOVER_HOUR)
    study_date = models.DateField()
    duration_ms = models.PositiveIntegerField(null=True)
    due_on = models.DateField(null=True)  # the day chosen then, among days equally good
    basis = models.CharField(max_length=12, blank=True)  # the history it was chosen upon
    target = models.CharField(max_length=26, blank=True)  # of a void: the event it takes back
    received_at = models.DateTimeField(auto_now_add=True)

    voided_by = models.CharField(max_length=26, blank=True)
    elapsed = models.PositiveIntegerField(null=True)  # days of study since the review before
    predicted = models.FloatField(null=True)  # the probability of recall just before

    objects = ReviewEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=4), name="a_rating_is_1_to_4"
            ),
        ]
        indexes = [
            models.Index(fields=["learner", "item", "utc_ms"], name="an_items_log"),
            models.Index(fields=["learner", "study_date"], name="a_learners_days"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item} of {self.learner_id} on {self.study_date}"

    @property
    def as_event(self) -> fold.Event:
        return fold.Event(*(getattr(self, name) for name in EVENT_COLUMNS))


# The columns a fold reads, in the order of fold.Event's fields.
EVENT_COLUMNS = (
    "id", "kind", "utc_ms", "study_date", "rating", "due_on", "basis", "target", "evidence", "zone", "rollover",
)  # fmt: skip


class Plan(models.Model):
    """How one learner wants to be asked."""

    learner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="plan")
    minutes_a_day = models.PositiveSmallIntegerField(
        _("minutes a day"), default=20, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    new_a_day = models.PositiveSmallIntegerField(_("new items a day"), default=10, validators=[MaxValueValidator(200)])
    retention = models.FloatField(
        _("desired retention of cards"),
        default=schedule.RULES[Kind.CARD].retention,
        validators=[MinValueValidator(0.80), MaxValueValidator(0.97)],
    )
    retention_questions = models.FloatField(
        _("desired retention of questions"),
        default=schedule.RULES[Kind.QUESTION].retention,
        validators=[MinValueValidator(0.80), MaxValueValidator(0.97)],
    )
    retention_exercises = models.FloatField(
        _("desired retention of exercises"),
        default=schedule.RULES[Kind.EXERCISE].retention,
        validators=[MinValueValidator(0.80), MaxValueValidator(0.97)],
    )
    away_from = models.DateField(_("away from"), null=True, blank=True)
    away_until = models.DateField(_("back on"), null=True, blank=True)
    been_away = models.JSONField(default=list, editable=False)  # [first day, day of return], as they were
    digest = models.BooleanField(_("a reminder by e-mail"), default=False)
    digest_hour = models.PositiveSmallIntegerField(_("at this hour"), default=8, validators=[MaxValueValidator(23)])
    pooled = models.BooleanField(
        _("my reviews count, without my name, for where new learners here begin"), default=True
    )
    digest_sent_on = models.DateField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(away_from__isnull=True) | Q(away_until__gt=F("away_from")), name="one_is_away_before_back"
            )
        ]

    def __str__(self) -> str:
        return f"plan of {self.learner_id}: {self.minutes_a_day} min a day"

    def retention_of(self, kind: Kind) -> float:
        of_others = {Kind.QUESTION: self.retention_questions, Kind.EXERCISE: self.retention_exercises}
        return of_others.get(kind, self.retention)

    @property
    def wished(self) -> float:
        """What charts over cards and questions together are held against."""
        return (self.retention + self.retention_questions) / 2

    @property
    def absences(self) -> list[tuple[date, date]]:
        """Every time away, the present one included."""
        past = [(date.fromisoformat(first), date.fromisoformat(back)) for first, back in self.been_away]
        return [*past, (self.away_from, self.away_until)] if self.away_from and self.away_until else past

    def is_away(self, day: date) -> bool:
        return bool(self.away_from and self.away_until and self.away_from <= day < self.away_until)


class ParameterSet(models.Model):
    """Weights of the scheduler, fitted to a learner's own reviews (or to everyone's: no learner).

    Kept whether they were adopted or not, with what they reached on reviews they had not seen.
    """

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="parameter_sets"
    )
    algorithm = models.CharField(max_length=16, default=schedule.ALGORITHM)
    weights = models.JSONField()
    reviews = models.PositiveIntegerField()
    # On held-out reviews: log_loss and rmse of the weights before, of these, of the average, of SM-2.
    calibration = models.JSONField(default=dict)
    adopted = models.BooleanField(default=False)
    fitted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["learner", "adopted", "-fitted_at"], name="adopted_latest_first")]

    def __str__(self) -> str:
        return f"weights of {self.learner_id or 'everyone'} over {self.reviews} reviews"

    @property
    def comparison(self) -> list[dict[str, object]]:
        """Each way to predict with what it reached, the best first."""
        rows = [{"name": _PREDICTIONS[name], **scores} for name, scores in self.calibration.items()]
        return sorted(rows, key=lambda row: row["log_loss"])


_PREDICTIONS = {
    "fitted": _("FSRS, fitted to you"),
    "before": _("FSRS, as it was before"),
    "average": _("Always the average"),
    "sm2": _("SM-2"),
}
