"""Removes cells that nobody will: an independent process, so that a worker that was killed leaves nothing behind.

Cells end by themselves when their owner does. This is for what an engine that hung, or was killed at
the wrong moment, still holds. It never touches a cell of a live owner before its time is over.
"""

from __future__ import annotations

import time

from sandbox import Engine

__all__ = ["reap"]


def reap(engine: Engine, *, every: float | None = None) -> int:
    """Sweep once, or every so many seconds until interrupted. How many cells were removed."""
    removed = engine.sweep()
    print(f"{removed} cells removed", flush=True)
    while every is not None:
        time.sleep(every)
        if found := engine.sweep():
            print(f"{found} cells removed", flush=True)
            removed += found
    return removed
