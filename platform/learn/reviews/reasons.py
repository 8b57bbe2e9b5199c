"""Why work was rated as it was, in a sentence for the learner; and the names of the ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_

from learn.reviews.rating import Rating, Reason

NAMES = {
    Rating.AGAIN: _("Again"),
    Rating.HARD: _("Hard"),
    Rating.GOOD: _("Good"),
    Rating.EASY: _("Easy"),
}

SENTENCES = {
    Reason.OUR_FAULT: N_("Something on our side failed, so this was not rated."),
    Reason.CANCELLED: N_("You withdrew it, so it was not rated."),
    Reason.GRADED_ANEW: N_("The exercise was mended and graded anew; your rating stands."),
    Reason.SAME_CODE: N_("The same code as before, so it was not rated again."),
    Reason.REVEALED: N_("The solution had been shown."),
    Reason.GAVE_UP: N_("You gave up this time."),
    Reason.UNSOLVED: N_("It was left unsolved."),
    Reason.HINT_WITH_CODE: N_("A hint with code was shown."),
    Reason.MANY_FAILURES: N_("It took four or more different tries that failed."),
    Reason.SOME_FAILURES: N_("Solved, after tries that failed."),
    Reason.HINT: N_("Solved with a hint."),
    Reason.SLOW: N_("Right at once, but it took you much longer than usual."),
    Reason.QUICK: N_("Right at once, in less than half your usual time."),
    Reason.FIRST_TRY: N_("Solved at the first try."),
    Reason.PASTED: N_("Solved at the first try, with the very code of last time: so never Easy."),
    Reason.WRONG: N_("The answer was not right."),
    Reason.KEY_PART: N_("The part that matters was not right."),
    Reason.CHANGED: N_("Right, after changing the answer."),
    Reason.UNSURE: N_("Right, but you were not sure."),
    Reason.RIGHT: N_("The answer was right."),
    Reason.OWN_RATING: N_("You rated it yourself."),
}


CLOCKS = {
    "future": N_("Your device told a moment in the future; it counts as when it arrived."),
    "past": N_("Your device told a moment long past; it counts as when it arrived."),
    "skewed": N_("Your device’s clock was wrong; the moment was corrected."),
}


def notes(evidence: Mapping[str, Any], zone: str) -> list[str]:
    """What was odd about a review's moment, and what was made of it."""
    said: list[str] = []
    clock = evidence.get("clock")
    what = clock.get("clock") if isinstance(clock, Mapping) else None
    if what in CLOCKS:
        said.append(str(_(CLOCKS[what])))
    if evidence.get("zone_note"):
        told = _("The time zone it came with does not exist; the day was counted in %(zone)s.")
        said.append(told % {"zone": zone})
    return said


def sentence(evidence: Mapping[str, Any]) -> str:
    """The sentence of a review's evidence; of reviews without one, that the learner said so."""
    try:
        reason = Reason(evidence.get("reason", Reason.OWN_RATING))
    except ValueError:  # a reason of a later version of the rule
        return ""
    return _(SENTENCES[reason])
