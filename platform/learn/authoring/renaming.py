"""Carries learners' rows over to the new names of renamed content, in the transaction that publishes it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from learn.exercises.models import Draft, Submission
from learn.quizzes.models import Attempt
from learn.reviews.models import Card, ReviewEvent

from .comparing import Comparison

# Every column that holds a name of the content.
ITEMS: tuple[tuple[type[models.Model], str], ...] = (
    (Attempt, "item"),
    (Card, "item"),
    (ReviewEvent, "item"),
    (Submission, "item"),
)
EXERCISES: tuple[tuple[type[models.Model], str], ...] = ((Submission, "exercise"), (Draft, "exercise"))


def rename(comparison: Comparison) -> int:
    """How many rows were carried over."""
    changed = _rename(ITEMS, comparison.renamed)
    return changed + _rename(EXERCISES, comparison.renamed_exercises)


def _rename(columns: tuple[tuple[type[models.Model], str], ...], names: Mapping[str, str]) -> int:
    changed = 0
    for model, column in columns:
        for old, new in names.items():
            # A learner who has both already keeps both: the old one is no longer asked for.
            taken = model._default_manager.filter(**{column: new}).values("learner")
            rows = model._default_manager.filter(**{column: old}).exclude(learner__in=taken)
            changed += rows.update(**{column: new})
    return changed
