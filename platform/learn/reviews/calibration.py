"""How well recall is predicted, on reviews the weights have not seen: ours, the ones before, the average,
and SM-2; pure.

Reviews are ordered in time and cut in six: five times everything up to a point is learnt from and the
next sixth predicted (TimeSeriesSplit, as in the benchmark of the open-spaced-repetition project).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log, sqrt

import fsrs_rs_python as rust

from learn.reviews.schedule import DEFAULT_WEIGHTS, retrievability

SPLITS = 5
EPOCHS = 8  # as Anki fits
# Fewer recalls of earlier days than this say nothing.
ENOUGH = 64
# Of a curve: so many points at most, each of so many recalls at least.
PARTS, ENOUGH_A_POINT = 10, 20


@dataclass(frozen=True, slots=True)
class Recall:
    """One review of an item on a later day than the one before."""

    item: int  # which history
    place: int  # which review of it, from 0
    elapsed: int
    recalled: bool
    moment: int
    lapses: int  # before it


@dataclass(frozen=True)
class Histories:
    """Every item's reviews as (rating, days since the one before, moment), and its recalls in time."""

    reviews: tuple[tuple[tuple[int, int, int], ...], ...]
    recalls: tuple[Recall, ...]


@dataclass(frozen=True)
class Point:
    """Recalls that were predicted about alike: how likely on average, and what share was recalled."""

    predicted: float
    recalled: float
    count: int


@dataclass(frozen=True)
class Score:
    log_loss: float
    rmse: float
    count: int
    curve: tuple[Point, ...] = ()


def histories(logs: Iterable[Sequence[tuple[int, int, int]]]) -> Histories:
    kept = tuple(tuple(log) for log in logs if log)
    recalls = []
    for item, reviews in enumerate(kept):
        lapses = 0
        for place, (rating, elapsed, moment) in enumerate(reviews):
            if place and elapsed > 0:
                recalls.append(Recall(item, place, elapsed, rating > 1, moment, lapses))
            lapses += rating == 1
    return Histories(kept, tuple(sorted(recalls, key=lambda recall: (recall.moment, recall.item, recall.place))))


def fit(known: Histories, until: int | None = None) -> tuple[float, ...]:
    """Weights for these histories, of reviews up to a moment. The defaults where there are too few."""
    last = [recall for recall in known.recalls if until is None or recall.moment <= until]
    if len(last) < ENOUGH:
        return DEFAULT_WEIGHTS
    reviews = [[rust.FSRSReview(rating, elapsed) for rating, elapsed, _ in log] for log in known.reviews]
    items = [rust.FSRSItem(reviews[recall.item][: recall.place + 1]) for recall in last]
    cards = [recall.item for recall in last]
    config = rust.TrainingConfig(num_epochs=EPOCHS)
    weights = rust.FSRS(list(DEFAULT_WEIGHTS)).compute_parameters(items, card_ids=cards, training_config=config)
    return tuple(round(weight, 6) for weight in weights)


def splits(known: Histories) -> list[tuple[int, Sequence[Recall]]]:
    """Moments up to which is learnt, each with the recalls after it that are predicted."""
    size = len(known.recalls) // (SPLITS + 1)
    if not size:
        return []
    first = len(known.recalls) - SPLITS * size
    starts = [first + split * size for split in range(SPLITS)]
    return [(known.recalls[start - 1].moment, known.recalls[start : start + size]) for start in starts]


def predictions(known: Histories, weights: Sequence[float], wanted: Sequence[Recall]) -> list[float]:
    """The probability of each recall, by FSRS with these weights."""
    needed = sorted({recall.item for recall in wanted})
    items = [rust.FSRSItem([rust.FSRSReview(r, t) for r, t, _ in known.reviews[item]]) for item in needed]
    states = dict(zip(needed, rust.FSRS(list(weights)).historical_memory_state_batch(items), strict=True))
    decay = -weights[20]
    return [retrievability(recall.elapsed, states[recall.item][recall.place - 1].stability, decay) for recall in wanted]


