"""Readies tokens before they are rendered: what a rule that sees one token alone cannot do; pure."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from markdown_it.token import Token

from .pages import Page


def prepare(tokens: list[Token], page: Page) -> None:
    """Number headings, resolve links, find figures: what a rule that sees one token cannot do."""
    _name_headings(tokens, page)
    for index, token in enumerate(tokens):
        if token.type != "inline":
            continue
        line = token.map[0] + 1 if token.map else 1
        for child in _all(token.children or []):
            child.meta = {**child.meta, "line": line + _lines_before(token.content, child)}
            if child.type == "link_open":
                _resolve(child, page)
        _keep_together(token.children or [])
        _promote_figure(tokens, index)


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or []) if token.type != "image" else ()


def _lines_before(content: str, child: Token) -> int:
    """How many lines down its paragraph a formula, image or link stands, as well as can be told."""
    sought = child.content or str(child.attrs.get("src") or child.attrs.get("href") or "")
    position = content.find(sought) if sought else -1
    return content.count("\n", 0, position) if position > 0 else 0


def _name_headings(tokens: list[Token], page: Page) -> None:
    """Headings get ids and are listed; the page has its title already, so `#` is no heading of a text."""
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        inline = tokens[index + 1]
        level = int(token.tag[1])
        if level == 1 or level > 4:
            page.problem(
                token.map[0] + 1 if token.map else 1,
                "use headings of level ## to ####: the title is in the front matter",
            )
            level = min(max(level, 2), 4)
        token.tag = tokens[index + 2].tag = f"h{level}"
        name = page.around.prefix + _slug(_own_id(inline) or _words(inline), page.ids)
        page.ids.add(name)
        token.attrSet("id", name)
        if level <= 3:
            page.headings.append((level, name, inline))


def _words(inline: Token) -> str:
    """What a reader reads of it: no addresses, no marks."""
    kinds = ("text", "code_inline", "math_inline")
    return "".join(child.content for child in inline.children or () if child.type in kinds)


def _own_id(inline: Token) -> str:
    """`## Title {#id}`: an id that stays when the title is reworded or translated."""
    last = inline.children[-1] if inline.children else None
    match = re.search(r"\s*\{#([\w-]+)\}$", last.content) if last and last.type == "text" else None
    if last is None or match is None:
        return ""
    last.content = last.content[: match.start()]
    return match[1]


def _slug(words: str, taken: set[str]) -> str:
    """An id that can be read and typed, in any script: "Why √d?" → "why-d"."""
    letters = unicodedata.normalize("NFKC", words).lower()
    slug = re.sub(r"[^\w]+", "-", letters).strip("-_") or "section"
    number = 2
    unique = slug
    while unique in taken:
        unique, number = f"{slug}-{number}", number + 1
    return unique


def _resolve(token: Token, page: Page) -> None:
    """A link to a file of the course or to `exercise:KEY` becomes the address of its page."""
    href = str(token.attrs.get("href", ""))
    line = token.meta["line"]
    path, hash_, anchor = href.partition("#")
    if re.match(r"https?://|mailto:", href):
        token.attrSet("rel", "noopener external")
        return
    if not path:
        page.anchors.append((line, anchor))
        return
    address = _address(path, page)
    if address is None:
        page.problem(line, f"the link to {href} leads nowhere: link to a lesson's file, topic:KEY or exercise:KEY")
    token.attrSet("href", (address or "") + hash_ + anchor)


def _address(path: str, page: Page) -> str | None:
    kind, colon, key = path.partition(":")
    if colon:
        return {"topic": page.around.topics, "exercise": page.around.exercises}.get(kind, {}).get(key)
    name = posixpath.basename(path)
    match = re.fullmatch(r"\d+-([a-z0-9-]+?)(?:\.zh-hans)?\.md", name)
    return page.around.topics.get(match[1]) if match else None


# What no line may begin or end with.
_CLOSING = re.compile(r"^[,.;:!?)\]”’、，。；：！？）》%]+")
_OPENING = re.compile(r"[(\[“‘（《]+$")


def _keep_together(children: list[Token]) -> None:
    """The comma after a formula and the bracket before it go with the formula to the next line."""
    for before, after in pairwise(children):
        if before.type == "math_inline" and after.type == "text" and (match := _CLOSING.search(after.content)):
            before.meta["after"], after.content = match[0], after.content[match.end() :]
        if after.type == "math_inline" and before.type == "text" and (match := _OPENING.search(before.content)):
            after.meta["before"], before.content = match[0], before.content[: match.start()]


def _promote_figure(tokens: list[Token], index: int) -> None:
    """An image alone in its paragraph is a figure, and needs no paragraph."""
    children = tokens[index].children or []
    if len(children) == 1 and children[0].type == "image" and tokens[index - 1].type == "paragraph_open":
        children[0].meta["alone"] = True
        tokens[index - 1].hidden = tokens[index + 1].hidden = True
