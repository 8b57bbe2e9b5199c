"""Charts as SVG, drawn on the server: no script, no inline style, every number also in a table; pure.

Shapes carry class names, and the stylesheet gives them ink or temperature. Sizes are in the pixels of a
small multiple about 360 wide, so that letters are as large as those around the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, log10

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 22


@dataclass
class Drawing:
    """An SVG that is being drawn. What a blind reader hears is its title."""

    title: str
    width: float = WIDTH
    height: float = HEIGHT
    parts: list[str] = field(default_factory=list)

    def shape(self, tag: str, klass: str = "", hint: str = "", **attributes: float | str) -> None:
        """An element; `hint` is what a pointer over it is told."""
        written = "".join(f' {name.replace("_", "-")}="{_number(value)}"' for name, value in attributes.items())
        inside = f"<title>{escape(hint)}</title>" if hint else ""
        self.parts.append(f'<{tag} class="{klass}"{written}>{inside}</{tag}>')

    def text(self, x: float, y: float, words: str, anchor: str = "middle", klass: str = "label") -> None:
        self.parts.append(
            f'<text class="{klass}" x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def svg(self) -> str:
        box = f"0 0 {_number(self.width)} {_number(self.height)}"
        size = f'width="{_number(self.width)}" height="{_number(self.height)}"'
        inside = "".join(self.parts)
        return f'<svg class="chart" viewBox="{box}" {size} role="img" aria-label="{escape(self.title)}">{inside}</svg>'


@dataclass(frozen=True)
class Axis:
    """From values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def bars(title: str, values: Sequence[float], labels: Sequence[str], hints: Sequence[str], every: int = 7) -> str:
    """Bars from zero; every seventh has its label below."""
    drawing = Drawing(title)
    top = nice(max(values, default=0))
    y = Axis(0, top, HEIGHT - BOTTOM, TOP)
    _rules(drawing, y, (0, top / 2, top))
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    for place, value in enumerate(values):
        x = LEFT + place * step
        if value:
            height = max(y.at(0) - y.at(value), 1.0)
            drawing.shape(
                "rect", "bar", hints[place], x=x + step * 0.12, y=y.at(0) - height, width=step * 0.76, height=height
            )
        if place % every == 0:
            drawing.text(x + step / 2, HEIGHT - 6, labels[place])
    return drawing.svg()


@dataclass(frozen=True)
class Line:
    points: Sequence[tuple[float, float]]
    klass: str = "line"
    dots: Sequence[str] = ()  # a hint for each point that is a dot


def lines(
    title: str,
    drawn: Sequence[Line],
    x_labels: Sequence[tuple[float, str]],
    y_range: tuple[float, float],
    y_labels: Sequence[tuple[float, str]],
    target: float | None = None,
    mark: float | None = None,
) -> str:
    """Lines over a common plane; `target` is a level to compare with, `mark` a place on the x axis."""
    drawing = Drawing(title)
    xs = [x for line in drawn for x, _ in line.points] + [x for x, _ in x_labels]
    x = Axis(min(xs, default=0), max(xs, default=1), LEFT, WIDTH - RIGHT - 6)
    y = Axis(*y_range, HEIGHT - BOTTOM, TOP)
    for value, label in y_labels:
        drawing.shape("line", "rule", x1=LEFT, x2=WIDTH - RIGHT, y1=y.at(value), y2=y.at(value))
        drawing.text(LEFT - 5, y.at(value) + 4, label, "end")
    for value, label in x_labels:
        drawing.text(x.at(value), HEIGHT - 6, label)
    if target is not None:
        drawing.shape("line", "target", x1=LEFT, x2=WIDTH - RIGHT, y1=y.at(target), y2=y.at(target))
    if mark is not None:
        drawing.shape("line", "mark", x1=x.at(mark), x2=x.at(mark), y1=TOP, y2=HEIGHT - BOTTOM)
    for line in drawn:
        points = " ".join(f"{_number(x.at(px))},{_number(y.at(py))}" for px, py in line.points)
        drawing.shape("polyline", line.klass, points=points)
        for (px, py), hint in zip(line.points, line.dots, strict=False):
            if hint:
                drawing.shape("circle", f"dot {line.klass}-dot", hint, cx=x.at(px), cy=y.at(py), r=3.5)
    return drawing.svg()


@dataclass(frozen=True)
class Cell:
    """A day of the year: its column is the week, its row the day of the week."""

    week: int
    weekday: int
    level: int  # 0 nothing, 1–4 more
    hint: str
    klass: str = ""


def calendar(
    title: str, cells: Sequence[Cell], months: Sequence[tuple[int, str]], weekdays: Sequence[tuple[int, str]]
) -> str:
    """A year of days, week by week, as squares darker with what was done."""
    size, gap, left, top = 11, 3, 30, 18
    weeks = max((cell.week for cell in cells), default=0) + 1
    drawing = Drawing(title, left + weeks * (size + gap), top + 7 * (size + gap))
    for week, name in months:
        drawing.text(left + week * (size + gap), 11, name, "start")
    for row, name in weekdays:
        drawing.text(0, top + row * (size + gap) + size - 1, name, "start")
    for cell in cells:
        x, y = left + cell.week * (size + gap), top + cell.weekday * (size + gap)
        drawing.shape(
            "rect", f"day day-{cell.level} {cell.klass}".rstrip(), cell.hint, x=x, y=y, width=size, height=size, rx=2
        )
    return drawing.svg()


def nice(value: float) -> float:
    """A round number at or above `value`, for the top of an axis."""
    if value < 1e-9:  # nothing that a chart shows, and below what powers of ten can tell apart
        return 1.0
    power = 10 ** ceil(log10(value) - 1)
    return next(float(step * power) for step in (1, 2, 4, 5, 10, 20) if step * power >= value * 0.999)


def _rules(drawing: Drawing, y: Axis, values: Sequence[float]) -> None:
    for value in values:
        drawing.shape("line", "rule", x1=LEFT, x2=drawing.width - RIGHT, y1=y.at(value), y2=y.at(value))
        drawing.text(LEFT - 5, y.at(value) + 4, f"{value:g}", "end")


def _number(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
