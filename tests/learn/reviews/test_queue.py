"""The day's queue: worth per minute, topics that alternate, minutes that are kept, nothing hidden."""

import random
from dataclasses import replace
from datetime import date, timedelta

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.reviews.items import Kind
from learn.reviews.queue import AHEAD_MS, Waiting, Wishes, days_to_catch_up, interleaved, queue
from learn.reviews.schedule import DEFAULT_WEIGHTS, State
from learn.reviews.value import forgotten, gain, recalled

TODAY, NOW = date(2026, 3, 10), 1_773_144_000_000
DAY = Wishes(today=TODAY, now_ms=NOW, minutes=20, new_left=10)


def card(name: str, topic: str = "", stability: float = 10, overdue: int = 0, **columns) -> Waiting:
    columns = {"kind": Kind.CARD, "minutes": 0.2, "difficulty": 5.0} | columns
    last_on = TODAY - timedelta(days=int(stability) + overdue)
    due_on = columns.pop("due_on", TODAY - timedelta(days=overdue))
    return Waiting(item=name, due_on=due_on, topic=topic or name, stability=stability, last_on=last_on, **columns)


def new(name: str, rank: int = 0, **columns) -> Waiting:
    return Waiting(name, Kind.CARD, 0.2, TODAY, state=State.NEW, rank=rank, topic=name, **columns)


def step(name: str, in_ms: int) -> Waiting:
    return card(name, state=State.LEARNING, due_ms=NOW + in_ms)


def names(found) -> list[str]:
    return [one.item for one in found]


def test_nothing_due_is_an_empty_queue():
    assert queue([], DAY).is_empty


def test_what_is_worth_most_for_its_minutes_comes_first():
    found = queue([card("fresh", stability=100), card("fading", stability=10, overdue=20)], DAY)

    assert names(found.items) == ["fading", "fresh"]


def test_minutes_are_kept_and_what_does_not_fit_is_told():
    found = queue([card(f"c{n}", minutes=3) for n in range(10)], DAY)

    assert (len(found.items), found.minutes) == (6, 18)
    assert (len(found.waiting), found.minutes_waiting) == (4, 12)


def test_one_item_longer_than_the_budget_is_asked_all_the_same():
    exercise = card("x", kind=Kind.EXERCISE, minutes=25)

    assert names(queue([exercise], DAY).items) == ["x"]
    assert queue([exercise], replace(DAY, minutes=0)).is_empty


def test_fifteen_minutes_are_fifteen_minutes():
    due = [card(f"c{n}", minutes=0.5) for n in range(100)] + [card("x", kind=Kind.EXERCISE, minutes=12)]

    assert queue(due, replace(DAY, minutes=15)).minutes <= 15


def test_an_exercise_is_not_crowded_out_by_cards():
    due = [card(f"c{n}", minutes=0.2) for n in range(200)] + [card("x", kind=Kind.EXERCISE, minutes=10)]

    assert "x" in names(queue(due, DAY).items)


def test_steps_that_are_over_come_before_all_else_and_are_never_left_over():
    found = queue([card("due"), step("late", -60_000), step("later", -30_000)], replace(DAY, minutes=0))

    assert set(names(found.items)) == {"late", "later"}
    assert names(found.waiting) == ["due"]


def test_a_step_that_is_not_over_comes_early_only_when_nothing_else_is_left():
    soon, far = step("soon", AHEAD_MS - 1), step("far", AHEAD_MS + 60_000)

    assert names(queue([card("due"), soon], DAY).items) == ["due"]
    assert queue([card("due"), soon], DAY).returns_ms == soon.due_ms
    assert names(queue([soon, far], DAY).items) == ["soon"]
    assert queue([far], DAY).is_empty and queue([far], DAY).returns_ms == far.due_ms


def test_a_step_of_an_earlier_day_is_simply_due():
    yesterday = replace(step("left", -90_000_000), due_on=TODAY - timedelta(days=1))

    assert names(queue([yesterday], DAY).items) == ["left"]


