"""A topic opens when what it needs is still remembered; what has faded gets five minutes, never a wall."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from learn.courses import library
from learn.reviews.fold import What
from learn.reviews.gates import gate
from learn.reviews.models import Card
from learn.reviews.reviewing import review
from tests.learn.reviews.conftest import NOON

VECTORS = [f"small/card:vectors-{n}" for n in range(4)]


@pytest.fixture
def edition(course):
    return library.live("small")


def test_what_was_never_asked_closes_nothing(learner, begun, edition):
    found = gate(learner, edition, ["vectors"], NOON)

    assert found.is_open and found.refresher == ()


def test_what_is_fresh_is_open_and_what_faded_is_named(learner, begun, edition):
    for item in VECTORS:
        review(learner, item, 3, NOON, kind=What.MANUAL)

    assert gate(learner, edition, ["vectors"], NOON + timedelta(days=1)).is_open
    later = gate(learner, edition, ["vectors"], NOON + timedelta(days=90))
    assert later.faded == ("vectors",)
    assert set(later.refresher) == set(VECTORS)


def test_a_refresher_takes_five_minutes_and_begins_with_the_weakest(learner, begun, edition):
    items = [item for item in begun if "exercise" not in item]
    for number, item in enumerate(items):
        review(learner, item, 1 + number % 4, NOON, kind=What.MANUAL)
    found = gate(learner, edition, ["vectors", "attention", "masks"], NOON + timedelta(days=300))
    recall = {item: value for need in found.needs for value, item in need.weakest}

    values = [recall[item] for item in found.refresher]
    assert values == sorted(values)
    assert 5 <= len(found.refresher) <= 5 / 0.2


def test_a_refresher_can_be_taken_and_opens_the_gate(signed_in, learner, begun, edition):
    for item in VECTORS:
        review(learner, item, 1, NOON - timedelta(days=60), kind=What.MANUAL)
        review(learner, item, 3, NOON - timedelta(days=59), kind=What.MANUAL)
    Card.objects.update(due_on=NOON.date() + timedelta(days=100))  # nothing of it is due
    assert not gate(learner, edition, ["vectors"], NOON).is_open

    with time_machine.travel(NOON, tick=False) as clock:
        html = signed_in.get(reverse("reviews:today"), {"refresh": "small/vectors"}).content.decode()
        assert "A refresher" in html and all(item in html for item in VECTORS)
        clock.shift(60)
        for item in VECTORS:
            review(learner, item, 3, NOON + timedelta(seconds=60), kind=What.MANUAL)
        assert "You can go on." in signed_in.get(reverse("reviews:next")).content.decode()

    assert gate(learner, edition, ["vectors"], NOON).is_open


@pytest.mark.parametrize("asked", ["", "/", "nowhere/vectors", "small/nothing", "small/" + "+".join(["x"] * 5000)])
def test_a_refresher_of_nothing_is_the_days_plan(signed_in, begun, asked):
    assert signed_in.get(reverse("reviews:today"), {"refresh": asked}).status_code == 200


def test_gates_cost_the_same_for_many_needs(learner, begun, edition, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        gate(learner, edition, ["vectors", "attention", "masks"], NOON)
