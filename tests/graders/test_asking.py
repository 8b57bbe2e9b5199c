"""The questions of a grading: one is asked ahead, and no answer is taken for another's."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import values
from graders.asking import CellGone, Line, Reply
from graders.kit import Case


class Echo:
    """An asker that answers each question with its first argument. Its cell ends at question `ends_at`."""

    def __init__(self, ends_at: int | None = None) -> None:
        self.asked: deque[int] = deque()
        self.most_under_way, self.answered, self.ends_at = 0, 0, ends_at

    def put(self, question: bytes, *, sample: bool, seconds: float, load: bool = False) -> None:
        self.asked.append(values.decode(question)["args"][0])
        self.most_under_way = max(self.most_under_way, len(self.asked))

    def get(self) -> Reply:
        value = self.asked.popleft()
        if self.ends_at is not None and self.answered >= self.ends_at:
            raise CellGone("time", "", "")
        self.answered += 1
        return Reply("answered", value)


class Reference:
    """Answers as `Echo` does."""

    def call(self, question: dict) -> int:
        return question["args"][0]


def rows_of(sizes: list[int]) -> list[tuple[bool, str, list[Case]]]:
    """Rows of so many cases each, whose arguments count upwards through all of them."""
    numbers = iter(range(sum(sizes)))
    return [(False, str(row), [Case("c", "f", [next(numbers)]) for _ in range(size)]) for row, size in enumerate(sizes)]


def line_over(asker: Echo, rows: list) -> Line:
    line = Line(asker, Reference(), 1.0)  # type: ignore[arg-type]
    line.add(rows)
    return line


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=6))
def test_each_case_gets_its_own_answer_wherever_rows_are_given_up(plan):
    """Of a row of `size` cases, all after `good` are skipped."""
    rows = rows_of([size for size, _ in plan])
    asker = Echo()
    line = line_over(asker, rows)

    for number, (_, _, cases) in enumerate(rows):
        for case in cases[: plan[number][1]]:
            reply, want = line.next()
            assert reply.value == want == case.args[0]
        line.skip(number)

    assert asker.most_under_way <= 2
    assert not asker.asked and not line.under_way and not line.to_ask


def test_the_next_question_is_asked_before_an_answer_is_looked_at():
    asker = Echo()
    line = line_over(asker, rows_of([3]))

    line.next()

    assert list(asker.asked) == [1]


@given(st.integers(0, 5))
def test_when_the_cell_has_ended_nothing_is_under_way_and_whoever_asks_next_hears_it_again(ends_at):
    asker = Echo(ends_at)
    line = line_over(asker, rows_of([3, 4]))
    for _ in range(ends_at):
        line.next()

    for _ in range(2):
        if line.to_ask or line.under_way:
            with pytest.raises(CellGone):
                line.next()
            assert not line.under_way and not asker.asked


def test_a_cell_that_ends_in_what_is_skipped_is_the_next_rows_news():
    asker = Echo(ends_at=1)
    line = line_over(asker, rows_of([3, 2]))

    line.next()
    line.skip(0)

    with pytest.raises(CellGone):
        line.next()