def test_new_items_are_limited_and_come_in_the_order_of_the_course():
    found = queue([new(f"n{rank}", rank) for rank in (3, 1, 2, 0)], replace(DAY, new_left=2))

    assert names(found.items) == ["n0", "n1"]
    assert found.new_held == 2


def test_new_items_are_strewn_among_the_known():
    found = queue([card(f"c{n}") for n in range(8)] + [new("n0"), new("n1", 1)], DAY)

    places = [place for place, name in enumerate(names(found.items)) if name.startswith("n")]
    assert places == [4, 9]


def test_a_backlog_leaves_no_minutes_for_new_items_at_its_end():
    found = queue([card(f"c{n}", minutes=1) for n in range(60)] + [new(f"n{n}", n) for n in range(9)], DAY)

    assert sum(name.startswith("n") for name in names(found.items)) <= 5


def test_topics_alternate():
    due = [card(f"{topic}{n}", topic, overdue=ord(topic) - 90) for topic in "abc" for n in range(4)]
    topics = [one.topic for one in queue(due, DAY).items]

    assert all(one != other for one, other in zip(topics, topics[1:], strict=False))


def test_what_was_just_asked_counts_too():
    due = [card("a1", "a", overdue=50), card("b1", "b")]

    assert names(queue(due, replace(DAY, recent=("a",))).items) == ["b1", "a1"]


def test_an_item_asked_for_comes_first_even_without_minutes():
    found = queue([card("due", overdue=50), card("asked")], replace(DAY, minutes=0, first="asked"))

    assert names(found.items) == ["asked"]


ITEMS = st.lists(
    st.builds(
        lambda n, topic, minutes, stability, overdue: card(str(n), topic, stability, overdue, minutes=minutes),
        st.integers(0, 10**6),
        st.sampled_from("abcd"),
        st.floats(0.1, 30),
        st.floats(0.01, 300),
        st.integers(0, 300),
    ),
    max_size=80,
    unique_by=lambda one: one.item,
)


@given(ITEMS, st.floats(0, 200), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_of_the_rows_does_not_matter(items, minutes, rng):
    wishes = replace(DAY, minutes=minutes)
    found = queue(items, wishes)
    shuffled = rng.sample(items, len(items))

    assert sorted(names([*found.items, *found.waiting])) == sorted(names(items))
    assert queue(shuffled, wishes) == found
    assert found.minutes <= minutes or len(found.items) == 1


@given(ITEMS)
def test_three_of_a_topic_in_a_row_only_when_no_other_is_left(items):
    ordered = interleaved(items)
    for at in range(len(ordered) - 2):
        if ordered[at].topic == ordered[at + 1].topic == ordered[at + 2].topic:
            assert {one.topic for one in ordered[at + 2 :]} == {ordered[at].topic}


def test_a_backlog_says_when_it_is_through():
    assert days_to_catch_up(60, [5] * 30, 20) == 4
    assert days_to_catch_up(60, [20] * 30, 20) is None
    assert days_to_catch_up(0, [5], 20) == 1


def test_the_formulas_written_out_are_the_librarys():
    library, rng = fsrs.Scheduler(enable_fuzzing=False), random.Random(3)
    for _ in range(2000):
        s, d, r = rng.uniform(0.01, 500), rng.uniform(1, 10), rng.uniform(0.05, 1)
        good = library._next_recall_stability(difficulty=d, stability=s, retrievability=r, rating=fsrs.Rating.Good)
        lapse = library._next_stability(difficulty=d, stability=s, retrievability=r, rating=fsrs.Rating.Again)
        assert recalled(DEFAULT_WEIGHTS, s, d, r) == pytest.approx(good)
        assert forgotten(DEFAULT_WEIGHTS, s, d, r) == pytest.approx(lapse)


def test_a_review_is_worth_little_when_fresh_and_much_when_fading():
    fresh, due, late = (gain(DEFAULT_WEIGHTS, 10, 5, days) for days in (0, 10, 30))

    assert 0 <= fresh < due < late
