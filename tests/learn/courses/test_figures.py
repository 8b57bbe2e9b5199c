"""A figure's SVG inside a page: its ids, its styles, and what it may not contain."""

import re

import pytest

from learn.courses import figures
from learn.courses.figures import FigureError

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(inside: str, attributes: str = 'viewBox="0 0 10 10"') -> str:
    return f"<svg {NAMESPACES} {attributes}>{inside}</svg>"


def test_a_figure_is_an_image_with_alternative_text():
    html = figures.inline(svg("<title>tooltip</title><rect width='1' height='1'/>"), 'a "square" & more', "f1-")

    assert 'role="img"' in html
    assert 'aria-label="a &quot;square&quot; &amp; more"' in html
    assert "tooltip" not in html


def test_ids_are_made_unique_and_references_follow():
    source = svg('<defs><path id="p" d="M0 0"/></defs><use xlink:href="#p"/><rect clip-path="url(#p)"/>')

    html = figures.inline(source, "x", "f7-")

    assert 'id="f7-p"' in html
    assert 'href="#f7-p"' in html
    assert 'clip-path="url(#f7-p)"' in html
    assert not re.search(r'"#?p"', html)


def test_style_attributes_become_presentation_attributes():
    html = figures.inline(svg('<rect style="fill: var(--accent); stroke-width:2; position: fixed"/>'), "x", "f")

    assert 'fill="var(--accent)"' in html
    assert 'stroke-width="2"' in html
    assert "position" not in html
    assert "style=" not in html


def test_the_one_rule_matplotlib_writes_is_passed_over():
    style = "<defs><style type='text/css'>*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>"

    assert "<style" not in figures.inline(svg(style), "x", "f")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (svg("<script>alert(1)</script>"), "<script>"),
        (svg("<foreignObject><body/></foreignObject>"), "<foreignObject>"),
        (svg("<image href='https://example.org/x.png'/>"), "<image>"),
        (svg("<a href='javascript:alert(1)'><text>x</text></a>"), "<a>"),
        (svg("<animate attributeName='x'/>"), "<animate>"),
        (svg("<rect onclick='alert(1)'/>"), "script in the attribute onclick"),
        (svg("<rect ONLOAD='alert(1)'/>"), "script in the attribute ONLOAD"),
        (svg("<style>rect { fill: red }</style>"), "has a <style>"),
        (svg("<use href='https://example.org/#x'/>"), "which is not in the file"),
        (svg("<rect fill='url(https://example.org/x)'/>"), "which is not in the file"),
        (svg("<rect style='fill:url(//example.org/x)'/>"), "which is not in the file"),
        (svg("", "width='10'"), "no viewBox"),
        ("<html/>", "not an SVG"),
        ("<svg", "not well-formed"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;"), "declares entities"),
        (svg("x" * 500_000), "larger than"),
    ],
)
def test_what_a_figure_may_not_have_is_refused(source, said):
    with pytest.raises(FigureError, match=re.escape(said)):
        figures.inline(source, "x", "f")
