"""What a review is worth: knowledge gained per minute; pure.

The worth of asking an item now is what it adds to the probability of recalling it a month from now,
against leaving it alone for that month. It is small for what is fresh, and for what is as good as lost.
The formulas are FSRS-6's, written out: a queue of a thousand items asks for all of them at once.
"""

from __future__ import annotations

from math import exp, pow

from learn.reviews.items import Kind

HORIZON = 30  # days
# Minute for minute a whole exercise, at its usual length, is worth as much as a card.
WORTH = {Kind.CARD: 1.0, Kind.QUESTION: 3.0, Kind.EXERCISE: 60.0}


def gain(weights: tuple[float, ...], stability: float, difficulty: float, elapsed: int) -> float:
    """How much likelier a recall in a month becomes by a review today."""
    decay = -weights[20]
    factor = 0.9 ** (1 / decay) - 1

    def recall(days: float, s: float) -> float:
        return pow(1 + factor * days / s, decay)

    now = recall(max(elapsed, 0), stability)
    kept = now * recall(HORIZON, recalled(weights, stability, difficulty, now))
    lost = (1 - now) * recall(HORIZON, forgotten(weights, stability, difficulty, now))
    return kept + lost - recall(max(elapsed, 0) + HORIZON, stability)


def recalled(w: tuple[float, ...], stability: float, difficulty: float, recall: float) -> float:
    """The stability after a Good review."""
    grown = exp(w[8]) * (11 - difficulty) * pow(stability, -w[9]) * (exp((1 - recall) * w[10]) - 1)
    return stability * (1 + grown)


def forgotten(w: tuple[float, ...], stability: float, difficulty: float, recall: float) -> float:
    """The stability after a lapse."""
    long = w[11] * pow(difficulty, -w[12]) * (pow(stability + 1, w[13]) - 1) * exp((1 - recall) * w[14])
    return max(min(long, stability / exp(w[17] * w[18])), 0.001)
