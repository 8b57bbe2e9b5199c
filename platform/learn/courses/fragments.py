"""How each kind of token becomes HTML: the renderer's rules, and the walk that readies tokens for them.

Whatever the sanitiser must not touch is given to the page as a hole (`page.hole(html)`) and only a
mark goes into the HTML.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from markdown_it.token import Token
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from . import directives, figures
from .formulas import FormulaError, to_mathml
from .pages import Page

OUTPUT = {"en": "Output", "zh-hans": "输出"}
PLOT_NEEDS_SCRIPT = {
    "en": "This figure is interactive: it needs JavaScript.",
    "zh-hans": "这是一张可交互的图，需要 JavaScript。",
}


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
        name = page.around.prefix + _slug(_own_id(inline) or inline.content, page.ids)
        page.ids.add(name)
        token.attrSet("id", name)
        if level <= 3:
            page.headings.append((level, name, inline))


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


def _promote_figure(tokens: list[Token], index: int) -> None:
    """An image alone in its paragraph is a figure, and needs no paragraph."""
    children = tokens[index].children or []
    if len(children) == 1 and children[0].type == "image" and tokens[index - 1].type == "paragraph_open":
        children[0].meta["alone"] = True
        tokens[index - 1].hidden = tokens[index + 1].hidden = True


# ---- rules: (renderer, tokens, index, options, env) -> html ----


def _rule(render: Callable[[Token, Page], str]) -> Callable[..., str]:
    def rule(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
        return render(tokens[index], env["page"])

    return rule


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else token.meta.get("line", 1)


def _words(words: dict[str, str], page: Page) -> str:
    return words.get(page.around.locale, words["en"])


def _formula(token: Token, page: Page) -> str:
    block = token.type != "math_inline"
    try:
        html = to_mathml(token.content.strip(), block=block)
    except FormulaError as error:
        page.problem(_line(token), f"the formula {_short(token.content)} {error}")
        html = f'<code class="formula-broken">{escape(token.content)}</code>'
    return page.hole(f'<div class="formula" tabindex="0">{html}</div>' if block and token.block else html)


def _short(content: str) -> str:
    words = " ".join(content.split())
    return f"“{words if len(words) <= 60 else words[:57] + '…'}”"


def highlighted(code: str, language: str) -> str:
    """Code as spans with Pygments' short class names. Raises ClassNotFound for a language nobody knows."""
    lexer = get_lexer_by_name(language or "text", stripnl=False)
    return highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")


def _fence(token: Token, page: Page) -> str:
    language = (token.info.split() or [""])[0]
    if language == "output":
        label = _words(OUTPUT, page)
        inside = f'<span class="code-label">{label}</span><pre tabindex="0"><samp>{escape(token.content)}</samp></pre>'
        return page.hole(f'<div class="code code-output">{inside}</div>')
    try:
        html = highlighted(token.content, language)
    except ClassNotFound:
        page.problem(_line(token), f"no language is called {language}")
        html = escape(token.content)
    return page.hole(f'<div class="code"><pre tabindex="0"><code class="highlight">{html}</code></pre></div>')


def _image(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    token, page = tokens[index], env["page"]
    alt = self.renderInlineAsText(token.children or [], options, env).strip()
    if not alt:
        page.problem(_line(token), f"the figure {token.attrs['src']} has no alternative text")
    svg = _figure(str(token.attrs["src"]), alt, _line(token), page)
    caption = str(token.attrs.get("title") or "")
    if not token.meta.get("alone"):
        return page.hole(f'<span class="figure-inline">{svg}</span>')
    return page.hole(f'<figure class="figure">{svg}{_caption(caption, page)}</figure>')


def _caption(words: str, page: Page) -> str:
    if not words:
        return ""
    html, problems = page.render_text(words, page.around)
    page.problems.extend(problems)
    return f"<figcaption>{html}</figcaption>"


def _figure(name: str, alt: str, line: int, page: Page) -> str:
    """The figure drawn for this locale where there is one: `figures/x.zh-hans.svg` beside `figures/x.svg`."""
    stem, dot, suffix = name.rpartition(".")
    known = page.around.figures
    source = known.get(f"{stem}.{page.around.locale}{dot}{suffix}", known.get(name))
    if source is None:
        page.problem(line, f"the figure {name} is not there")
        return figures.missing(alt)
    try:
        return figures.inline(source, alt, f"{page.around.prefix}f{len(page.holes)}-")
    except figures.FigureError as error:
        page.problem(line, f"the figure {name} {error}")
        return figures.missing(alt)


def _directive(token: Token, page: Page) -> str:
    try:
        name, settings = directives.arguments(token.content)
    except ValueError as error:
        page.problem(_line(token), f"::: {token.info} {error}")
        return ""
    if token.info == "question":
        return _question(name, token, page)
    if token.info == "plot":
        return _plot(name, settings, _line(token), page)
    page.problem(_line(token), f"::: {token.info} is not known: write ::: question KEY or ::: plot NAME")
    return ""


def _question(key: str, token: Token, page: Page) -> str:
    if key not in page.around.questions:
        page.problem(_line(token), f"the question {key} is not in this lesson's questions file")
    elif key in page.slots:
        page.problem(_line(token), f"the question {key} is placed twice")
    elif token.meta["nested"]:
        page.problem(_line(token), f"the question {key} stands inside a list or quote: put it on a line of its own")
    else:
        page.slots.append(key)
        return f"\ue002{key}\ue003"
    return ""


def _plot(name: str, settings: dict[str, str], line: int, page: Page) -> str:
    if page.around.plots is not None and name not in page.around.plots:
        page.problem(line, f"no plot is called {name}")
    data = "".join(f' data-{key}="{escape(value)}"' for key, value in settings.items())
    note = f"<noscript><p>{_words(PLOT_NEEDS_SCRIPT, page)}</p></noscript>"
    return page.hole(f'<figure class="plot" data-plot="{name}"{data}>{note}</figure>')


def _quote_open(token: Token, page: Page) -> str:
    if token.tag != "aside":
        return "<blockquote>\n"
    kind = token.info
    if kind not in directives.CALLOUTS:
        page.problem(_line(token), f"[!{kind}] is not a callout: write {', '.join(directives.CALLOUTS)}")
        kind = "NOTE"
    title = escape(token.content) or _words(directives.CALLOUTS[kind], page)
    return f'<aside class="callout callout-{kind.lower()}">\n<p><strong>{title}</strong></p>\n'


def _aligned_cell(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    """markdown-it writes `style="text-align:right"`, which the content security policy forbids."""
    token = tokens[index]
    align = re.search(r"text-align:\s*(\w+)", str(token.attrs.get("style", "")))
    return f'<{token.tag} class="{align[1]}">' if align else f"<{token.tag}>"


RULES: dict[str, Callable[..., str]] = {
    "math_inline": _rule(_formula),
    "math_inline_double": _rule(_formula),
    "math_block": _rule(_formula),
    "fence": _rule(_fence),
    "code_block": _rule(_fence),
    "image": _image,
    "directive": _rule(_directive),
    "blockquote_open": _rule(_quote_open),
    "blockquote_close": lambda self, tokens, index, options, env: f"</{tokens[index].tag}>\n",
    "th_open": _aligned_cell,
    "td_open": _aligned_cell,
    "table_open": lambda self, tokens, index, options, env: "\ue005<table>\n",
    "table_close": lambda self, tokens, index, options, env: "</table>\n\ue006",
    "footnote_block_open": lambda *_: '\ue004<section class="footnotes">\n<ol>\n',
    "footnote_block_close": lambda *_: "</ol>\n</section>\n",
}
