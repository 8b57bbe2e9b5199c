"""A lesson's Markdown → HTML in pieces, with slots where its questions stand; pure.

The order keeps it safe: markdown-it writes HTML in which every formula, program, figure and plot is
only a mark; nh3 sanitises that; then the marks are replaced by fragments we made ourselves (MathML,
Pygments, checked SVG). Raw HTML in the source is text. What is wrong is collected as `Problem`s
with the line of the source, and the page still shows as much as it can.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from . import directives, fragments, walk
from .pages import Heading, Page, Part, Problem, Rendered, Surroundings

TAGS = set(
    "p h2 h3 h4 ul ol li strong em s code a table thead tbody tr th td blockquote hr br sup section aside "
    "div span".split()
)
ATTRIBUTES = {
    "a": {"href", "id", "class", "rel"}, "h2": {"id"}, "h3": {"id"}, "h4": {"id"}, "li": {"id", "class"},
    "ol": {"class", "start"}, "sup": {"class"}, "section": {"class"}, "hr": {"class"},
    "aside": {"class"}, "th": {"class"}, "td": {"class"}, "div": {"class"}, "span": {"class"},
}  # fmt: skip
SCHEMES = {"http", "https", "mailto"}


def render(source: str, around: Surroundings) -> Rendered:
    """The whole of a lesson's body in one locale."""
    page = Page(around, render_text)
    html = _html(source, page)
    body, _, footnotes = html.partition("\ue004")
    pieces = re.split("\ue002([^\ue003]*)\ue003", body)
    parts = [Part(question=piece) if i % 2 else Part(html=piece) for i, piece in enumerate(pieces)]
    _check_anchors(page)
    return Rendered(
        parts=tuple(part for part in parts if part.question or part.html.strip()),
        footnotes=footnotes,
        contents=tuple(page.contents),
        problems=page.sorted_problems(),
    )


def render_text(source: str, around: Surroundings) -> tuple[str, tuple[Problem, ...]]:
    """A question's or card's text: safe HTML, without a paragraph around it when it is only one."""
    page = Page(around, render_text)
    html = _html(source, page).replace("\ue004", "").strip()
    match = re.fullmatch(r"<p>((?:(?!</?p>).)*)</p>", html, re.DOTALL)
    return (match[1] if match else html), page.sorted_problems()


def fences(source: str) -> list[tuple[int, str, str]]:
    """Every fenced block outside of lists and quotes: (line, info string, content)."""
    tokens = _parser().parse(source, {})
    return [
        (token.map[0] + 1, token.info.strip(), token.content) for token in tokens if token.type == "fence" and token.map
    ]


def _html(source: str, page: Page) -> str:
    # The characters we mark places with mean nothing in a text.
    clean = re.sub("[\ue000-\ue0ff]", "", source)
    env: dict[str, Any] = {"page": page, "docId": page.around.prefix or None}
    parser = _parser()
    tokens = parser.parse(clean, env)
    walk.prepare(tokens, page)
    renderer = parser.renderer
    assert isinstance(renderer, RendererHTML)
    html = _safe(renderer.render(tokens, parser.options, env), page)
    for level, name, inline in page.headings:
        words = [child for child in inline.children or () if not child.type.startswith("link_")]
        title = _safe(renderer.renderInline(words, parser.options, env), page)
        page.contents.append(Heading(level, name, title))
    return html


def _safe(html: str, page: Page) -> str:
    """Sanitised first; our own fragments only then."""
    html = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
    html = html.replace("\ue005", '<div class="scroll" tabindex="0">').replace("\ue006", "</div>")
    return _fill(html, page)


def _fill(html: str, page: Page) -> str:
    """Trusted fragments in place of their marks; a caption's fragment may hold marks itself."""
    for _ in range(3):
        html = re.sub("\ue000(\\d+)\ue001", lambda match: page.holes[int(match[1])], html)
    return html


def _check_anchors(page: Page) -> None:
    for line, anchor in page.anchors:
        if anchor not in page.ids:
            page.problem(line, f"links to #{anchor}, but no heading has that id")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=True, allow_labels=False, double_inline=True)
    parser.use(footnote_plugin, inline=False)
    parser.block.ruler.before("fence", "directive", directives.rule, {"alt": ["paragraph", "blockquote", "list"]})
    parser.core.ruler.after("block", "callouts", directives.callouts)
    for name, rule in fragments.RULES.items():
        parser.add_render_rule(name, rule)
    return parser
