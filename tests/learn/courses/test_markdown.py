"""A lesson's Markdown: slots, callouts, code, notes, links; and that nothing of it can harm a page."""

import re

import pytest

from learn.courses import markdown
from learn.courses.pages import Part, Surroundings

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g/></svg>'


def html_of(source: str, **around) -> str:
    rendered = markdown.render(source, Surroundings(**around))
    return "".join(part.html for part in rendered.parts) + rendered.footnotes


def problems_of(source: str, **around) -> list[tuple[int, str]]:
    rendered = markdown.render(source, Surroundings(**around))
    return [(problem.line, problem.message) for problem in rendered.problems]


def test_questions_split_the_text_where_they_stand():
    rendered = markdown.render(
        "before\n\n::: question scale\n\nafter", Surroundings(questions=frozenset({"scale", "other"}))
    )

    assert rendered.parts == (Part(html="<p>before</p>\n"), Part(question="scale"), Part(html="<p>after</p>\n"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("::: question none", "not in this lesson's questions file"),
        ("::: question a\n\n::: question a", "placed twice"),
        ("> ::: question a", "inside a list or quote"),
        ("::: question", "needs a name"),
        ("::: plot Bad_Name", "needs a name"),
        ("::: plot ok novalue", "where key=value should be"),
        ("::: chart x", "is not known"),
        ("::: plot nowhere", "no plot is called nowhere"),
    ],
)
def test_a_directive_that_leads_nowhere_is_a_problem(source, said):
    found = problems_of(source, questions=frozenset({"a"}), plots=frozenset({"ok"}))

    assert len(found) == 1
    assert said in found[0][1]


def test_a_plot_is_a_figure_with_its_settings():
    html = html_of('::: plot softmax temperature=0.5 labels="a, b"')

    assert 'data-plot="softmax" data-temperature="0.5" data-labels="a, b"' in html
    assert "<noscript>" in html


def test_formulas_are_mathml_and_prices_are_not():
    html = html_of("$x < y$ costs $5 and $10.\n\n$$\nx^2\n$$")

    assert html.count("<math") == 2
    assert 'display="block"' in html
    assert "costs $5 and $10" in html


def test_punctuation_goes_with_its_formula_to_the_next_line():
    html = re.sub("<math.*?</math>", "M", html_of("see ($x$), and $y$：$z$ alone"))

    assert html == '<p>see <span class="glued">(M),</span> and <span class="glued">M：</span>M alone</p>\n'
    assert re.sub("<math.*?</math>", "M", html_of("$a$")) == "<p>M</p>\n"


def test_a_broken_formula_is_named_with_its_line_and_shown_as_code():
    source = "one\n\ntwo lines\nwith $\\foo$ in the second"

    assert problems_of(source) == [(4, r"the formula “\foo” uses the unknown command \foo")]
    assert '<code class="formula-broken">\\foo</code>' in html_of(source)


def test_a_broken_formula_in_a_heading_is_one_problem():
    assert len(problems_of(r"## Why $\foo$")) == 1


def test_headings_are_the_contents_with_their_formulas():
    rendered = markdown.render(
        "## Why $x$ [grows](https://a.org)\n\n### 为什么\n\n## Why x grows\n\n## 标题 {#named}", Surroundings()
    )

    assert [(heading.level, heading.id) for heading in rendered.contents] == [
        (2, "why-x-grows"), (3, "为什么"), (2, "why-x-grows-2"), (2, "named"),
    ]  # fmt: skip
    assert "<math" in rendered.contents[0].html
    assert "<a" not in rendered.contents[0].html
    assert rendered.contents[3].html == "标题"


def test_the_title_is_no_heading_of_the_text():
    assert "the title is in the front matter" in problems_of("# Title")[0][1]


def test_a_callout_has_a_name_in_the_language_of_the_text_or_its_own():
    html = html_of("> [!PITFALL]\n> Mind it.\n\n> [!NOTE] Own *name*\n> text", locale="zh-hans")

    assert '<aside class="callout callout-pitfall">\n<p><strong>陷阱</strong></p>\n<p>Mind it.</p>' in html
    assert "<strong>Own *name*</strong>" in html


def test_an_unknown_callout_is_a_problem():
    assert "[!DANGER] is not a callout" in problems_of("> [!DANGER]\n> x")[0][1]


def test_code_is_highlighted_and_its_output_is_shown_apart():
    html = html_of('```python run\nprint("<b>")\n```\n\n```output\n<b>\n```')

    assert '<span class="nb">print</span>' in html
    assert '<div class="code code-output"><span class="code-label">Output</span>' in html
    assert "<b>" not in html


def test_a_language_nobody_knows_is_a_problem():
    assert problems_of("```klingon\nx\n```") == [(1, "no language is called klingon")]


