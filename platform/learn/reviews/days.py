"""The learner's day: which day of study a moment belongs to, in their zone; pure.

A day of study begins at the rollover hour of the learner's clock (04:00 unless changed), so that
who studies past midnight is still in the old one. The day is worked out once, when the review
happens, and stored with it: moving house or changing the hour never rewrites history
(Anki keeps UTC only, and shows days that were missed because a clock was put forward).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROLLOVER_HOUR = 4


@dataclass(frozen=True)
class Clock:
    """A zone and the hour at which its days of study begin. `note` says what was wrong with the zone."""

    zone: tzinfo
    name: str
    rollover: int = ROLLOVER_HOUR
    note: str = ""


@lru_cache(maxsize=1024)
def clock(zone: str, rollover: int = ROLLOVER_HOUR) -> Clock:
    """The clock of an IANA zone; of UTC, with a note, when the zone is not one."""
    hour = rollover if 0 <= rollover <= 23 else ROLLOVER_HOUR
    if not zone or zone == "UTC":
        return Clock(UTC, "UTC", hour)
    try:
        return Clock(ZoneInfo(zone), zone, hour)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Clock(UTC, "UTC", hour, note=f"no time zone is called {zone[:64]!r}; counted in UTC")


def study_date(moment: datetime, clock: Clock) -> date:
    """The day of study a moment belongs to: its local date, less the hours before the rollover."""
    return (moment.astimezone(clock.zone).replace(tzinfo=None) - timedelta(hours=clock.rollover)).date()


def begins(day: date, clock: Clock) -> datetime:
    """The moment in UTC at which a day of study begins."""
    return datetime.combine(day, time(clock.rollover), clock.zone).astimezone(UTC)


def hours_left(moment: datetime, clock: Clock) -> float:
    """How long the day of study of this moment still lasts."""
    tomorrow = begins(study_date(moment, clock) + timedelta(days=1), clock)
    return (tomorrow - moment) / timedelta(hours=1)


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
