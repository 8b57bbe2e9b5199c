"""Charts are well-formed, carry no style of their own, and survive any text."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.reviews import svg

NASTY = "<script>alert(\"1\")</script> & 'x'"


def parse(drawing: str) -> ElementTree.Element:
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img" and root.get("aria-label")
    assert not [node for node in root.iter() if node.get("style")]
    return root


def texts(root: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in root.iter() if node.tag in ("text", "title")]


def test_words_are_words_and_never_markup():
    root = parse(svg.bars(NASTY, [1.0], [NASTY], [NASTY]))

    assert root.get("aria-label") == NASTY
    assert NASTY in texts(root)
    assert not list(root.iter("script"))


def test_bars_stand_on_zero_and_fill_no_more_than_their_room():
    root = parse(svg.bars("t", [0, 5, 10], ["a", "b", "c"], ["x", "y", "z"]))
    bars = [node for node in root if node.get("class") == "bar"]

    assert len(bars) == 2  # nothing is drawn for nothing
    bottoms = {round(float(bar.get("y")) + float(bar.get("height")), 3) for bar in bars}
    assert bottoms == {svg.HEIGHT - svg.BOTTOM}
    assert float(bars[1].get("height")) == pytest.approx(2 * float(bars[0].get("height")))


def test_a_year_has_a_square_for_every_day():
    cells = [svg.Cell(day // 7, day % 7, day % 5, f"day {day}") for day in range(365)]
    root = parse(svg.calendar("t", cells, [(0, "Jan")], [(0, "Mon")]))

    assert len(root.findall("rect")) == 365


@given(st.lists(st.floats(0, 1e6), max_size=40))
def test_any_numbers_can_be_drawn(values):
    parse(svg.bars("t", values, [""] * len(values), [""] * len(values)))
    points = list(enumerate(values))
    parse(svg.lines("t", [svg.Line(points, dots=["d"] * len(points))], [(0, "a")], (0, 1e6), [(0, "0")], 5, 1))


@pytest.mark.parametrize(
    "value, top", [(0, 1), (0.3, 0.4), (1, 1), (3, 4), (12.2, 20), (45, 50), (99, 100), (101, 200)]
)
def test_the_top_of_an_axis_is_round(value, top):
    assert svg.nice(value) == pytest.approx(top)
