"""The two things our Markdown adds: `::: question KEY` and `::: plot NAME`, and callouts made of quotes."""

from __future__ import annotations

import re
import shlex

from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

CALLOUTS = {
    "NOTE": {"en": "Note", "zh-hans": "注意"},
    "PITFALL": {"en": "Pitfall", "zh-hans": "陷阱"},
    "TIP": {"en": "In practice", "zh-hans": "实践"},
    "EXAMPLE": {"en": "Worked example", "zh-hans": "例题"},
}


def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line `::: NAME ARGUMENT [key=value …]`; an optional closing `:::` right after it is passed over."""
    if state.is_code_block(start):
        return False
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].rstrip()
    match = re.fullmatch(r":::\s*([a-z]+)(?:\s+(.*))?", line)
    if not match:
        return False
    if silent:
        return True
    token = state.push("directive", "", 0)
    token.info = match[1]
    token.content = (match[2] or "").strip()
    token.map = [start, start + 1]
    token.meta = {"nested": state.level > 0}
    state.line = start + 1
    if state.line < end and state.getLines(state.line, state.line + 1, 0, False).strip() == ":::":
        state.line += 1
    return True


def arguments(content: str) -> tuple[str, dict[str, str]]:
    """The first word, and the `key=value` pairs after it. Raises ValueError with a sentence for the author."""
    words = shlex.split(content)
    name = words[0] if words else ""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise ValueError("needs a name of small letters, digits and hyphens")
    settings = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[a-z][a-z0-9-]*", key):
            raise ValueError(f"has {word!r} where key=value should be")
        settings[key] = value
    return name, settings


def callouts(state: StateCore) -> None:
    """A quote that begins with `[!NOTE]` becomes an aside; the words after the mark are its title."""
    tokens = state.tokens
    for index, token in enumerate(tokens):
        if token.type != "blockquote_open" or index + 2 >= len(tokens) or tokens[index + 2].type != "inline":
            continue
        first, _, rest = tokens[index + 2].content.partition("\n")
        match = re.fullmatch(r"\[!([A-Z]+)\]\s*(.*)", first)
        if not match:
            continue
        tokens[index + 2].content = rest
        token.tag = tokens[_closing(tokens, index)].tag = "aside"
        token.info = match[1]
        token.content = match[2].strip()
        if not rest:
            for emptied in tokens[index + 1 : index + 4]:
                emptied.hidden = True


def _closing(tokens: list[Token], index: int) -> int:
    level = tokens[index].level
    return next(
        i for i in range(index, len(tokens)) if tokens[i].type == "blockquote_close" and tokens[i].level == level
    )
