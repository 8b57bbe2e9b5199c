"""What devices send: lines for the log, one or many, now or after a week without a connection.

Each line is written by itself, so that one that makes no sense keeps no other from being written; it
gets a sentence that the device shows. The same lines sent again change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learn.reviews import days, places, reviewing
from learn.reviews.fold import What
from learn.reviews.items import Kind, kind_of
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.moments import believed
from learn.reviews.rating import Evidence, rate
from learn.reviews.reviewing import Refused

MAX_LINES = 500
# What a device may write; all else is written by what it does here.
NOTES = {"bury": What.BURY, "suspend": What.SUSPEND, "resume": What.RESUME, "reset": What.RESET, "cram": What.CRAM}


@dataclass(frozen=True)
class Result:
    id: str
    ok: bool
    message: str = ""  # why it was not taken; or what else came of it
    item: str = ""  # of an undo: what was taken back, to be shown again

    def to_dict(self) -> dict[str, Any]:
        more = {"message": self.message, "item": self.item}
        return {"id": self.id, "ok": self.ok} | {name: value for name, value in more.items() if value}


def receive(learner, lines: list[Any], sent_ms: int | None, now: datetime) -> list[Result]:
    """Write the lines down, the earliest first; a result for each, in the order they came."""
    numbered = sorted(enumerate(lines[:MAX_LINES]), key=lambda pair: (_claimed(pair[1]) or 0, pair[0]))
    results = {place: _receive(learner, line, sent_ms, now) for place, line in numbered}
    return [results[place] for place in range(len(results))]


def _receive(learner, line: Any, sent_ms: int | None, now: datetime) -> Result:
    given = line if isinstance(line, Mapping) else {}
    id = str(given.get("id", ""))[:40]
    try:
        card = _write(learner, given, sent_ms, now)
    except Refused as refused:
        return Result(id, False, str(refused))
    if (
        card
        and given.get("what", "rate") == "rate"
        and card.is_leech
        and card.leech_at == days.from_ms(card.last_ms or 0)
    ):
        return Result(id, True, _set_aside(card.lapses))
    return Result(id, True, item=card.item if card and given.get("what") == "undo" else "")


def _set_aside(lapses: int) -> str:
    said = ngettext(
        "Forgotten %(n)d time, so it is set aside: what helps stands under “Set aside”.",
        "Forgotten %(n)d times, so it is set aside: what helps stands under “Set aside”.",
        lapses,
    )
    return said % {"n": lapses}


def _write(learner, line: Mapping[str, Any], sent_ms: int | None, now: datetime) -> Card | None:
    what, item, id = line.get("what", "rate"), line.get("item"), line.get("id")
    received = days.to_ms(now)
    moment = believed(_claimed(line) or received, sent_ms, received)
    at, zone = days.from_ms(moment.utc_ms), _zone(line.get("zone"))
    evidence: dict[str, Any] = {"clock": moment.note} if moment.note else {}
    if line.get("zone") and zone is None:
        evidence["zone_note"] = days.clock(str(line["zone"])[:64]).note
    if what == "undo":
        return _undo(learner, line, at)
    _check_known(learner, item)
    common = {"event_id": id, "zone": zone}
    if what == "rate":
        if kind_of(item) is not Kind.CARD:
            raise Refused(_("Questions and exercises are rated by what you do, not by hand."))
        duration = line.get("duration_ms")
        return reviewing.review(
            learner, item, line.get("rating"), at, kind=What.MANUAL, evidence=evidence, duration_ms=duration, **common
        )
    if what == "give-up":
        given_up = Evidence(kind=kind_of(item), gave_up=True, revealed=False)
        rated = rate(given_up)
        evidence |= {**given_up.to_dict(), "reason": rated.reason}
        return reviewing.review(learner, item, rated.rating, at, evidence=evidence, **common)
    if what in NOTES:
        return reviewing.note(learner, item, NOTES[what], at, evidence=evidence, **common)
    raise Refused(_("“%(what)s” is not something a review can do.") % {"what": str(what)[:30]})


def _undo(learner, line: Mapping[str, Any], at: datetime) -> Card | None:
    """Take back the line named, or the last one."""
    target, id = line.get("target"), line.get("id")
    if target:
        if not ReviewEvent.objects.filter(learner=learner, pk=str(target)[:26]).exists():
            raise Refused(_("What this takes back never arrived here."))
        return reviewing.undo(learner, str(target), at, void_id=id)
    return reviewing.undo_last(learner, at, void_id=id)


def _check_known(learner, item: Any) -> None:
    """An item of a course, or one that this learner has had: an older edition may have been on the device."""
    if not isinstance(item, str):
        raise Refused(_("A review has to say of what it is."))
    if not places.Map.of([item]).knows(item) and not Card.objects.filter(learner=learner, item=item).exists():
        raise Refused(_("No course has “%(item)s”.") % {"item": item[:60]})


def _claimed(line: Any) -> int | None:
    at = line.get("at") if isinstance(line, Mapping) else None
    return int(at) if isinstance(at, int | float) and not isinstance(at, bool) and abs(at) < 1e15 else None


def _zone(zone: Any) -> str | None:
    """The device's zone, if it is one; else the learner's own counts."""
    return zone if isinstance(zone, str) and zone and not days.clock(zone).note else None
