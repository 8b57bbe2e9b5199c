"""How a whole exercise is asked again: deeper, the better it is remembered; pure.

Just lapsed: the code with its key lines left out, one step easier. Then from an empty starter. What is
known for a month and more: now and then a known mistake to find and repair, which takes half the time.
"""

from __future__ import annotations

from learn.reviews.schedule import Memory

CLOZE, EMPTY, REPAIR = "cloze", "empty", "repair"
WEAK, STRONG = 3.0, 30.0  # days of stability


def of(memory: Memory, reps: int) -> str:
    if memory.stability is None:
        return EMPTY
    if memory.stability < WEAK and reps > 1:
        return CLOZE
    return REPAIR if memory.stability >= STRONG and reps % 2 else EMPTY
