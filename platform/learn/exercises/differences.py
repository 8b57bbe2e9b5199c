"""How two texts differ, line by line. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

# The comparison is quadratic at worst, and nobody reads more.
MOST_LINES = 3000
CONTEXT = 3


@dataclass(frozen=True)
class Line:
    kind: str  # same, old, new, gap
    text: str = ""
    old: int | None = None
    new: int | None = None


def between(old: str, new: str) -> list[Line] | None:
    """The lines that changed from `old` to `new`, with some around them; None if there are too many to compare."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > MOST_LINES:
        return None
    lines: list[Line] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        if lines or group[0][1] or group[0][3]:
            lines.append(Line("gap"))
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                lines += [Line("same", before[i], i + 1, i - i1 + j1 + 1) for i in range(i1, i2)]
            else:
                lines += [Line("old", before[i], old=i + 1) for i in range(i1, i2)]
                lines += [Line("new", after[j], new=j + 1) for j in range(j1, j2)]
    return lines
