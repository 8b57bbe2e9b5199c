"""The judge's small map of where an answer differs (`graders/heat.py`), made ready to be drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

CELL = 10  # of the drawing's own units
NOT_FINITE = "x"


@dataclass(frozen=True)
class Bar:
    """Neighbours in one row with the same difference."""

    x: int
    y: int
    width: int
    level: str  # 1 to 9, or x where something is not finite


@dataclass(frozen=True)
class Heatmap:
    width: int
    height: int
    bars: tuple[Bar, ...]
    said: str  # what who does not see the drawing hears
    caption: str
    not_finite: bool


def read(details: dict[str, Any]) -> Heatmap | None:
    """The map in the details of a mismatch, if there is one and it is well formed."""
    told = details.get("heat")
    try:
        rows, covers, plane = told["rows"], told["covers"], told["plane"]
        columns = len(rows[0])
        bars = tuple(bar for y, row in enumerate(rows) for bar in _bars(row, y))
        return Heatmap(
            width=CELL * columns,
            height=CELL * len(rows),
            bars=bars,
            said=_said(rows, covers),
            caption=_caption(plane, covers),
            not_finite=any(bar.level == NOT_FINITE for bar in bars),
        )
    except (TypeError, KeyError, ValueError, IndexError):
        return None  # of another version: the sentence says enough


def _bars(row: str, y: int) -> list[Bar]:
    bars, x = [], 0
    for level, cells in groupby(row):
        width = len(list(cells))
        if level == NOT_FINITE:  # each with its own cross
            bars += [Bar(CELL * (x + n), CELL * y, CELL, level) for n in range(width)]
        elif level != "0":
            bars.append(Bar(CELL * x, CELL * y, CELL * width, level))
        x += width
    return bars


def _said(rows: Sequence[str], covers: Sequence[int]) -> str:
    """Which rows and columns differ, in the numbers of the array and not of the drawing."""
    wrong_rows = [any(cell != "0" for cell in row) for row in rows]
    wrong_columns = [any(row[x] != "0" for row in rows) for x in range(len(rows[0]))]
    places = {"rows": _ranges(wrong_rows, covers[0]), "columns": _ranges(wrong_columns, covers[1])}
    return _("Map of the differences: in rows %(rows)s and columns %(columns)s.") % places


def _ranges(wrong: Sequence[bool], count: int) -> str:
    """The wrong ones of `count`, which are drawn as `len(wrong)` blocks: "0–3, 7"."""
    starts = [n * count // len(wrong) for n in range(len(wrong) + 1)]
    parts, n = [], 0
    for is_wrong, group in groupby(wrong):
        length = len(list(group))
        if is_wrong:
            first, last = starts[n], starts[n + length] - 1
            parts.append(f"{first}" if first == last else f"{first}–{last}")
        n += length
    return ", ".join(parts)


def _caption(plane: Sequence[int], covers: Sequence[int]) -> str:
    size = f"{covers[0]} × {covers[1]}"
    if not plane:
        return _("%(size)s values; the stronger the colour, the further off") % {"size": size}
    place = "[" + ", ".join(str(int(n)) for n in plane) + "]"
    return _("%(size)s values at %(place)s; the stronger the colour, the further off") % {"size": size, "place": place}
