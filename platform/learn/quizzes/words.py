"""What is said about an answer, in the reader's language."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learn.quizzes import grading
from learn.quizzes.grading import Mark
from learn.reviews import days
from learn.reviews.models import Card


def of_verdict(mark: Mark) -> str:
    if mark.right:
        return _("Right.")
    if mark.is_inverse:
        return _("Exactly the wrong way round.")
    return _("Partly right.") if mark.score >= 0.5 else _("Not right.")


def of_error(reason: str, kind: str, unit: str) -> str:
    """Why an answer was not marked, and what to do. Nothing was counted."""
    if reason == grading.NOTHING:
        return {
            "single": _("Choose one of the options first."),
            "multiple": _("Tick at least one option first."),
        }.get(kind, _("Write an answer first."))
    if reason == grading.UNIT:
        if not unit:
            return _("A plain number is asked for, without that unit.")
        return _("The answer is asked for in %(unit)s: write the number alone, or with that unit.") % {"unit": unit}
    return {
        grading.NUMBER: _("This cannot be read as a number. Write it like 4096, 1.5e9, 3/4 or 2^20."),
        grading.TOO_LONG: _("This is too long to be an answer."),
        grading.POSITIONS: _("Give each item a position of its own."),
        "stale": _("This question had been open for too long; here it is again."),
    }[reason]


def of_return(card: Card, now: datetime) -> str:
    """When memory is asked again."""
    if card.due <= now:
        return _("It is due again now.")
    today = days.study_date(now, days.clock(card.learner.zone, card.learner.rollover_hour))
    count = (card.due_on - today).days
    if count <= 0:
        minutes = max(1, round((card.due - now).total_seconds() / 60))
        return ngettext(
            "You will be asked again in %(count)d minute.", "You will be asked again in %(count)d minutes.", minutes
        ) % {"count": minutes}
    if count == 1:
        return _("You will be asked again tomorrow.")
    return ngettext(
        "You will be asked again in %(count)d day.", "You will be asked again in %(count)d days.", count
    ) % {"count": count}
