"""The one place where reviews are written: a line of the log, and the card that follows from it.

    review(learner, item, Rating.GOOD, now, event_id=…, evidence=…) -> Card
    join(learner, item, now)                      an item begins; twice is once
    undo(learner, event_id, now)                  takes a line back, by another line; redo takes that back
    rerate(learner, event_id, Rating.HARD, now)   the learner's own word about graded work

`refolding.refold` works everything out anew. Every write locks the learner's card of the item, so that
two of them come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from ulid import ULID

from learn.reviews import days, load, schedule
from learn.reviews.fold import RATED, Event, Fact, Folded, What, choose_days, fold
from learn.reviews.items import Kind, kind_of
from learn.reviews.models import EVENT_COLUMNS, ITEM_LENGTH, Card, ReviewEvent
from learn.reviews.rating import RULE_VERSION, Rating
from learn.reviews.rulebook import rules_of
from learn.reviews.schedule import Rules

MAX_DURATION_MS = 24 * 3600 * 1000


class Refused(ValueError):
    """What was sent is not a review. The message is for the person who sent it."""


@transaction.atomic
def review(
    learner,
    item: str,
    rating: Rating | int,
    now: datetime,
    *,
    event_id: str | None = None,
    evidence: Mapping[str, Any] | None = None,
    auto_rating: int | None = None,
    duration_ms: int | None = None,
    kind: str = What.GRADED,
    zone: str | None = None,
) -> Card:
    """Write one review down and move its card. The same `event_id` again changes nothing.
    Raises Refused for a rating that is none, or an id that someone else has used."""
    checked = _rating(rating)
    columns = {
        "rating": checked,
        "auto_rating": auto_rating,
        "rule_version": RULE_VERSION if kind == What.GRADED else 0,
        "evidence": dict(evidence or {}),
        "duration_ms": _duration(duration_ms),
        "zone": zone,
    }
    return _add(learner, item, What(kind), now, event_id, columns)


@transaction.atomic
def join(learner, item: str, now: datetime, due_on: date | None = None) -> Card:
    """The item begins, due today or on the day given. One that has begun stays as it is."""
    found = Card.objects.filter(learner=learner, item=item).first()
    return found or _add(learner, item, What.JOIN, now, None, {"due_on": due_on})


@transaction.atomic
def join_all(learner, items: Iterable[str], now: datetime) -> int:
    """Begin many items at once, as when a lesson is finished; how many were not there yet."""
    wanted = dict.fromkeys(items)
    known = set(Card.objects.filter(learner=learner, item__in=wanted).values_list("item", flat=True))
    missing = [_check_item(item) for item in wanted if item not in known]
    lines = [_line(learner, item, What.JOIN, now, str(ULID.from_datetime(now)), {}) for item in missing]
    ReviewEvent.objects.bulk_create(lines)
    cards = [Card(learner=learner, item=line.item, kind=kind_of(line.item), due_on=line.study_date) for line in lines]
    Card.objects.bulk_create(cards, ignore_conflicts=True)
    return len(lines)


@transaction.atomic
def note(learner, item: str, what: What, now: datetime, event_id: str | None = None, **columns) -> Card:
    """A line that is not a rating: bury, suspend, resume, reset, move, implicit credit, cram."""
    return _add(learner, item, what, now, event_id, columns)


# What an undo passes over: a taking back is redone, not undone; the rest is not the learner's doing.
NOT_UNDONE = (What.VOID, What.JOIN, What.IMPORT, What.IMPLICIT)


@transaction.atomic
def undo(learner, event_id: str, now: datetime, *, void_id: str | None = None) -> Card:
    """Take one line back; a line that was a taking back is so redone. Raises Refused if it is not theirs."""
    found = ReviewEvent.objects.filter(learner=learner, pk=event_id).first()
    if found is None:
        raise Refused(_("There is no review %(id)s to take back.") % {"id": str(event_id)[:26]})
    card = _add(learner, found.item, What.VOID, now, void_id, {"target": found.pk})
    changed = ReviewEvent.objects.filter(learner=learner, pk=found.evidence.get("rerates", "")).first()
    if changed and changed.voided_by and not found.voided_by:  # the rating before the learner changed it
        card = _add(learner, found.item, What.VOID, now, None, {"target": changed.voided_by})
    return card


def undo_last(learner, now: datetime, *, void_id: str | None = None) -> Card | None:
    """Take back the last thing that still stands; None when there is nothing. Pressed again: the one before."""
    mine = ReviewEvent.objects.filter(learner=learner)
    if void_id and (sent := mine.filter(pk=void_id).first()):  # this very undo came before
        return Card.objects.filter(learner=learner, item=sent.item).first()
    last = mine.standing().exclude(kind__in=NOT_UNDONE).order_by("-utc_ms", "-id").first()
    return undo(learner, last.pk, now, void_id=void_id) if last else None


def redo_last(learner, now: datetime) -> Card | None:
    """Bring back what was taken back last, as long as nothing else has happened since."""
    mine = ReviewEvent.objects.filter(learner=learner)
    taken_back = mine.exclude(kind=What.VOID).exclude(voided_by="").values("voided_by")
    last = mine.filter(pk__in=taken_back).order_by("-utc_ms", "-id").first()
    if last is None or mine.standing().exclude(kind__in=NOT_UNDONE).filter(utc_ms__gt=last.utc_ms).exists():
        return None
    return undo(learner, last.pk, now)


@transaction.atomic
def rerate(learner, event_id: str, rating: Rating | int, now: datetime, *, new_id: str | None = None) -> Card:
    """The learner's word about work that the rule rated: lower at will, higher by one step. The old line
    is taken back and a new one written for the same moment. Raises Refused."""
    old = ReviewEvent.objects.filter(learner=learner, pk=event_id, kind=What.GRADED).first()
    if old is None or old.voided_by:
        raise Refused(_("This review is not there any more, so its rating cannot be changed."))
    said, rule = _rating(rating), old.auto_rating or old.rating
    if said > rule + 1:
        raise Refused(_("A rating may be raised by one step, not by more."))
    undo(learner, event_id, now)
    columns = {
        "rating": said,
        "auto_rating": rule,
        "rule_version": old.rule_version,
        "evidence": {**old.evidence, "rerates": old.pk},
        "duration_ms": old.duration_ms,
        "zone": old.zone,
    }
    return _add(learner, old.item, What.GRADED, days.from_ms(old.utc_ms), new_id, columns)


# ------------------------------------------------------------------------------------- the one write


def _add(learner, item: str, what: What, now: datetime, event_id: str | None, columns: dict[str, Any]) -> Card:
    """Add a line to an item's log, unless it is there, and fold the log again."""
    line = _line(learner, _check_item(item), what, now, event_id or str(ULID.from_datetime(now)), columns)
    card, _created = Card.objects.select_for_update().get_or_create(
        learner=learner, item=item, defaults={"due_on": columns.get("due_on") or line.study_date}
    )
    card.learner = learner
    if _is_known(line):
        return card
    kind = kind_of(item)
    rules = rules_of(learner)[kind]
    log = [Event(*row) for row in _log(learner, item)]
    if what in RATED and line.rating:
        _choose_day(line, log, rules, kind, seed_of(learner, item))
    folded = fold([*log, line.as_event], rules, kind, seed_of(learner, item))
    _keep_facts(line, folded)
    line.save(force_insert=True)
    _keep_facts_of_others(learner, item, line.pk, folded)
    card.become(folded.state)
    card.save()
    return card


