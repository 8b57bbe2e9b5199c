"""Workload against retention: the same shape as the simulator of fsrs-rs where both can say something."""

import fsrs_rs_python as rust
import pytest

from learn.reviews.schedule import DEFAULT_WEIGHTS
from learn.reviews.workload import Own, workloads

LEVELS = (0.80, 0.85, 0.90, 0.95)
# A deck as it is the day after it was learnt with Good.
FRESH = [Own(2.3065, 2.1181, 1, 0.2)] * 400
# As real ones are: of all ages, out of step.
MIXED = [Own(1.0 + place % 60, 1.0 + place % 9, place % 17, 0.2) for place in range(400)]


def test_nothing_remembered_is_nothing_to_simulate():
    assert workloads([], DEFAULT_WEIGHTS) == []


def test_more_retention_costs_more_and_keeps_more():
    found = workloads(MIXED, DEFAULT_WEIGHTS)

    assert found[-1].minutes_a_day > 2 * found[0].minutes_a_day
    assert [one.remembered for one in found] == sorted(one.remembered for one in found)


def test_the_same_memory_gives_the_same_curve():
    assert workloads(FRESH, DEFAULT_WEIGHTS) == workloads(FRESH, DEFAULT_WEIGHTS)


def test_twice_the_items_cost_twice_the_minutes():
    once, twice = workloads(FRESH, DEFAULT_WEIGHTS), workloads(FRESH * 2, DEFAULT_WEIGHTS)

    for one, two in zip(once, twice, strict=True):
        assert two.minutes_a_day == pytest.approx(2 * one.minutes_a_day, rel=0.1)


def test_a_long_interval_of_today_costs_nothing_within_the_horizon():
    strong = [Own(5000, 3, 0, 1.0, maximum=36500)] * 10

    assert workloads(strong, DEFAULT_WEIGHTS, horizon=100, levels=[0.9])[0].minutes_a_day == 0


def test_the_curve_has_the_shape_of_the_other_simulator():
    """fsrs-rs learns a deck from nothing, so only ratios between retentions can be compared."""
    config = rust.default_simulator_config()
    config.deck_size, config.learn_span, config.learn_limit, config.max_cost_perday = 400, 365, 400, 1e9
    theirs = [sum(rust.simulate(list(DEFAULT_WEIGHTS), level, config, seed=1).review_cnt_per_day) for level in LEVELS]
    ours = [one.minutes_a_day for one in workloads(FRESH, DEFAULT_WEIGHTS, horizon=365, levels=LEVELS)]

    for mine, other in zip(ours, theirs, strict=True):
        assert mine / ours[2] == pytest.approx(other / theirs[2], rel=0.25)
