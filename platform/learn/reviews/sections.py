"""Which part of a lesson speaks of a card: the one that shares most of its words, the rare ones above all."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from math import log

from learn.courses import rendering
from learn.courses.content import text
from learn.courses.library import Edition

HEADING = re.compile(r'<h[23][^>]*? id="([^"]+)"')
TAG = re.compile(r"<[^>]*>")
LATIN = re.compile(r"[a-z0-9]{3,}")
# Chinese is written without blanks: every two signs that follow each other count as a word.
CHINESE = re.compile(r"(?=([\u4e00-\u9fff]{2}))")


@lru_cache(maxsize=1024)
def section_of(edition: Edition, topic: str, card: str, locale: str) -> str:
    """The id of the heading under which a lesson speaks of a card; empty where no part stands out."""
    words = edition.course.cards[card]
    page = rendering.render_lesson(edition, topic, locale)
    html = "".join(part.html for part in page.parts if part.html)
    return nearest(html, f"{text(words.front, page.locale)} {text(words.back, page.locale)}")


def nearest(html: str, words: str) -> str:
    """The id of the part of a page that is closest to these words."""
    _before, *pieces = HEADING.split(html)
    parts = {name: tokens(told) for name, told in zip(pieces[::2], pieces[1::2], strict=True)}
    spread = Counter(token for told in parts.values() for token in told)
    wanted = tokens(words)

    def closeness(name: str) -> float:
        return sum(log(1 + len(parts) / spread[token]) for token in wanted & parts[name])

    best = max(parts, key=closeness, default="")
    return best if best and closeness(best) > 0 else ""


def tokens(html: str) -> frozenset[str]:
    told = TAG.sub(" ", html).lower()
    return frozenset(LATIN.findall(told)) | frozenset(CHINESE.findall(told))