def _line(learner, item: str, what: What, now: datetime, event_id: str, columns: dict[str, Any]) -> ReviewEvent:
    """The line as it will be written: its day of study is worked out now and stays."""
    clock = days.clock(columns.get("zone") or learner.zone, learner.rollover_hour)
    given = {name: value for name, value in columns.items() if name != "zone" and value is not None}
    if clock.note:
        given["evidence"] = {**given.get("evidence", {}), "zone_note": clock.note}
    return ReviewEvent(
        id=_event_id(event_id),
        learner=learner,
        item=item,
        kind=what,
        utc_ms=days.to_ms(now),
        zone=clock.name,
        rollover=clock.rollover,
        study_date=days.study_date(now, clock),
        **given,
    )


def _is_known(line: ReviewEvent) -> bool:
    """Whether this very line came before. Raises Refused where its id is another's."""
    found = ReviewEvent.objects.filter(pk=line.pk).values_list("learner_id", "item").first()
    if found is not None and found != (line.learner_id, line.item):
        raise Refused(_("The id %(id)s belongs to another review.") % {"id": line.pk})
    return found is not None


def _log(learner, item: str):
    return ReviewEvent.objects.filter(learner=learner, item=item).in_order().values_list(*EVENT_COLUMNS)


def _choose_day(line: ReviewEvent, log: list[Event], rules: Rules, kind: Kind, seed: str) -> None:
    """Choose the day of return by the load of those days, and write down upon which history."""
    earlier = [event for event in log if (event.utc_ms, event.id) < (line.utc_ms, line.pk) or event.what == What.VOID]
    before = fold(earlier, rules, kind, seed)
    memory, rating = before.state.memory, Rating(line.rating)
    then = schedule.after(memory, rating, line.study_date, rules)
    if then.step is not None:
        return
    waiting = load.loads(line.learner, [line.item], line.study_date).of(line.item)
    chosen = choose_days(memory, rating, then, line.study_date, rules, seed, before.state.reps, waiting)
    line.due_on, line.basis = line.study_date + timedelta(days=chosen), before.basis