def test_links_lead_to_lessons_exercises_and_the_world():
    html = html_of(
        "[a](../21-x/03-attention.md#why) [b](topic:attention) [c](exercise:sdpa) [d](https://example.org)",
        topics={"attention": "/c/attention/"},
        exercises={"sdpa": "/exercises/sdpa/"},
    )

    assert 'href="/c/attention/#why"' in html
    assert 'href="/c/attention/"' in html
    assert 'href="/exercises/sdpa/"' in html
    assert 'href="https://example.org" rel="noopener external"' in html


@pytest.mark.parametrize(
    "target", ["nowhere.md", "03-nowhere.md", "topic:nowhere", "exercise:nowhere", "/etc/passwd", "#nowhere"]
)
def test_a_link_that_leads_nowhere_is_a_problem(target):
    found = problems_of(f"first\n\n[x]({target})")

    assert [line for line, _ in found] == [3]
    assert target.removeprefix("/") in found[0][1]


def test_figures_are_inlined_with_caption_and_in_the_language_of_the_text():
    known = {"figures/a.svg": SVG, "figures/a.zh-hans.svg": SVG.replace("<g/>", "<rect/>")}
    source = '![the figure](figures/a.svg "about $x$")'

    assert "<g" in html_of(source, figures=known)
    assert "<rect" in html_of(source, figures=known, locale="zh-hans")
    assert re.search(r"<figure class=\"figure\"><svg.*<figcaption>about <math", html_of(source, figures=known))


def test_a_figure_needs_to_exist_and_to_say_what_it_shows():
    assert problems_of("![](figures/a.svg)", figures={"figures/a.svg": SVG}) == [
        (1, "the figure figures/a.svg has no alternative text")
    ]
    assert problems_of("![x](figures/b.svg)") == [(1, "the figure figures/b.svg is not there")]
    assert problems_of("![x](https://example.org/b.svg)") == [(1, "the figure https://example.org/b.svg is not there")]


def test_a_table_scrolls_by_itself_and_aligns_without_styles():
    html = html_of("| a | b |\n|--:|:-:|\n| 1 | 2 |")

    assert '<div class="scroll" tabindex="0"><table>' in html
    assert '<td class="right">1</td>' in html
    assert "style" not in html


def test_notes_stand_apart_from_the_parts():
    rendered = markdown.render("text[^1]\n\n[^1]: a *note*", Surroundings())

    assert '<section class="footnotes">' in rendered.footnotes
    assert "footnotes" not in rendered.parts[0].html
    assert 'id="fn1"' in rendered.footnotes


def test_two_texts_on_a_page_do_not_share_ids():
    source = "text[^1]\n\n[^1]: note"
    first, _ = markdown.render_text(source, Surroundings(prefix="a-"))
    second, _ = markdown.render_text(source, Surroundings(prefix="b-"))

    assert not set(re.findall(r'id="([^"]+)"', first)) & set(re.findall(r'id="([^"]+)"', second))


def test_a_text_of_one_paragraph_stands_without_it():
    assert markdown.render_text("just **this**", Surroundings())[0] == "just <strong>this</strong>"
    assert markdown.render_text("one\n\ntwo", Surroundings())[0] == "<p>one</p>\n<p>two</p>"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        '[x](https://a.org "\\" onmouseover=\\"alert(1)")',
        '<https://a.org/"onclick=alert(1)>',
        "$\\text{<script>alert(1)</script>}$",
        "`<script>alert(1)</script>`",
        "```html\n<script>alert(1)</script>\n```",
        "```output\n</samp><script>alert(1)</script>\n```",
        "## <script>alert(1)</script>",
        "> [!NOTE] <script>alert(1)</script>\n> x",
        '::: plot a x="\\"><script>alert(1)</script>"',
        "| <script>alert(1)</script> |\n|---|",
        "x[^1]\n\n[^1]: <script>alert(1)</script>",
        "\ue0000\ue001 \ue002a\ue003 \ue004",
    ],
)
def test_nothing_in_a_text_becomes_a_script(hostile):
    rendered = markdown.render(hostile, Surroundings())
    html = "".join(part.html for part in rendered.parts) + rendered.footnotes
    html += "".join(heading.html for heading in rendered.contents)
    outside_of_values = re.sub(r'="[^"]*"', "", html)

    assert "<script" not in html
    assert not re.search(r"<[^>]*\son\w+", outside_of_values)
    assert not re.search(r'(href|src)="(javascript|data|vbscript):', html)
    assert not re.search("[\ue000-\ue0ff]", html)


def test_fences_are_listed_with_their_lines():
    assert markdown.fences("x\n\n```python run\nprint(1)\n```\n\n```output\n1\n```") == [
        (3, "python run", "print(1)\n"), (7, "output", "1\n"),
    ]  # fmt: skip
