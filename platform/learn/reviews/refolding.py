"""Work cards out anew from the log: after new weights, after a rule was mended, or just to see that
nothing differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction

from learn.reviews.fold import Event, Fact, Folded, What, fold
from learn.reviews.items import kind_of
from learn.reviews.models import EVENT_COLUMNS, Card, ReviewEvent
from learn.reviews.reviewing import seed_of
from learn.reviews.rulebook import rules_of

# Columns that the fold decides.
CARD_COLUMNS = (
    "stability", "difficulty", "state", "step", "last_on", "last_ms", "first_on", "due_on", "due_at", "reps",
    "lapses", "suspended", "buried_until", "leech_at",
)  # fmt: skip
FACT_COLUMNS = ("elapsed", "predicted", "voided_by")
# Only these kinds carry evidence that the fold reads; the rest of it need not be parsed.
TELLING = (What.IMPLICIT, What.IMPORT)


@dataclass(frozen=True)
class Refolded:
    """What working everything out anew found."""

    events: int
    cards: int
    changed: tuple[str, ...]  # items whose card differed

    @property
    def is_same(self) -> bool:
        return not self.changed


@transaction.atomic
def refold(learner, write: bool = True, progress: Callable[[int], None] | None = None) -> Refolded:
    """Every card of a learner, anew from the log. Locks the cards while it works."""
    rules, count, changed = rules_of(learner), 0, []
    cards = {card.item: card for card in Card.objects.select_for_update().filter(learner=learner)}
    facts: list[ReviewEvent] = []
    for item, rows in groupby(_rows(learner), key=lambda row: row[0]):
        log = list(rows)
        events, count = [event for _, event, _ in log], count + len(log)
        kind = kind_of(item)
        folded = fold(events, rules[kind], kind, seed_of(learner, item))
        facts += _facts_that_differ(log, folded)
        if _becomes(cards.setdefault(item, Card(learner=learner, item=item, kind=kind)), folded):
            changed.append(item)
        if progress:
            progress(count)
    if write:
        _write(cards[item] for item in changed)
        ReviewEvent.objects.bulk_update(facts, FACT_COLUMNS, batch_size=200) if facts else None
    return Refolded(count, len(cards), tuple(changed))


def _rows(learner) -> Iterable[tuple[str, Event, tuple]]:
    """The log item by item: each line as an event, with the facts that are kept of it."""
    mine = ReviewEvent.objects.filter(learner=learner)
    evidence = dict(mine.filter(kind__in=TELLING).values_list("pk", "evidence"))
    names = [name for name in EVENT_COLUMNS if name != "evidence"]
    at = EVENT_COLUMNS.index("evidence")
    rows = mine.order_by("item", "utc_ms", "id").values_list("item", *FACT_COLUMNS, *names)
    for item, elapsed, predicted, voided_by, *columns in rows.iterator(chunk_size=5000):
        columns.insert(at, evidence.get(columns[0], {}))
        yield item, Event(*columns), (elapsed, predicted, voided_by)


def _facts_that_differ(log: list[tuple[str, Event, tuple]], folded: Folded) -> list[ReviewEvent]:
    found = []
    for _, event, kept in log:
        fact = folded.facts.get(event.id, Fact(None, None))
        now = (fact.elapsed, fact.predicted, folded.voided_by.get(event.id, ""))
        if now != kept:
            found.append(ReviewEvent(pk=event.id, **dict(zip(FACT_COLUMNS, now, strict=True))))
    return found


def _becomes(card: Card, folded: Folded) -> bool:
    """Bring a card up to date; whether that changed it."""
    before = [getattr(card, name) for name in CARD_COLUMNS]
    card.become(folded.state)
    return card.pk is None or before != [getattr(card, name) for name in CARD_COLUMNS]


def _write(cards: Iterable[Card]) -> None:
    Card.objects.bulk_create(
        cards,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["learner", "item"],
        update_fields=[*CARD_COLUMNS, "kind"],
    )