def _keep_facts(line: ReviewEvent, folded: Folded) -> None:
    fact = folded.facts.get(line.pk, Fact(None, None))
    line.elapsed, line.predicted = fact.elapsed, fact.predicted
    line.voided_by = folded.voided_by.get(line.pk, "")


def _keep_facts_of_others(learner, item: str, but: str, folded: Folded) -> None:
    """A line that is taken back, or that arrived late, changes what its neighbours stand for."""
    others = ReviewEvent.objects.filter(learner=learner, item=item).exclude(pk=but)
    changed = [line for line in others.only("elapsed", "predicted", "voided_by") if _differs(line, folded)]
    for line in changed:
        _keep_facts(line, folded)
    if changed:
        ReviewEvent.objects.bulk_update(changed, ["elapsed", "predicted", "voided_by"], batch_size=200)


def _differs(line: ReviewEvent, folded: Folded) -> bool:
    fact = folded.facts.get(line.pk, Fact(None, None))
    return (line.elapsed, line.predicted, line.voided_by) != (
        fact.elapsed,
        fact.predicted,
        folded.voided_by.get(line.pk, ""),
    )


def seed_of(learner, item: str) -> str:
    """What makes the draws of one learner's item its own. The e-mail or a row's other fields may change."""
    return f"{learner.pk}:{item}"


# ---------------------------------------------------------------------------------- what is refused


def _rating(rating: Any) -> Rating:
    try:
        return Rating(int(rating))
    except (TypeError, ValueError) as error:
        said = {"rating": str(rating)[:20]}
        raise Refused(_("A rating is 1 (again), 2 (hard), 3 (good) or 4 (easy), not “%(rating)s”.") % said) from error


def _check_item(item: str) -> str:
    if not isinstance(item, str) or len(item) > ITEM_LENGTH or not all(item.partition("/")[::2]):
        raise Refused(_("“%(item)s” is not the name of an item.") % {"item": str(item)[:60]})
    return item


def _event_id(event_id: str) -> str:
    try:
        return str(ULID.from_str(event_id))
    except (TypeError, ValueError) as error:
        raise Refused(_("“%(id)s” is not a ULID.") % {"id": str(event_id)[:30]}) from error


def _duration(milliseconds: Any) -> int | None:
    """How long it took; a device that slept meanwhile does not know, and says so by an absurd number."""
    try:
        value = int(milliseconds)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if 0 <= value <= MAX_DURATION_MS else None
