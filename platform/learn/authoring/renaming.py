"""Carries learners' rows over to the new names of renamed content, in the transaction that publishes it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from learn.exercises.models import Draft, Submission
from learn.lessons.models import Enrolment, Finished
from learn.quizzes.models import Attempt
from learn.reviews.models import Card, ReviewEvent

from .comparing import Comparison

Columns = tuple[tuple[type[models.Model], str], ...]

# Every column that holds a name of the content.
ITEMS: Columns = (
    (Attempt, "item"),
    (Card, "item"),
    (ReviewEvent, "item"),
    (Submission, "item"),
)
EXERCISES: Columns = ((Submission, "exercise"), (Draft, "exercise"))
TOPICS: Columns = ((Finished, "topic"), (Enrolment, "topic"))


def rename(comparison: Comparison) -> int:
    """How many rows were carried over."""
    changed = _rename(ITEMS, comparison.renamed)
    changed += _rename(EXERCISES, comparison.renamed_exercises)
    return changed + _rename(TOPICS, comparison.renamed_topics, course=comparison.course)


def _rename(columns: Columns, names: Mapping[str, str], **within: str) -> int:
    """`within` says in which rows the names are meant, where they are not unique by themselves."""
    changed = 0
    for model, column in columns:
        for old, new in names.items():
            # A learner who has both already keeps both: the old one is no longer asked for.
            taken = model._default_manager.filter(**within, **{column: new}).values("learner")
            rows = model._default_manager.filter(**within, **{column: old}).exclude(learner__in=taken)
            changed += rows.update(**{column: new})
    return changed
