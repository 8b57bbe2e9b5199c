"""Whether what a topic needs is still remembered: predicted recall of its items, topic by topic. Reads.

A topic opens when the topics before it were passed and are still remembered, at 0.8 and above. What
has faded gets a refresher of five minutes, and never a wall without a door.

    gate = gates.gate(learner, edition, sequence.needs(course, "lora"), now)
    gate.is_open; gate.faded; gate.refresher     # items, the weakest first, for five minutes

`/reviews/?refresh=llm-roadmap/attention+tokenization&then=lora` asks for exactly that, and leads on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from learn.courses import content
from learn.courses.library import Edition
from learn.reviews import schedule
from learn.reviews.items import Kind, kind_of
from learn.reviews.models import Card
from learn.reviews.pace import USUAL_MINUTES
from learn.reviews.rulebook import rules_of
from learn.reviews.today import today_of

STILL_REMEMBERED = 0.8
REFRESHER_MINUTES = 5.0


@dataclass(frozen=True)
class Recall:
    """What is remembered of one topic: the mean over its items that were ever asked."""

    topic: str
    recall: float | None  # None: nothing of it was ever asked
    weakest: tuple[tuple[float, str], ...] = ()  # (recall, item), the weakest first

    @classmethod
    def of(cls, topic: str, asked: Iterable[tuple[float, str]]) -> Recall:
        """From the recall of each item. Exercises are left out: they cannot be part of five minutes."""
        weakest = tuple(sorted(pair for pair in asked if kind_of(pair[1]) is not Kind.EXERCISE))
        return cls(topic, sum(recall for recall, _ in weakest) / len(weakest) if weakest else None, weakest)

    @property
    def has_faded(self) -> bool:
        return self.recall is not None and self.recall < STILL_REMEMBERED


@dataclass(frozen=True)
class Gate:
    """Topics that another needs, as they are remembered today."""

    needs: tuple[Recall, ...]

    @property
    def faded(self) -> tuple[str, ...]:
        return tuple(need.topic for need in self.needs if need.has_faded)

    @property
    def is_open(self) -> bool:
        """Nothing of what it needs has faded. Whether those topics were passed is for lessons to say."""
        return not self.faded

    @property
    def refresher(self) -> tuple[str, ...]:
        """Items for about five minutes, of what has faded, the weakest first."""
        weakest = sorted({pair for need in self.needs if need.has_faded for pair in need.weakest})
        chosen, minutes = [], 0.0
        for _, item in weakest:
            minutes += USUAL_MINUTES[kind_of(item)]
            if chosen and minutes > REFRESHER_MINUTES:
                break
            chosen.append(item)
        return tuple(chosen)

    @property
    def minutes(self) -> int:
        """How long the refresher takes."""
        return max(1, round(sum(USUAL_MINUTES[kind_of(item)] for item in self.refresher)))


def refresher_query(course: str, topics: Iterable[str], then: str = "") -> str:
    """What the review page is asked for a refresher of these topics, and where it leads to afterwards."""
    return urlencode({"refresh": f"{course}/{'+'.join(topics)}"} | ({"then": then} if then else {}))


def gate(learner, edition: Edition, needs: Iterable[str], now: datetime) -> Gate:
    """The gate of a topic that needs these. Three queries, however many."""
    wanted = list(needs)
    found = recalls(learner, edition, wanted, now) if wanted else {}
    return Gate(tuple(found[need] for need in wanted))


def recalls(learner, edition: Edition, topics: Iterable[str], now: datetime) -> dict[str, Recall]:
    """Predicted recall of these topics. What was set aside is not counted: a refresher could not ask it."""
    lessons = {topic: edition.course.lessons.get(topic) for topic in topics}
    items = {
        item: topic
        for topic, lesson in lessons.items()
        if lesson
        for item in content.items_of(edition.course.key, lesson)
    }
    today, rules = today_of(learner, now), rules_of(learner)
    by_topic: dict[str, list[tuple[float, str]]] = {}
    for card in Card.objects.filter(learner=learner, item__in=items, stability__isnull=False, suspended=False):
        recall = schedule.predicted(card.memory, today, rules[Kind(card.kind)])
        by_topic.setdefault(items[card.item], []).append((recall or 0.0, card.item))
    return {topic: Recall.of(topic, by_topic.get(topic, ())) for topic in lessons}
