"""Where a learner stands with every topic of a course: a few queries, whatever its size. Reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from statistics import mean

from learn.accounts.models import User
from learn.courses import content
from learn.courses.content import Course, Topic
from learn.courses.library import Edition
from learn.exercises.board import standings as exercise_standings
from learn.lessons import sequence
from learn.lessons.models import Enrolment, Finished
from learn.reviews import days, gates, rulebook, schedule
from learn.reviews.models import Card

# Of the temperature scale in tokens.css: 0 is just recalled, 7 is at or below the coldest.
COLDEST, STEPS = 0.7, 7


class State(StrEnum):
    COMING = "coming"  # its lesson is not written yet
    AHEAD = "ahead"  # it builds on something unfinished
    FADED = "faded"  # what it builds on was finished, and has faded since
    READY = "ready"
    BEGUN = "begun"
    FINISHED = "finished"


@dataclass(frozen=True)
class Standing:
    """One topic for one learner."""

    topic: Topic
    state: State
    done: int = 0  # questions answered and exercises passed …
    parts: int = 0  # … of so many
    memory: float | None = None  # mean probability of recall over what was asked; None: nothing yet
    due: int = 0
    is_here: bool = False

    @property
    def progress(self) -> float:
        return self.done / self.parts if self.parts else float(self.state is State.FINISHED)

    @property
    def heat(self) -> int | None:
        return None if self.memory is None else heat(self.memory)

    @property
    def percent(self) -> int | None:
        return None if self.memory is None else round(100 * self.memory)


@dataclass(frozen=True)
class Journey:
    """One learner in one course."""

    course: Course
    finished: frozenset[str]
    standings: Mapping[str, Standing]
    passed: frozenset[str]  # keys of exercises
    last: str = ""
    recalls: Mapping[str, gates.Recall] = field(default_factory=dict)  # of finished topics

    @cached_property
    def faded(self) -> frozenset[str]:
        """Finished topics that are no longer remembered."""
        return frozenset(key for key, recall in self.recalls.items() if recall.has_faded)

    def gate(self, key: str) -> gates.Gate:
        """What a topic builds on and was finished, as it is remembered today."""
        needs = sequence.needs(self.course, key)
        return gates.Gate(tuple(self.recalls[need] for need in needs if need in self.recalls))

    @cached_property
    def next(self) -> str | None:
        return sequence.next_topic(self.course, self.finished, self.last, self.faded)


def heat(memory: float) -> int:
    """The step of the temperature scale for a probability of recall."""
    return min(STEPS, max(0, round(STEPS * (1 - memory) / (1 - COLDEST))))


def journey(learner: User, edition: Edition, now: datetime) -> Journey:
    course = edition.course
    mine = Finished.objects.filter(learner=learner, course=course.key)
    finished = frozenset(mine.values_list("topic", flat=True)) & course.lessons.keys()
    last = Enrolment.objects.filter(learner=learner, course=course.key).values_list("topic", flat=True).first() or ""
    passed = frozenset(key for key, one in exercise_standings(learner).items() if one.passed)
    cards = _cards(learner, course, now)
    recalls = {key: _recall(key, cards[key]) for key in finished}
    faded = frozenset(key for key, recall in recalls.items() if recall.has_faded)
    here = sequence.next_topic(course, finished, last, faded)
    standings = {
        key: _standing(course, topic, finished, faded, passed, cards[key], key == here)
        for key, topic in course.topics.items()
    }
    return Journey(course, finished, standings, passed, last, recalls)


def _recall(topic: str, known: list[_Known]) -> gates.Recall:
    return gates.Recall.of(topic, ((one.memory, one.item) for one in known if one.memory is not None))


@dataclass(frozen=True)
class _Known:
    """One card, as far as the map needs it."""

    item: str
    memory: float | None
    is_due: bool


def _cards(learner: User, course: Course, now: datetime) -> defaultdict[str, list[_Known]]:
    """What the learner remembers, by topic."""
    rules = rulebook.rules_of(learner)
    today = days.study_date(now, days.clock(learner.zone, learner.rollover_hour))
    found: defaultdict[str, list[_Known]] = defaultdict(list)
    mine = Card.objects.of(learner).filter(item__startswith=f"{course.key}/", suspended=False)
    due = set(mine.due(today, now).exclude(state=schedule.State.NEW).values_list("item", flat=True))
    for card in mine:
        lesson = course.lesson_of.get(card.item)
        if lesson is not None:
            memory = schedule.predicted(card.memory, today, rules[card.kind])
            found[lesson.key].append(_Known(card.item, memory, card.item in due))
    return found


def _standing(
    course: Course,
    topic: Topic,
    finished: frozenset[str],
    faded: frozenset[str],
    passed: frozenset[str],
    known: list[_Known],
    is_here: bool,
) -> Standing:
    lesson = topic.lesson
    if lesson is None:
        return Standing(topic, State.COMING)
    asked = {one.item for one in known if one.memory is not None}
    answered = sum(content.question_item(course.key, question.key) in asked for question in lesson.questions)
    done = answered + sum(key in passed for key in lesson.exercises)
    memories = [one.memory for one in known if one.memory is not None]
    return Standing(
        topic,
        _state(course, topic.key, finished, faded, bool(memories) or done > 0),
        done=done,
        parts=len(lesson.questions) + len(lesson.exercises),
        memory=mean(memories) if memories else None,
        due=sum(one.is_due for one in known),
        is_here=is_here,
    )


def _state(course: Course, key: str, finished: frozenset[str], faded: frozenset[str], has_begun: bool) -> State:
    if key in finished:
        return State.FINISHED
    if has_begun:
        return State.BEGUN
    if sequence.missing(course, key, finished):
        return State.AHEAD
    return State.READY if sequence.is_open(course, key, finished, faded) else State.FADED
