"""The roadmap as its template draws it: the plan of the course with one learner's standing in every station."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learn.courses.content import Course, Line, Module, text
from learn.courses.library import Edition
from learn.lessons import plan, sequence
from learn.lessons.standing import Journey, Standing, State


@dataclass(frozen=True)
class Stop:
    """A station: where it lies, whose it is, and what is to be said about it."""

    key: str
    title: str
    url: str  # empty while its lesson is not written
    standing: Standing | None  # None for visitors
    is_open: bool
    facts: tuple[str, ...]
    needs: tuple[str, ...]
    opens: tuple[str, ...]
    minutes: int
    exercises: int
    at: plan.Station | None = None

    @property
    def label(self) -> str:
        """For who cannot see the picture."""
        return ". ".join((self.title, *self.facts))

    @property
    def arc(self) -> int:
        """How much of the ring is drawn, in hundredths."""
        return round(100 * self.standing.progress) if self.standing else 0

    @property
    def kind(self) -> str:
        return self.standing.state if self.standing else (State.READY if self.is_open else State.COMING)


@dataclass(frozen=True)
class District:
    module: Module
    title: str
    summary: str
    stops: tuple[Stop, ...]
    at: plan.District


@dataclass(frozen=True)
class Drawn:
    """One line of the course."""

    line: Line
    title: str
    at: plan.Track
    districts: tuple[District, ...]


@dataclass(frozen=True)
class Picture:
    plan: plan.Plan
    tracks: tuple[Drawn, ...]

    @property
    def stops(self) -> Iterator[Stop]:
        return (stop for track in self.tracks for district in track.districts for stop in district.stops)


@lru_cache(maxsize=16)
def _plan(edition: Edition, locale: str) -> plan.Plan:
    return plan.plan(edition.course, locale)


def picture(edition: Edition, locale: str, journey: Journey | None = None) -> Picture:
    course, laid = edition.course, _plan(edition, locale)
    modules = {module.key: module for module in course.modules}
    lines = {line.key: line for line in course.lines}
    tracks = []
    for track in laid.tracks:
        districts = tuple(_district(course, modules[place.key], place, locale, journey) for place in track.districts)
        line = lines[track.key]
        tracks.append(Drawn(line, text(line.title, locale), track, districts))
    return Picture(laid, tuple(tracks))


def _district(course: Course, module: Module, at: plan.District, locale: str, journey: Journey | None) -> District:
    stops = tuple(_stop(course, station, locale, journey) for station in at.stations)
    return District(module, text(module.title, locale), text(module.summary, locale), stops, at)


def _stop(course: Course, station: plan.Station, locale: str, journey: Journey | None) -> Stop:
    topic = course.topics[station.key]
    standing = journey.standings[station.key] if journey else None
    lesson = topic.lesson
    return Stop(
        key=topic.key,
        title=text(topic.title, locale),
        url=reverse("lessons:lesson", args=[course.key, topic.key]) if lesson else "",
        standing=standing,
        is_open=lesson is not None,
        facts=tuple(_facts(course, standing, locale, journey)) if standing else (),
        needs=topic.needs,
        opens=sequence.opens(course, topic.key),
        minutes=lesson.minutes if lesson else 0,
        exercises=len(lesson.exercises) if lesson else 0,
        at=station,
    )


def _facts(course: Course, standing: Standing, locale: str, journey: Journey | None) -> Iterator[str]:
    """What is to be known about a station, in short sentences without a full stop."""
    if standing.is_here:
        yield _("You are here")
    if standing.state is State.COMING:
        yield _("Not written yet")
        return
    if standing.state is State.FINISHED:
        yield _("Finished")
    elif standing.done:
        yield _("%(done)s of %(parts)s done") % {"done": standing.done, "parts": standing.parts}
    elif standing.state is State.AHEAD and journey:
        before = sequence.missing(course, standing.topic.key, journey.finished)
        names = _(", ").join(text(course.topics[key].title, locale) for key in before)
        yield _("Builds on %(topics)s") % {"topics": names}
    elif standing.state is State.FADED and journey:
        before = journey.gate(standing.topic.key).faded
        names = _(", ").join(text(course.topics[key].title, locale) for key in before)
        yield _("Refresh first: %(topics)s") % {"topics": names}
    if standing.percent is not None:
        yield _("Remembered: %(percent)s %%") % {"percent": standing.percent}
    if standing.due:
        yield ngettext("%(n)s due", "%(n)s due", standing.due) % {"n": standing.due}
