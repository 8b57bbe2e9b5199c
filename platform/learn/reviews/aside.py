"""What is set aside: leeches with a remedy, what was suspended, what rests until tomorrow. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from ulid import ULID

from learn.reviews.items import Kind, course_of, key_of
from learn.reviews.models import Card
from learn.reviews.places import Map
from learn.reviews.sections import section_of
from learn.reviews.today import today_of


@dataclass(frozen=True)
class SetAside:
    """One item that is not asked for now."""

    id: str  # of the line that brings it back
    card: Card
    title: str
    topic: str
    lesson_url: str
    easier_url: str  # one step easier: an exercise with most of its code given

    @property
    def kind(self) -> Kind:
        return Kind(self.card.kind)


def set_aside(learner, now: datetime, locale: str) -> list[SetAside]:
    """The leeches first. A fixed number of queries."""
    today = today_of(learner, now)
    cards = list(
        Card.objects.of(learner)
        .filter(Q(suspended=True) | Q(buried_until__gt=today))
        .order_by("-suspended", "-leech_at", "item")
    )
    map = Map.of(card.item for card in cards)
    return [_one(map, card, locale) for card in cards]


def _one(map: Map, card: Card, locale: str) -> SetAside:
    place, kind = map.place(card.item), Kind(card.kind)
    lesson = reverse("lessons:lesson", args=[course_of(card.item), place.topic]) if place.topic else ""
    if lesson and kind is Kind.QUESTION:
        lesson += f"#question-{key_of(card.item)}"
    elif lesson and kind is Kind.CARD and card.is_leech and (edition := map.edition(card.item)):
        section = section_of(edition, place.topic, key_of(card.item), locale)
        lesson += f"#{section}" if section else ""
    workbench = (
        reverse("exercises:workbench", args=[key_of(card.item)]) if kind is Kind.EXERCISE and place.topic else ""
    )
    return SetAside(
        id=str(ULID()),
        card=card,
        title=map.title(card.item, locale),
        topic=map.topic_title(card.item, locale),
        lesson_url=lesson,
        easier_url=f"{workbench}?review=cloze" if workbench else "",
    )
