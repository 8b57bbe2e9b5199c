"""How two texts differ, line by line."""

from __future__ import annotations

from learn.exercises.differences import MOST_LINES, Line, between


def test_equal_texts_have_no_lines():
    assert between("a\nb\n", "a\nb\n") == []


def test_a_changed_line_stands_between_its_neighbours():
    assert between("a\nb\nc\n", "a\nB\nc\n") == [
        Line("same", "a", 1, 1),
        Line("old", "b", old=2),
        Line("new", "B", new=2),
        Line("same", "c", 3, 3),
    ]


def test_what_is_far_from_a_change_is_left_out():
    before = [str(n) for n in range(40)]
    after = [*before[:20], "here", *before[20:]]

    lines = between("\n".join(before), "\n".join(after))

    assert [line.kind for line in lines] == ["gap", "same", "same", "same", "new", "same", "same", "same"]
    assert (lines[1].old, lines[1].new, lines[5].old, lines[5].new) == (18, 18, 21, 22)


def test_texts_that_are_too_long_are_not_compared():
    assert between("a\n" * (MOST_LINES + 1), "b") is None
