"""One item's forgetting curve with its history: what its memory was at every moment, and why it is due
today. Reads, and folds the log again step by step; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from learn.reviews import reasons, schedule, spans, svg
from learn.reviews.charts import PERCENTS, Chart
from learn.reviews.fold import What
from learn.reviews.items import Kind, course_of, key_of, kind_of
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Rating
from learn.reviews.rulebook import rules_of
from learn.reviews.schedule import NOTHING, Memory, Rules
from learn.reviews.svg import Line
from learn.reviews.today import today_of

# The curve goes on this far after today, in shares of what is behind.
AHEAD = 0.35
POINTS = 160
SHOWN = 200


@dataclass(frozen=True)
class Step:
    """One review of the item."""

    event: ReviewEvent
    rating: str
    why: str
    predicted: str
    after: str  # stability
    asked_url: str = ""  # of a question: as it was asked and answered


@dataclass(frozen=True)
class Trace:
    card: Card
    steps: list[Step]  # the latest first
    chart: Chart | None
    recall: float | None
    due: str


def trace(learner, item: str, now: datetime) -> Trace | None:
    """None when the learner has no such item."""
    card = Card.objects.filter(learner=learner, item=item).first()
    if card is None:
        return None
    card.learner = learner
    rules, today = rules_of(learner)[kind_of(item)], today_of(learner, now)
    events = list(ReviewEvent.objects.standing().filter(learner=learner, item=item).in_order())
    rated = [event for event in events if event.rating and event.kind not in (What.CRAM, What.IMPLICIT)][-SHOWN:]
    memories = _memories(rated, rules)
    steps = [_step(event, memory) for event, memory in zip(rated, memories, strict=True)]
    chart = _chart(rated, memories, steps, today, rules) if rated else None
    return Trace(
        card, steps[::-1], chart, schedule.predicted(card.memory, today, rules), spans.until(card.due_on, today)
    )


def _memories(events: list[ReviewEvent], rules: Rules) -> list[Memory]:
    memory, found = NOTHING, []
    for event in events:
        memory = schedule.after(memory, Rating(event.rating), event.study_date, rules).memory
        found.append(memory)
    return found


def _step(event: ReviewEvent, memory: Memory) -> Step:
    return Step(
        event=event,
        rating=str(reasons.NAMES[Rating(event.rating)]),
        why=" ".join((str(reasons.sentence(event.evidence)), *reasons.notes(event.evidence, event.zone))),
        predicted=f"{event.predicted:.0%}" if event.predicted else "",
        after=spans.of_stability(memory.stability or 0),
        asked_url=_asked_url(event),
    )


def _asked_url(event: ReviewEvent) -> str:
    attempt = event.evidence.get("attempt")
    if kind_of(event.item) is not Kind.QUESTION or not isinstance(attempt, int):
        return ""
    return f"{reverse('quizzes:question', args=[course_of(event.item), key_of(event.item)])}?attempt={attempt}"


def _chart(events: list[ReviewEvent], memories: list[Memory], steps: list[Step], today: date, rules: Rules) -> Chart:
    first = events[0].study_date
    behind = max((today - first).days, 1)
    end = behind + max(round(behind * AHEAD), 7)
    points: list[tuple[float, float]] = []
    for place, (event, memory) in enumerate(zip(events, memories, strict=True)):
        start = (event.study_date - first).days
        stop = (events[place + 1].study_date - first).days if place + 1 < len(events) else end
        points += _curve(start, stop, memory.stability or 1.0, rules, end)
    low = min([0.7, *(recall for _, recall in points)])
    floor = 0.0 if low < 0.4 else 0.4 if low < 0.7 else 0.7
    dots = [((event.study_date - first).days, event.predicted or 1.0) for event in events]
    hints = [f"{_day(event.study_date)}: {step.rating}" for event, step in zip(events, steps, strict=True)]
    passed = [hint if event.rating > Rating.AGAIN else "" for event, hint in zip(events, hints, strict=True)]
    failed = [hint if event.rating == Rating.AGAIN else "" for event, hint in zip(events, hints, strict=True)]
    labels = [(0.0, _day(first)), (float(behind), _("today"))]
    y_labels = [(value, label) for value, label in ((0.0, "0%"), (0.4, "40%"), *PERCENTS) if value >= floor]
    drawn = [Line(points), Line(dots, "passed", passed), Line(dots, "failed", failed)]
    title = _("How likely a recall was, and is")
    drawing = svg.lines(title, drawn, labels, (floor, 1.0), y_labels, target=rules.retention, mark=behind)
    return Chart(mark_safe(drawing), (), ())


def _curve(start: float, stop: float, stability: float, rules: Rules, end: float) -> list[tuple[float, float]]:
    count = max(int(POINTS * (stop - start) / end), 2)
    days = [start + (stop - start) * step / count for step in range(count + 1)]
    return [(day, schedule.retrievability(day - start, stability, rules.decay)) for day in days]


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
