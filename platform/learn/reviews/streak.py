"""How many days in a row a learner has studied, with days off that were earned; pure.

Every seventh day of study earns a day off, kept up to three; a day missed uses one by itself. Days away
neither count nor break. Today breaks nothing before it is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

EARNED_EVERY = 7
KEPT = 3
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Streak:
    days: int = 0  # of study in the present row
    longest: int = 0
    in_hand: int = 0  # days off that may still be used
    frozen: frozenset[date] = frozenset()  # days on which one was used


def streak(studied: Collection[date], today: date, away: Iterable[tuple[date, date]] = ()) -> Streak:
    """The row that reaches up to today. `away` holds (first day, day of return)."""
    if not studied:
        return Streak()
    studied, absences = set(studied), tuple(away)
    row = longest = in_hand = towards = 0
    frozen: set[date] = set()
    day = min(studied)
    while day <= today:
        if day in studied:
            row, towards = row + 1, towards + 1
            if towards == EARNED_EVERY:
                in_hand, towards = min(in_hand + 1, KEPT), 0
        elif day == today or any(first <= day < back for first, back in absences):
            pass
        elif in_hand and row:
            in_hand -= 1
            frozen.add(day)
        else:
            row = in_hand = towards = 0
        longest = max(longest, row)
        day += DAY
    return Streak(row, longest, in_hand, frozenset(frozen))
