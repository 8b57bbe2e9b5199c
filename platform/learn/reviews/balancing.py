"""On which day of a small range an item returns: where the load in minutes is low; pure.

The range is Anki's fuzz range (read for behaviour): none below 2.5 days, then a day and a few per
cent either way. Within it a day is drawn, heavier where fewer minutes wait and no sibling does.
The draw is seeded by the item and its number of reviews, so the interval shown on a button is the
interval given, and computing everything anew from the log gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import pow

# Beyond this there is no load worth balancing.
BALANCED_DAYS = 90
# (from, to, share of the days between that is added to the range)
RANGES = ((2.5, 7.0, 0.15), (7.0, 20.0, 0.10), (20.0, float("inf"), 0.05))
SIBLING_NEAR = {0: 1e-6, 1: 0.2, 2: 0.4, 3: 0.6, 4: 0.8}


@dataclass(frozen=True)
class Load:
    """What already waits, by days from now: minutes, and how many siblings of the item."""

    minutes: Mapping[int, float] = field(default_factory=dict)
    siblings: frozenset[int] = frozenset()


def bounds(interval: int, maximum: int, minimum: int = 2) -> tuple[int, int]:
    """The first and the last day that are as good as `interval`, both included."""
    if interval < 2.5:
        return interval, interval
    delta = 1.0 + sum(share * max(min(interval, end) - start, 0.0) for start, end, share in RANGES)
    low = max(minimum, round(interval - delta))
    high = min(round(interval + delta), maximum)
    return min(low, high), max(high, min(low, high))


def draw(seed: str) -> float:
    """A number in [0, 1) that is always the same for this seed, on every machine."""
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=7).digest(), "big") / 2**56


def choose(interval: int, maximum: int, seed: str, load: Load | None = None, minimum: int = 2) -> int:
    """The day of the range on which the item returns. Without a load, any of them alike."""
    low, high = bounds(interval, maximum, minimum)
    days = range(low, high + 1)
    weights = [_weight(day, load) if load and interval <= BALANCED_DAYS else 1.0 for day in days]
    point = draw(seed) * sum(weights)
    for day, weight in zip(days, weights, strict=True):
        point -= weight
        if point < 0:
            return day
    return high


def _weight(day: int, load: Load) -> float:
    near = min((abs(day - other) for other in load.siblings), default=9)
    # A squared-and-a-bit fall with the minutes, as Anki's with the number of cards; shorter intervals first.
    return pow(1.0 + load.minutes.get(day, 0.0), -2.15) * pow(day, -3) * SIBLING_NEAR.get(near, 1.0)
