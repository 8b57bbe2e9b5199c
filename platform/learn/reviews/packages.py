"""A learner's cards as an Anki package, with memory and history. Reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from learn.courses import content, rendering
from learn.courses.content import Question, Text, text
from learn.courses.library import Edition
from learn.reviews import apkg, days
from learn.reviews.asking import sides
from learn.reviews.fold import RATED
from learn.reviews.items import Kind, key_of, kind_of
from learn.reviews.models import EVENT_COLUMNS, Card, ReviewEvent
from learn.reviews.places import Map
from learn.reviews.rulebook import rules_of
from learn.reviews.schedule import State
from learn.reviews.today import clock_of, today_of

FORMAT = 1
# Columns of an event that a device, or this site elsewhere, needs to have the very same log.
OWN_COLUMNS = (*EVENT_COLUMNS, "item", "auto_rating", "rule_version", "duration_ms")


def package_of(learner, now: datetime, locale: str) -> bytes:
    """Everything the learner remembers, as an .apkg."""
    cards = list(Card.objects.filter(learner=learner).order_by("item"))
    map, clock = Map.of(card.item for card in cards), clock_of(learner)
    events = list(ReviewEvent.objects.filter(learner=learner).in_order())
    first = min([event.study_date for event in events] or [today_of(learner, now)])
    by_item: dict[str, list[ReviewEvent]] = {}
    for event in events:
        if event.kind in RATED and event.rating and not event.voided_by:
            by_item.setdefault(event.item, []).append(event)
    retention = {kind: rules.retention for kind, rules in rules_of(learner).items()}
    packed = [
        _card(card, map, by_item.get(card.item, []), first, retention[kind_of(card.item)], locale) for card in cards
    ]
    created = int(days.begins(first, clock).timestamp())
    return apkg.write(packed, created, int(now.timestamp()), own_of(events))


def own_of(events: Iterable[ReviewEvent]) -> dict[str, Any]:
    """The log whole: what Anki's own columns cannot say."""
    return {
        "format": FORMAT,
        "events": [{name: _plain(getattr(event, name)) for name in OWN_COLUMNS} for event in events],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _card(card: Card, map: Map, events: list[ReviewEvent], first: date, retention: float, locale: str) -> apkg.Card:
    front, back = _words(card.item, map, locale)
    state = State(card.state)
    due = (card.due_on - first).days
    if state in (State.LEARNING, State.RELEARNING) and card.due_at:
        due = int(card.due_at.timestamp())
    elif state is State.NEW:
        due = map.place(card.item).rank
    interval = max((card.due_on - card.last_on).days, 1) if card.last_on and state is State.REVIEW else 0
    return apkg.Card(
        item=card.item,
        front=front,
        back=back,
        deck=_deck(card.item, map, locale),
        type=int(state),
        queue=-1 if card.suspended else 1 if state is State.RELEARNING else int(state),
        due=due,
        interval=interval,
        reps=card.reps,
        lapses=card.lapses,
        stability=card.stability,
        difficulty=card.difficulty,
        retention=retention if card.stability else None,
        last_s=card.last_ms // 1000 if card.last_ms else None,
        reviews=tuple(_reviews(events)),
    )


def _reviews(events: list[ReviewEvent]) -> Iterable[apkg.Review]:
    before = 0
    for place, event in enumerate(events):
        interval = max((event.due_on - event.study_date).days, 1) if event.due_on else -600
        kind = 0 if not place else 1
        yield apkg.Review(event.utc_ms, event.rating or 0, event.duration_ms or 0, interval, before, kind)
        before = interval


def _deck(item: str, map: Map, locale: str) -> str:
    edition, place = map.edition(item), map.place(item)
    if not edition or not place.topic:
        return "Anneal"
    module = edition.course.module_of[place.topic]
    return "::".join(("Anneal", _flat(edition.course.title, locale), _flat(module.title, locale)))


def _flat(words: Text, locale: str) -> str:
    return text(words, locale).replace("::", ":").replace('"', "")


# ------------------------------------------------------------------------------- what the card says


def _words(item: str, map: Map, locale: str) -> tuple[str, str]:
    """Front and back as HTML. What left the course is told by its name."""
    edition, key = map.edition(item), key_of(item)
    topic = map.place(item).topic
    if edition is None or not topic:
        return escape(item), ""

    def html(words: Text) -> str:
        return rendering.render_text(edition, words, locale, "", topic)

    match kind_of(item):
        case Kind.CARD:
            front, back = sides(edition.course.cards[key])
            return html(front), html(back)
        case Kind.QUESTION:
            return _question(edition.course.questions[key], html, locale)
        case Kind.EXERCISE:
            return _exercise(edition, key, html, locale)
    raise AssertionError(item)


def _question(question: Question, html, locale: str) -> tuple[str, str]:
    """A question without its form: the options to think about, then what is right and why."""
    drawn = {name: values[0] for name, values in question.draw.items()}
    ask = {language: _filled(words, drawn) for language, words in question.ask.items()}
    why = {language: _filled(words, drawn) for language, words in question.why.items()}
    options = "".join(f"<li>{html(option.text)}</li>" for option in question.options)
    right = "".join(f"<li>{html(option.text)} {html(option.why)}</li>" for option in question.options if option.right)
    order = "".join(f"<li>{html(words)}</li>" for words in question.items)
    accepted = question.accept.get(locale) or question.accept.get(content.DEFAULT_LOCALE, ())
    code = f"<pre>{escape(question.code)}</pre>" if question.code else ""
    front = html(ask) + code + (f"<ul>{options}</ul>" if options else "")
    told = (f"<ul>{right}</ul>" if right else "") + (f"<ol>{order}</ol>" if order else "")
    return front, told + (f"<pre>{escape(accepted[0])}</pre>" if accepted else "") + html(why)


def _filled(words: str, drawn: dict[str, Any]) -> str:
    for name, value in drawn.items():
        words = words.replace("{" + name + "}", str(value))
    return words


def _exercise(edition: Edition, key: str, html, locale: str) -> tuple[str, str]:
    exercise = edition.exercise(key)
    address = settings.BASE_URL + reverse("exercises:workbench", args=[key])
    link = f'<p><a href="{escape(address)}">{escape(_("Open the workbench"))}</a></p>'
    if exercise is None:
        return escape(key), link
    return f"<h2>{escape(text(exercise.title, locale))}</h2>{html(exercise.summary)}", link