def average(known: Histories, until: int, wanted: Sequence[Recall]) -> list[float]:
    """The share recalled so far, whatever the item."""
    end = bisect_right(known.recalls, until, key=lambda recall: recall.moment)
    share = (sum(recall.recalled for recall in known.recalls[:end]) + 1) / (end + 2)
    return [share] * len(wanted)


def sm2(known: Histories, wanted: Sequence[Recall]) -> list[float]:
    """SM-2 read as a prediction: nine of ten at the end of its interval, exponentially less after."""
    intervals = {item: _sm2_intervals(known.reviews[item]) for item in {recall.item for recall in wanted}}
    return [0.9 ** (recall.elapsed / intervals[recall.item][recall.place - 1]) for recall in wanted]


def _sm2_intervals(reviews: Sequence[tuple[int, int, int]]) -> list[float]:
    ease, interval, passed, found = 2.5, 1.0, 0, []
    for rating, _, _ in reviews:
        grade = (0, 1, 3, 4, 5)[rating]
        if grade < 3:
            passed, interval = 0, 1.0
        else:
            passed += 1
            interval = 1.0 if passed == 1 else 6.0 if passed == 2 else interval * ease
            ease = max(1.3, ease + 0.1 - (5 - grade) * (0.08 + (5 - grade) * 0.02))
        found.append(min(interval, 36500.0))
    return found


def score(recalls: Sequence[Recall], predicted: Sequence[float]) -> Score:
    """Log loss, and the root mean square error over bins of elapsed days, reviews and lapses."""
    loss = 0.0
    bins: dict[tuple[int, int, int], tuple[int, int, float]] = {}
    for recall, probability in zip(recalls, predicted, strict=True):
        p = min(max(probability, 1e-4), 1 - 1e-4)
        loss -= log(p if recall.recalled else 1 - p)
        count, hits, sum_p = bins.get(key := _bin(recall), (0, 0, 0.0))
        bins[key] = (count + 1, hits + recall.recalled, sum_p + p)
    total = len(recalls) or 1
    square = sum(count * ((hits - sum_p) / count) ** 2 for count, hits, sum_p in bins.values())
    return Score(loss / total, sqrt(square / total), len(recalls), curve(recalls, predicted))


def curve(recalls: Sequence[Recall], predicted: Sequence[float]) -> tuple[Point, ...]:
    """From the least to the most likely, cut into at most ten parts of as many recalls each: on the
    diagonal where predictions come true."""
    pairs = sorted(zip(predicted, (recall.recalled for recall in recalls), strict=True))
    parts = min(PARTS, len(pairs) // ENOUGH_A_POINT)
    cuts = [len(pairs) * part // parts for part in range(parts + 1)] if parts else []
    return tuple(_point(pairs[start:end]) for start, end in pairwise(cuts))


def _point(pairs: Sequence[tuple[float, bool]]) -> Point:
    count = len(pairs)
    return Point(sum(p for p, _ in pairs) / count, sum(recalled for _, recalled in pairs) / count, count)


def _bin(recall: Recall) -> tuple[int, int, int]:
    """The bins of the srs-benchmark: powers, so that each has its share."""
    step = (
        floor(log(recall.elapsed, 3.62)),
        floor(log(recall.place + 1, 1.89)),
        floor(log(recall.lapses, 1.73)) + 1 if recall.lapses else 0,
    )
    return step


def compare(known: Histories, now: Sequence[float], progress: Callable[[int], None] | None = None) -> dict[str, Score]:
    """Fitted weights, those in use, the average and SM-2, on what none of them had seen."""
    names = ("fitted", "before", "average", "sm2")
    seen: list[Recall] = []
    predicted: dict[str, list[float]] = {name: [] for name in names}
    for number, (until, wanted) in enumerate(splits(known), 1):
        seen += wanted
        predicted["fitted"] += predictions(known, fit(known, until), wanted)
        predicted["before"] += predictions(known, now, wanted)
        predicted["average"] += average(known, until, wanted)
        predicted["sm2"] += sm2(known, wanted)
        if progress:
            progress(number)
    return {name: score(seen, predicted[name]) for name in names}
