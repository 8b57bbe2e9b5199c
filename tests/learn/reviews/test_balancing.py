from hypothesis import given
from hypothesis import strategies as st

from learn.reviews.balancing import Load, bounds, choose

SEEDS = st.text(max_size=20)


def test_the_ranges_of_anki():
    assert [bounds(days, 365) for days in (1, 2, 3, 7, 20, 100, 365)] == [
        (1, 1),
        (2, 2),
        (2, 4),
        (5, 9),
        (17, 23),
        (93, 107),
        (345, 365),
    ]


@given(st.integers(1, 400), st.integers(1, 400), SEEDS, st.dictionaries(st.integers(1, 90), st.floats(0, 500)))
def test_a_chosen_day_is_within_its_bounds(interval, maximum, seed, minutes):
    interval = min(interval, maximum)
    low, high = bounds(interval, maximum)

    assert 1 <= low <= choose(interval, maximum, seed, Load(minutes)) <= high <= maximum


@given(st.integers(1, 365), SEEDS)
def test_the_same_seed_chooses_the_same_day(interval, seed):
    assert choose(interval, 365, seed) == choose(interval, 365, seed)


def test_a_full_day_is_avoided():
    load = Load({day: 0.0 if day == 21 else 120.0 for day in range(15, 26)})
    chosen = [choose(20, 365, str(seed), load) for seed in range(300)]

    assert chosen.count(21) > 290


def test_the_day_of_a_sibling_is_avoided():
    chosen = [choose(20, 365, str(seed), Load({}, frozenset({20}))) for seed in range(300)]

    assert 20 not in chosen
    assert len(set(chosen)) > 3


def test_minutes_even_out_where_intervals_alone_would_clump():
    """Two hundred items with the same interval, one after the other: no day gets twice its share."""
    minutes: dict[int, float] = {}
    for item in range(200):
        day = choose(30, 365, str(item), Load(minutes))
        minutes[day] = minutes.get(day, 0) + 1

    low, high = bounds(30, 365)
    assert max(minutes.values()) <= 2 * 200 / (high - low + 1)
