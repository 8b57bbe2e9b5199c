"""Days and minutes in words, short enough for a button."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def of_days(count: int) -> str:
    """`3 d`, `6 wk`, `5 mo`, `1.5 y`."""
    if count < 1:
        return _("today")
    if count <= 30:
        return ngettext("%(n)d d", "%(n)d d", count) % {"n": count}
    if count < 365:
        return _("%(n)s mo") % {"n": _short(count / 30.44)}
    return _("%(n)s y") % {"n": _short(count / 365.25)}


def of_stability(days: float) -> str:
    """How long a memory lasts."""
    return of_days(round(days)) if days >= 1 else _("under 1 d")


def of_minutes(minutes: float) -> str:
    """`<1 min`, `14 min`, `2 h 5 min`."""
    whole = round(minutes)
    if whole < 1:
        return _("under 1 min")
    if whole < 60:
        return _("%(n)d min") % {"n": whole}
    hours, rest = divmod(whole, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest} if rest else _("%(n)d h") % {"n": hours}


def until(day: date, today: date) -> str:
    """When a day comes, seen from today."""
    days = (day - today).days
    if days <= 0:
        return _("today")
    if days == 1:
        return _("tomorrow")
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
