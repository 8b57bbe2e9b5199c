"""Everything a learner has goes along as JSON: each line of the log with its moment, zone and evidence."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.urls import reverse

from learn.lessons.models import Finished
from learn.quizzes.models import Attempt
from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card, ParameterSet, Plan, ReviewEvent
from learn.reviews.schedule import DEFAULT_WEIGHTS
from tests.learn.reviews.conftest import NOON

CARD = "small/card:vectors-0"


@pytest.fixture
def everything(learner, begun, django_user_model):
    """Some of each for the learner, and some of another's that must stay here."""
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    for who in (learner, other):
        for days in (30, 9, 1):
            reviewing.review(who, CARD, 3, NOON - timedelta(days=days), kind=What.MANUAL, evidence={"reason": "right"})
        Plan.objects.create(learner=who, minutes_a_day=33)
        Finished.objects.create(learner=who, course="small", topic="vectors")
        ParameterSet.objects.create(learner=who, weights=list(DEFAULT_WEIGHTS), reviews=9, fitted_at=NOON)
        Attempt.objects.create(
            learner=who, item="small/vectors-q0", edition=1, seed="s", given={"choice": ["yes"]}, mark={}, right=True
        )
    reviewing.undo_last(learner, NOON)
    return learner


def of_a_learner(model) -> list[str]:
    return [
        field.name
        for field in model._meta.get_fields()
        if field.is_relation and field.many_to_one and field.related_model is get_user_model() and field.concrete
    ]


def test_every_row_that_belongs_to_a_learner_goes_along_and_no_other(signed_in, everything):
    told = json.loads(signed_in.get(reverse("accounts:export")).content)

    ours = [model for model in apps.get_models() if model.__module__.startswith("learn.")]
    for model in ours:
        for name in of_a_learner(model):
            mine = model.objects.filter(**{name: everything}).count()
            assert len(told.get(model._meta.label_lower, [])) == mine, model
    assert len(told["reviews.reviewevent"]) == ReviewEvent.objects.filter(learner=everything).count() > 10
    assert [plan["minutes_a_day"] for plan in told["reviews.plan"]] == [33]
    assert [attempt["seed"] for attempt in told["quizzes.attempt"]] == ["s"]  # which numbers were asked


def test_a_line_of_the_log_says_all_it_knows(signed_in, everything):
    told = json.loads(signed_in.get(reverse("accounts:export")).content)

    line = next(one for one in told["reviews.reviewevent"] if one["rating"] and one["voided_by"])
    kept = ReviewEvent.objects.get(pk=line["pk"])
    assert {name: line[name] for name in ("item", "utc_ms", "zone", "evidence")} == {
        "item": CARD, "utc_ms": kept.utc_ms, "zone": "UTC", "evidence": {"reason": "right"},
    }  # fmt: skip
    card = next(one for one in told["reviews.card"] if one["item"] == CARD)
    assert card["stability"] == Card.objects.get(learner=everything, item=CARD).stability
