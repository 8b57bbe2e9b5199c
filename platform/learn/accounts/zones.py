"""Time zones by their IANA names."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

REGIONS = "Africa America Antarctica Asia Atlantic Australia Europe Indian Pacific".split()


@cache
def zones() -> tuple[str, ...]:
    """What a person may choose: places, and UTC; not the old aliases and the like."""
    return ("UTC", *sorted(name for name in available_timezones() if name.split("/")[0] in REGIONS))


def is_zone(name: str) -> bool:
    return name in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
