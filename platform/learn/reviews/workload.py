"""What a desired retention costs and gives, from a learner's own memories; pure.

The simulator of fsrs-rs starts from an empty deck; this one starts from what is remembered today. Each
item is reviewed when it is due, recalled with the probability FSRS predicts, and lapses otherwise.
The same draws are used for every retention, so that curves differ by the retention and not by luck.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from learn.reviews.value import forgotten, recalled

LEVELS = (0.70, 0.75, 0.80, 0.85, 0.88, 0.90, 0.92, 0.94, 0.96, 0.97)
# So many paths are walked: of more items a sample, of fewer each several times, so that chance evens out.
PATHS = 600
# Once forgotten, an item is asked again the same day: this much more of its time.
LAPSE_COST = 1.0
# Days of the last quarter on which recall is looked at: on one alone a deck may be in or out of step.
LOOKS = 8


@dataclass(frozen=True, slots=True)
class Own:
    """One item as it is remembered today."""

    stability: float
    difficulty: float
    elapsed: int  # days since its last review
    minutes: float
    maximum: int = 365


@dataclass(frozen=True)
class Workload:
    retention: float
    minutes_a_day: float
    remembered: float  # the mean probability of recall over the last quarter: 0 to 1


def workloads(
    items: Sequence[Own], weights: tuple[float, ...], horizon: int = 180, levels: Sequence[float] = LEVELS
) -> list[Workload]:
    if not items:
        return []
    if len(items) >= PATHS:
        walked = random.Random(len(items)).sample(list(items), PATHS)
    else:
        walked = list(items) * (PATHS // len(items))
    scale = len(items) / len(walked)
    return [_workload(walked, weights, level, horizon, scale) for level in levels]


def _workload(items: Sequence[Own], w: tuple[float, ...], level: float, horizon: int, scale: float) -> Workload:
    minutes = remembered = 0.0
    for number, item in enumerate(items):
        spent, recall = _one(item, w, level, horizon, random.Random(number))
        minutes += spent
        remembered += recall
    return Workload(level, minutes * scale / horizon, remembered / len(items))


def _one(item: Own, w: tuple[float, ...], level: float, horizon: int, rng: random.Random) -> tuple[float, float]:
    """Minutes over the horizon, and the mean probability of recall over its last quarter."""
    decay = -w[20]
    factor = 0.9 ** (1 / decay) - 1
    share = (level ** (1 / decay) - 1) / factor  # interval in units of stability
    stability, difficulty, last, minutes = item.stability, item.difficulty, -item.elapsed, 0.0
    looked_at = [horizon * (1 - step / (4 * LOOKS)) for step in range(LOOKS)]  # the last day first
    kept = 0.0
    while True:
        day = max(last + min(max(round(stability * share), 1), item.maximum), 0)
        while looked_at and looked_at[-1] < max(day, 1):
            kept += (1 + factor * (looked_at.pop() - last) / stability) ** decay
        if day >= horizon:
            break
        recall = (1 + factor * (day - last) / stability) ** decay
        minutes += item.minutes
        if rng.random() < recall:
            stability = min(recalled(w, stability, difficulty, recall), 36500.0)
        else:
            stability = forgotten(w, stability, difficulty, recall)
            difficulty = min(difficulty + w[6] * 2 * (10 - difficulty) / 9, 10.0)
            minutes += item.minutes * LAPSE_COST
        last = day
    kept += sum((1 + factor * (rest - last) / stability) ** decay for rest in looked_at)
    return minutes, kept / LOOKS
