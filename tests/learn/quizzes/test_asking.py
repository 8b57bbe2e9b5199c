"""What a seed decides: the numbers, the order; and the texts they stand in."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.courses.content import Mistake, Option, Question
from learn.quizzes import asking
from learn.quizzes.asking import ask, fill_text, problems_of
from learn.quizzes.expressions import ExpressionError

WORDS = {"en": "x"}
OPTIONS = tuple(Option(key, WORDS, key == "a", WORDS) for key in "abcd")
CHOICE = Question("choice", "single", WORDS, WORDS, options=OPTIONS)
BYTES = Question(
    "bytes", "numeric", {"en": "{n} billion of {bits} bits", "zh-hans": "{n} 十亿个 {bits} 位"},
    {"en": "{answer} GB, twice {= 2 * answer}, and $\\frac{a}{b}$ stays"},
    answer="n * bits / 8", tolerance=0.01, draw={"n": (3, 7, 13), "bits": (16, 32)},
    mistakes=(Mistake("n * bits", {"en": "that is {= n * bits} gigabits"}),),
)  # fmt: skip
ORDER = Question("order", "ordering", WORDS, WORDS, items=tuple({"en": word} for word in "one two three".split()))

seeds = st.text("0123456789abcdef", min_size=1, max_size=16)


@given(seeds)
def test_the_same_seed_asks_the_same(seed):
    assert ask(BYTES, seed) == ask(BYTES, seed)
    assert ask(CHOICE, seed) == ask(CHOICE, seed)


def test_a_seed_asks_today_what_it_asked_years_ago():
    assert asking.draw(BYTES, "0123456789abcdef") == {"n": 3, "bits": 32}
    assert [option.key for option in ask(CHOICE, "0123456789abcdef").options] == ["b", "d", "c", "a"]


def test_every_value_and_every_first_option_is_met():
    asked = [(ask(BYTES, str(seed)), ask(CHOICE, str(seed))) for seed in range(400)]

    assert {tuple(one.drawn.values()) for one, _ in asked} == {(n, bits) for n in (3, 7, 13) for bits in (16, 32)}
    firsts = Counter(choice.options[0].key for _, choice in asked)
    assert set(firsts) == set("abcd")
    assert max(firsts.values()) < 150


@given(seeds)
def test_an_ordering_is_never_shown_solved(seed):
    items = ask(ORDER, seed).items

    assert sorted(items) == [0, 1, 2]
    assert items != (0, 1, 2)


def test_numbers_stand_in_every_text_and_formulas_stay():
    asked = ask(BYTES, "0123456789abcdef").question

    assert asked.ask == {"en": "3 billion of 32 bits", "zh-hans": "3 十亿个 32 位"}
    assert asked.why["en"] == r"12 GB, twice 24, and $\frac{a}{b}$ stays"
    assert asked.mistakes[0].why["en"] == "that is 96 gigabits"


def test_a_field_that_cannot_be_worked_out_is_an_error():
    with pytest.raises(ExpressionError):
        fill_text("{= 1 / n}", {"n": 0})


def test_sound_numbers_have_no_problems():
    assert problems_of(BYTES) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": "n / (bits - 16)"}, "divides by zero with n = 3, bits = 16"),
        ({"answer": "m * 2"}, "does not know the name m"),
        ({"mistakes": (Mistake("n / 0", WORDS),)}, "the mistake n / 0 divides by zero"),
        ({"mistakes": (Mistake("bits * n / 8", WORDS),)}, "always within the tolerance"),
        ({"why": {"en": "{= q}"}}, "does not know the name q"),
    ],
)
def test_numbers_that_fail_for_some_draw_are_found(change, said):
    from dataclasses import replace

    assert said in problems_of(replace(BYTES, **change))[0]
