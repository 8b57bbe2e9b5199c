"""Ctrl-C before the supervisor listens. Standard library only.

Python drops a KeyboardInterrupt that happens to meet a finalizer; what was asked is remembered here all the same.
"""

from __future__ import annotations

import signal
from types import FrameType

STOPPING = {signal.SIGINT, signal.SIGTERM}

asked = False


def listen() -> None:
    """From here on Ctrl-C and SIGTERM raise KeyboardInterrupt, also those that were held until now."""
    for number in STOPPING:
        signal.signal(number, _asked)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def hold() -> None:
    """Keep them for the program that we become; KeyboardInterrupt when one has come before."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    if asked:
        raise KeyboardInterrupt


def _asked(number: int, frame: FrameType | None) -> None:
    global asked
    asked = True
    raise KeyboardInterrupt
