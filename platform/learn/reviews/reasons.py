"""Why work was rated as it was, in a sentence for the learner; and the names of the ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from learn.reviews.rating import Rating, Reason

NAMES = {
    Rating.AGAIN: _("Again"),
    Rating.HARD: _("Hard"),
    Rating.GOOD: _("Good"),
    Rating.EASY: _("Easy"),
}

SENTENCES = {
    Reason.OUR_FAULT: gettext_noop("Something on our side failed, so this was not rated."),
    Reason.CANCELLED: gettext_noop("You withdrew it, so it was not rated."),
    Reason.GRADED_ANEW: gettext_noop("The exercise was mended and graded anew; your rating stands."),
    Reason.SAME_CODE: gettext_noop("The same code as before, so it was not rated again."),
    Reason.REVEALED: gettext_noop("The solution had been shown."),
    Reason.GAVE_UP: gettext_noop("You gave up this time."),
    Reason.UNSOLVED: gettext_noop("It was left unsolved."),
    Reason.HINT_WITH_CODE: gettext_noop("A hint with code was shown."),
    Reason.MANY_FAILURES: gettext_noop("It took four or more different tries that failed."),
    Reason.SOME_FAILURES: gettext_noop("Solved, after tries that failed."),
    Reason.HINT: gettext_noop("Solved with a hint."),
    Reason.SLOW: gettext_noop("Right at once, but it took you much longer than usual."),
    Reason.QUICK: gettext_noop("Right at once, in less than half your usual time."),
    Reason.FIRST_TRY: gettext_noop("Solved at the first try."),
    Reason.WRONG: gettext_noop("The answer was not right."),
    Reason.KEY_PART: gettext_noop("The part that matters was not right."),
    Reason.CHANGED: gettext_noop("Right, after changing the answer."),
    Reason.UNSURE: gettext_noop("Right, but you were not sure."),
    Reason.RIGHT: gettext_noop("The answer was right."),
    Reason.OWN_RATING: gettext_noop("You rated it yourself."),
}


def sentence(evidence: Mapping[str, Any]) -> str:
    """The sentence of a review's evidence; of reviews without one, that the learner said so."""
    try:
        reason = Reason(evidence.get("reason", Reason.OWN_RATING))
    except ValueError:  # a reason of a later version of the rule
        return ""
    return _(SENTENCES[reason])
