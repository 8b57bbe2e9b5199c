"""Medians, percentiles and a table of them. The machines are shared: a figure is read beside its neighbours."""

from __future__ import annotations

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
    """One line a series: how many, median, p95, and the median as a multiple of the baseline's."""
    lines = [f"{'':44} {'n':>4} {'median ms':>10} {'p95 ms':>10} {'× plain':>9}"]
    for row in rows:
        ratio = row.median / baseline.median
        lines.append(f"{row.name:44} {len(row.times):4} {row.median:10.1f} {row.percentile(0.95):10.1f} {ratio:9.1f}")
    return "\n".join(lines)
