"""Times and waits in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def wait(ahead: int, seconds: float | None) -> str:
    """Where a submission stands in the queue, in words."""
    if not ahead:
        return _("You are next.")
    numbers = {"ahead": ahead, "wait": duration(seconds) if seconds else ""}
    if not seconds:
        said = ngettext("%(ahead)s submission is before yours.", "%(ahead)s submissions are before yours.", ahead)
    else:
        said = ngettext(
            "%(ahead)s submission is before yours; about %(wait)s.",
            "%(ahead)s submissions are before yours; about %(wait)s.",
            ahead,
        )
    return said % numbers


def duration(seconds: float) -> str:
    """A time as one says it: 84 ms, 1.2 s, 3 min."""
    if seconds < 0.0995:
        return _("%(n)s ms") % {"n": f"{seconds * 1000:.0f}" if seconds >= 0.001 else "< 1"}
    if seconds < 60:
        return _("%(n)s s") % {"n": f"{seconds:.1f}" if seconds < 9.95 else f"{seconds:.0f}"}
    return _("%(n)s min") % {"n": round(seconds / 60)}
