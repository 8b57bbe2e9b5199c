"""Bring an Anki package back: what was reviewed there, and what this site once wrote, without doubling.

A review is known by its item and moment. The log that lies in the package is taken as it was; reviews
that Anki added since are lines of kind `import`; where Anki moved a due day or set a card aside, a line
says so. Bringing the same package twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db import transaction
from ulid import ULID

from learn.reviews import apkg, days
from learn.reviews.fold import What
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.packages import FORMAT, OWN_COLUMNS
from learn.reviews.places import Map
from learn.reviews.refolding import refold
from learn.reviews.schedule import State
from learn.reviews.today import clock_of

# Nobody remembers anything from before, or from after now.
EARLIEST = datetime(2006, 1, 1, tzinfo=UTC)
SUSPENDED = -1
MAX_EVIDENCE = 4000


@dataclass(frozen=True)
class Imported:
    items: int
    reviews: int
    moved: int  # cards whose due day was another there
    unknown: int  # cards of items that no course here has
    strange: int  # notes that are not ours
    future: int = 0  # reviews left out because they lie in the future


@transaction.atomic
def bring(learner, package: apkg.Package, now: datetime) -> Imported:
    """Write what the package knows and the log does not. Raises apkg.NotReadable."""
    had = set(Card.objects.filter(learner=learner).values_list("item", flat=True))
    map = Map.of({card.item for card in package.cards} | _own_items(package.own))
    cards = [card for card in package.cards if map.knows(card.item) or card.item in had]
    items = {card.item for card in cards}
    lines = _own_lines(learner, package.own, now, lambda item: map.knows(item) or item in had)
    lines += _reviews(learner, cards, lines, now)
    begun = had | {line.item for line in lines}
    lines += [_begun(learner, card, now) for card in cards if card.item not in begun]
    ReviewEvent.objects.bulk_create(lines, batch_size=500)
    if lines:
        refold(learner)
    moved = _follow_anki(learner, cards, package, now)
    if moved:
        refold(learner)
    rated = sum(1 for line in lines if line.rating)
    future = sum(review.ms > days.to_ms(now) for card in cards for review in card.reviews)
    return Imported(len(items), rated, len(moved), len(package.cards) - len(cards), package.strange, future)


# ------------------------------------------------------------------------------------ our own log


def _own_items(own: Mapping[str, Any] | None) -> set[str]:
    return {str(event.get("item")) for event in _own_events(own)}


def _own_events(own: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if not own or own.get("format") != FORMAT or not isinstance(own.get("events"), list):
        return []
    return [event for event in own["events"] if isinstance(event, Mapping)]


def _own_lines(learner, own: Mapping[str, Any] | None, now: datetime, is_known) -> list[ReviewEvent]:
    """The lines of the log that are not here yet. An id that somebody else here has is made anew."""
    events = [event for event in _own_events(own) if isinstance(event.get("item"), str) and is_known(event["item"])]
    given = [str(event.get("id")) for event in events]
    taken = dict(_in_batches(given))
    lines: dict[str, ReviewEvent] = {}
    for event in events:
        id = str(event.get("id"))
        if taken.get(id) == learner.pk:
            continue
        try:
            new = {old: _new_id(learner, old, taken) for old in (id, str(event.get("target") or "")) if old}
            line = _own_line(learner, event, new, now)
        except (TypeError, ValueError, KeyError) as error:
            raise apkg.NotReadable("damaged") from error
        lines[line.pk] = line
    known = dict(_in_batches(list(lines)))
    return [line for id, line in lines.items() if id not in known]


def _in_batches(ids: list[str]) -> Iterable[tuple[str, int]]:
    for start in range(0, len(ids), 500):
        found = ReviewEvent.objects.filter(pk__in=ids[start : start + 500])
        yield from found.values_list("pk", "learner_id")


def _new_id(learner, old: str, taken: Mapping[str, int]) -> str:
    """The same id, or, where somebody else here has it, another for the same moment."""
    parsed = ULID.from_str(old)
    if taken.get(old, learner.pk) == learner.pk:
        return str(parsed)
    return str(ULID.from_bytes(parsed.bytes[:6] + blake2b(f"{learner.pk}:{old}".encode(), digest_size=10).digest()))


def _own_line(learner, event: Mapping[str, Any], new: Mapping[str, str], now: datetime) -> ReviewEvent:
    """A line as it was, checked like any other: nothing here trusts a file."""
    told = {name: event.get(name) for name in OWN_COLUMNS}
    rating, utc_ms = told["rating"], int(told["utc_ms"])
    if rating not in (None, 1, 2, 3, 4) or not days.to_ms(EARLIEST) <= utc_ms <= days.to_ms(now) + 86_400_000:
        raise ValueError("not a review")
    clock = days.clock(str(told["zone"]), int(told["rollover"]))
    study_date = date.fromisoformat(told["study_date"])
    due_on = date.fromisoformat(told["due_on"]) if told["due_on"] else None
    if abs((study_date - days.from_ms(utc_ms).date()).days) > 2 or (due_on and not _is_near(due_on, study_date)):
        raise ValueError("days that do not belong to the moment")
    duration, auto = told["duration_ms"], told["auto_rating"]
    return ReviewEvent(
        id=new[str(told["id"])],
        learner=learner,
        item=told["item"][:200],
        kind=What(told["kind"]),
        rating=rating,
        auto_rating=auto if auto in (1, 2, 3, 4) else None,
        rule_version=int(told["rule_version"] or 0) % 1000,
        evidence=_evidence(told["evidence"]),
        utc_ms=utc_ms,
        zone=clock.name,
        rollover=clock.rollover,
        study_date=study_date,
        duration_ms=duration if isinstance(duration, int) and 0 <= duration <= 86_400_000 else None,
        due_on=due_on,
        basis=str(told["basis"] or "")[:12],
        target=new.get(str(told["target"] or ""), ""),
    )


def _is_near(due_on: date, study_date: date) -> bool:
    return timedelta(days=-1) <= due_on - study_date <= timedelta(days=36525)


def _evidence(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) and len(json.dumps(told)) <= MAX_EVIDENCE else {}


# --------------------------------------------------------------------------------------- Anki's log


def _reviews(learner, cards: list[apkg.Card], own: list[ReviewEvent], now: datetime) -> list[ReviewEvent]:
    """Reviews that neither the log nor our part of the package has."""
    mine = ReviewEvent.objects.filter(learner=learner, rating__isnull=False).values_list("item", "utc_ms")
    known = {(line.item, line.utc_ms) for line in own if line.rating} | set(mine)
    told = {item for item, _ in known}
    first, last, found = days.to_ms(EARLIEST), days.to_ms(now), []
    for card in cards:
        for review in card.reviews:
            is_ours = any((card.item, review.ms - late) in known for late in range(20))  # moments are keys there
            if review.rating in (1, 2, 3, 4) and review.kind != 3 and first <= review.ms <= last and not is_ours:
                found.append(_line(learner, card.item, review))
        if not card.reviews and card.item not in told and card.stability and card.difficulty:
            found.append(_memory(learner, card, now))
    fresh = {line.pk: line for line in found}
    brought = dict(_in_batches(list(fresh)))  # and taken back since: what is undone stays undone
    return [line for id, line in fresh.items() if id not in brought]


def _line(learner, item: str, review: apkg.Review) -> ReviewEvent:
    line = _bare(learner, item, What.IMPORT, review.ms, f"{item}:{review.ms}:{review.rating}")
    line.rating = review.rating
    line.duration_ms = review.duration_ms if 0 < review.duration_ms <= 86_400_000 else None
    line.evidence = {"from": "anki"}
    return line


def _memory(learner, card: apkg.Card, now: datetime) -> ReviewEvent:
    """A card with a memory and no history: its memory is taken over whole."""
    at = card.last_s * 1000 if card.last_s else days.to_ms(now)
    at = min(max(at, days.to_ms(EARLIEST)), days.to_ms(now))
    line = _bare(learner, card.item, What.IMPORT, at, f"{card.item}:memory")
    line.evidence = {
        "from": "anki", "stability": card.stability, "difficulty": card.difficulty, "reps": card.reps,
        "lapses": card.lapses,
    }  # fmt: skip
    return line


def _begun(learner, card: apkg.Card, now: datetime) -> ReviewEvent:
    """A card that was never asked there: it waits here too."""
    return _bare(learner, card.item, What.JOIN, days.to_ms(now), f"{card.item}:join")


def _bare(learner, item: str, what: What, utc_ms: int, name: str) -> ReviewEvent:
    """A line whose id follows from what it says, so that bringing it twice is bringing it once."""
    clock, moment = clock_of(learner), days.from_ms(utc_ms)
    chance = blake2b(f"{learner.pk}:{name}".encode(), digest_size=10).digest()
    return ReviewEvent(
        id=str(ULID.from_bytes(utc_ms.to_bytes(6, "big") + chance)),
        learner=learner,
        item=item,
        kind=what,
        utc_ms=utc_ms,
        zone=clock.name,
        rollover=clock.rollover,
        study_date=days.study_date(moment, clock),
    )


def _follow_anki(learner, cards: list[apkg.Card], package: apkg.Package, now: datetime) -> list[ReviewEvent]:
    """Lines for the due days and the setting aside that are otherwise than the log has it."""
    mine = {card.item: card for card in Card.objects.filter(learner=learner)}
    first = days.study_date(datetime.fromtimestamp(package.created_s, UTC), clock_of(learner))
    lines = []
    for theirs in cards:
        card = mine.get(theirs.item)
        if card is None:
            continue
        # Below 0 where it was due before the collection there was made.
        if theirs.type == State.REVIEW and -36_525 <= theirs.due < 200_000:
            due_on = first + timedelta(days=theirs.due)
            if card.state == State.REVIEW and due_on != card.due_on:
                lines.append(_at_end(learner, card, What.MOVE, now, due_on))
        if (theirs.queue == SUSPENDED) != card.suspended:
            lines.append(_at_end(learner, card, What.SUSPEND if theirs.queue == SUSPENDED else What.RESUME, now, None))
    ReviewEvent.objects.bulk_create(lines, batch_size=500)
    return lines


def _at_end(learner, card: Card, what: What, now: datetime, due_on: date | None) -> ReviewEvent:
    line = _bare(learner, card.item, what, days.to_ms(now), f"{card.item}:{what}:{due_on}:{days.to_ms(now)}")
    line.due_on = due_on
    return line
