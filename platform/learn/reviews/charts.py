"""A learner's memory as charts, each with the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learn.reviews import spans, svg
from learn.reviews.memory import Memory
from learn.reviews.models import ParameterSet
from learn.reviews.svg import Cell, Line
from learn.reviews.workload import Workload

WEEKS = 53
PERCENTS = ((0.7, "70%"), (0.8, "80%"), (0.9, "90%"), (1.0, "100%"))


@dataclass(frozen=True)
class Chart:
    """A drawing, and its numbers."""

    drawing: SafeString
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def forecast(memory: Memory) -> Chart:
    days = [memory.today + timedelta(days=ahead) for ahead in range(len(memory.forecast))]
    named = [_day(day) for day in days]
    minutes = [spans.of_minutes(value) if value else "0" for value in memory.forecast]
    hints = [f"{name}: {value}" for name, value in zip(named, minutes, strict=True)]
    short = [_("today") if not place else f"+{place}" for place in range(len(days))]
    drawing = svg.bars(_("Minutes due on each of the next thirty days"), memory.forecast, short, hints)
    return Chart(mark_safe(drawing), (_("Day"), _("Due")), list(zip(named, minutes, strict=True)))


def year(memory: Memory) -> Chart:
    """The year behind, a square a day. Its table has a row a month."""
    first = memory.today - timedelta(days=memory.today.weekday(), weeks=WEEKS - 1)
    frozen = memory.streak.frozen
    levels = _levels([day.minutes or day.reviews * 0.2 for day in memory.days.values()])
    cells, months, by_month = [], [], {}
    for place in range((memory.today - first).days + 1):
        day = first + timedelta(days=place)
        done = memory.days.get(day)
        week, weekday = divmod(place, 7)
        if day.day == 1 or (not place and day.day < 20):
            months.append((week, str(MONTHS_3[day.month]).capitalize()))
        level = levels(done.minutes or done.reviews * 0.2) if done else 0
        cells.append(Cell(week, weekday, level, _hint(day, done, day in frozen), "frozen" if day in frozen else ""))
        reviews, spent, count = by_month.get((day.year, day.month), (0, 0.0, 0))
        if done:
            by_month[day.year, day.month] = (reviews + done.reviews, spent + done.minutes, count + 1)
    weekdays = [(row, _short(str(WEEKDAYS_ABBR[row]))) for row in (0, 2, 4)]
    drawing = svg.calendar(_("What was done on each day of the year"), cells, months, weekdays)
    rows = [
        (f"{year}-{month:02}", str(count), str(reviews), spans.of_minutes(spent))
        for (year, month), (reviews, spent, count) in sorted(by_month.items(), reverse=True)
    ]
    return Chart(mark_safe(drawing), (_("Month"), _("Days"), _("Reviews"), _("Time")), rows)


def _short(weekday: str) -> str:
    """星期一 is told by its last sign."""
    return weekday if weekday.isascii() else weekday[-1]


def _levels(values: list[float]):
    """Four shades by quarters of the days on which something was done."""
    ordered = sorted(values)
    cuts = [ordered[len(ordered) * part // 4] for part in (1, 2, 3)] if ordered else []
    return lambda value: 1 + sum(value > cut for cut in cuts)


def _hint(day: date, done, is_frozen: bool) -> str:
    if done:
        reviews = ngettext("%(n)d review", "%(n)d reviews", done.reviews) % {"n": done.reviews}
        return f"{_day(day)}: {reviews}, {spans.of_minutes(done.minutes)}"
    other = _("a day off you had earned") if is_frozen else _("nothing")
    return f"{_day(day)}: {other}"


def retention(memory: Memory) -> Chart:
    """True retention by month, against what was wished for."""
    months = memory.months
    named = [f"{month.first:%Y-%m}" for month in months]
    rows = [
        (name, f"{month.retention:.0%}", f"{month.recalled}/{month.asked}")
        for name, month in zip(named, months, strict=True)
    ]
    points = [(place, max(month.retention, 0.7)) for place, month in enumerate(months)]
    line = Line(points, dots=[f"{name}: {share} ({count})" for name, share, count in rows])
    every = max(len(months) // 4, 1)
    labels = [(place, named[place][2:]) for place in range(0, len(months), every)]
    drawing = svg.lines(_("True retention by month"), [line], labels, (0.7, 1.0), PERCENTS, target=memory.plan.wished)
    return Chart(mark_safe(drawing), (_("Month"), _("Recalled"), _("of")), rows)


def workload(found: Sequence[Workload], now: float) -> Chart:
    """Minutes a day and what is remembered, for each desired retention."""
    top = svg.nice(max((one.minutes_a_day for one in found), default=1))
    minutes = Line(
        [(one.retention, one.minutes_a_day / top) for one in found],
        dots=[f"{one.retention:.0%}: {spans.of_minutes(one.minutes_a_day)}" for one in found],
    )
    kept = Line(
        [(one.retention, one.remembered) for one in found],
        "line-kept",
        [f"{one.retention:.0%}: {one.remembered:.0%}" for one in found],
    )
    x_labels = [(level, f"{level:.0%}") for level in (0.7, 0.8, 0.9, 0.97)]
    y_labels = [(share, f"{top * share:g}") for share in (0, 0.5, 1.0)]
    title = _("Minutes a day for each desired retention")
    drawing = svg.lines(title, [minutes, kept], x_labels, (0.0, 1.0), y_labels, mark=now)
    rows = [(f"{one.retention:.0%}", spans.of_minutes(one.minutes_a_day), f"{one.remembered:.0%}") for one in found]
    return Chart(mark_safe(drawing), (_("Desired"), _("A day"), _("Remembered")), rows)


def calibration(fitted: ParameterSet) -> Chart | None:
    """What was predicted of reviews not seen before, against what came true. None for fits of before it was kept."""
    used = fitted.calibration.get("fitted" if fitted.adopted else "before", {}).get("curve", ())
    if not used:
        return None
    old = fitted.calibration.get("sm2", {}).get("curve", ())
    rows = [(f"{predicted:.0%}", f"{recalled:.0%}", str(count)) for predicted, recalled, count in used]
    low = min(0.7, *(floor(10 * value) / 10 for *pair, _ in used for value in pair))

    def line(points, klass: str, dots=()) -> Line:
        return Line([(max(predicted, low), max(recalled, low)) for predicted, recalled, _ in points], klass, dots)

    labels = [(share, f"{share:.0%}") for share in (low, (1 + low) / 2, 1.0)]
    drawn = [
        Line([(low, low), (1.0, 1.0)], "ideal"),
        line([point for point in old if point[0] >= low], "line-kept"),
        line(used, "line", [f"{predicted}: {recalled} ({count})" for predicted, recalled, count in rows]),
    ]
    drawing = svg.lines(_("Predicted recall, and what came true"), drawn, labels, (low, 1.0), labels)
    return Chart(mark_safe(drawing), (_("Predicted"), _("Recalled"), _("of")), rows)


def _day(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")
