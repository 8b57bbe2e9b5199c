"""How each kind of token becomes HTML: the renderer's rules.

Whatever the sanitiser must not touch is given to the page as a hole (`page.hole(html)`) and only a
mark goes into the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
    if block and token.block:
        return page.hole(f'<div class="formula" tabindex="0">{html}</div>')
    before, after = escape(token.meta.get("before", "")), escape(token.meta.get("after", ""))
    return page.hole(f'<span class="glued">{before}{html}{after}</span>' if before or after else html)


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
