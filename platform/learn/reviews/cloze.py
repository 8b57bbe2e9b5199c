"""Cards with a gap: `Softmax divides by ==the sum of the exponentials==.` asks for what is between; pure.

Outside code only: there `==` compares.
"""

from __future__ import annotations

import re

GAP = re.compile(r"==(?=\S)(.+?)(?<=\S)==")
# Code is stepped over: fences, then spans.
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def has_gap(markdown: str) -> bool:
    return any(GAP.search(part) for part in CODE.split(markdown)[::2])


def asked(markdown: str) -> str:
    """The text with gaps in it."""
    return _outside_code(markdown, "**[…]**")


def answered(markdown: str) -> str:
    """The text with its gaps filled."""
    return _outside_code(markdown, r"**\1**")


def _outside_code(markdown: str, replacement: str) -> str:
    parts = CODE.split(markdown)
    parts[::2] = [GAP.sub(replacement, part) for part in parts[::2]]
    return "".join(parts)
