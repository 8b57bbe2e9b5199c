"""Medians, percentiles and a table of them. The machines are shared: a figure is read beside its neighbours."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """Times of one way of doing a thing, in milliseconds."""

    name: str
    times: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    def percentile(self, share: float) -> float:
        """The smallest time that `share` of all times do not exceed."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.499) - 1))]


def table(rows: Sequence[Series], baseline: Series) -> str:
    """One line a series: how many, percentiles, and the median as a multiple of the baseline's."""
    names = ("n", "p50 ms", "p95 ms", "p99 ms", "× plain")
    lines = [f"{'':50} {names[0]:>4}" + "".join(f" {name:>9}" for name in names[1:])]
    for row in rows:
        numbers = (row.median, row.percentile(0.95), row.percentile(0.99), row.median / baseline.median)
        lines.append(f"{row.name:50} {len(row.times):4}" + "".join(f" {number:9.1f}" for number in numbers))
    return "\n".join(lines)


def goal(what: str, value: float, limit: float, unit: str = "ms") -> bool:
    """Say whether `value` is within `limit`."""
    held = value <= limit
    print(f"{what}: {value:.1f} {unit}, at most {limit:.0f} {unit}: {'held' if held else 'MISSED'}")
    return held


def load() -> str:
    return f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
