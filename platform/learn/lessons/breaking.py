"""Break a short text into even lines, for where no browser does it: names on the map. Pure."""

from __future__ import annotations

import re
import unicodedata

# A run of letters stays together with what follows it closely; an ideograph may stand alone.
PIECE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff][，。、：；！？）》]*|[^\s\u2e80-\u9fff\uf900-\ufaff]+\s*|\s+")


def width(text: str) -> int:
    """In letters of Latin width; an ideograph counts two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def lines(text: str, longest: int, even: bool = True) -> tuple[str, ...]:
    """The fewest lines of at most this width; `even`: of those the most even. A single word may be longer."""
    pieces = PIECE.findall(text.strip())
    fewest = _fill(pieces, longest)
    if not even:
        return fewest
    for narrower in range(-(-width(text) // len(fewest or "1")), longest):
        found = _fill(pieces, narrower)
        if len(found) == len(fewest) and all(width(line) <= longest for line in found):
            return found
    return fewest


def _fill(pieces: list[str], longest: int) -> tuple[str, ...]:
    found: list[str] = []
    for piece in pieces:
        if found and width((found[-1] + piece).rstrip()) <= longest:
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(line.strip() for line in found if line.strip())
