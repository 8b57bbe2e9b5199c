from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from learn.reviews.streak import KEPT, Streak, streak

START = date(2026, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def studied(*numbers: int, today: int, away=()) -> Streak:
    return streak({day(number) for number in numbers}, day(today), [(day(a), day(b)) for a, b in away])


def test_nothing_studied_is_no_row():
    assert streak(set(), START) == Streak()


def test_days_in_a_row_are_counted_and_today_breaks_nothing_before_it_is_over():
    assert studied(0, 1, 2, today=2).days == 3
    assert studied(0, 1, 2, today=3).days == 3
    assert studied(0, 1, 2, today=4).days == 0


def test_seven_days_earn_one_off_which_a_missed_day_uses():
    found = studied(*range(7), 8, today=8)

    assert (found.days, found.in_hand, found.frozen) == (8, 0, frozenset({day(7)}))


def test_no_more_days_off_are_kept_than_three():
    assert studied(*range(60), today=59).in_hand == KEPT
    assert studied(*range(60), 63, today=63).days == 61
    assert studied(*range(60), 64, today=64).days == 1


def test_days_away_neither_count_nor_break():
    found = studied(0, 1, 2, 10, today=10, away=[(3, 10)])

    assert (found.days, found.frozen) == (4, frozenset())
    assert studied(0, 1, 2, 11, today=11, away=[(3, 10)]).days == 1  # back on day 10, and it was missed


def test_the_longest_row_is_remembered():
    assert studied(0, 1, 2, 3, 9, today=9) == Streak(days=1, longest=4)


@given(st.sets(st.integers(0, 60), min_size=1))
def test_one_more_day_studied_never_shortens_the_longest_row(numbers):
    before = studied(*numbers, today=60)
    for more in range(61):
        assert studied(*numbers, more, today=60).longest >= before.longest
