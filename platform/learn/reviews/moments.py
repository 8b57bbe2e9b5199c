"""When something happened, as a device claims it and as we believe it; pure.

A review made without a connection carries its device's clock, which may be wrong. The device also
says what its clock showed when it sent: the difference to ours corrects everything it tells. What is
then still impossible is put at the moment we received it, and the claim is kept. Nothing is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SECOND, DAY = 1000, 86_400_000
# A difference of clocks below this is the network's.
TOLERANCE_MS = 120 * SECOND
# Answers are kept on a device for so long; an older moment is a clock that stood still.
KEPT_MS = 60 * DAY


@dataclass(frozen=True)
class Moment:
    utc_ms: int
    note: dict[str, Any] | None = None  # what was claimed and why it was not believed, for the evidence


def believed(claimed_ms: int, sent_ms: int | None, received_ms: int) -> Moment:
    """The moment of a review by our clock."""
    skew = received_ms - sent_ms if sent_ms is not None else 0
    corrected = claimed_ms + skew if abs(skew) > TOLERANCE_MS else claimed_ms
    if corrected > received_ms + TOLERANCE_MS:
        return Moment(received_ms, {"claimed_ms": claimed_ms, "clock": "future"})
    if corrected < received_ms - KEPT_MS:
        return Moment(received_ms, {"claimed_ms": claimed_ms, "clock": "past"})
    moment = min(corrected, received_ms)
    if moment != claimed_ms and abs(skew) > TOLERANCE_MS:
        return Moment(moment, {"claimed_ms": claimed_ms, "clock": "skewed"})
    return Moment(moment)
