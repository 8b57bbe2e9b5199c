"""What stands beside the questions: why a rating is what it is, what is set aside, the plan, names and counts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from ulid import ULID

from learn.courses.content import Question
from learn.reviews import places, reviewing, today
from learn.reviews.fold import What
from learn.reviews.items import Kind
from learn.reviews.memory import Memory
from learn.reviews.models import Card, Plan, ReviewEvent
from learn.reviews.rulebook import rules_of
from tests.learn.reviews.conftest import NOON, get

CARD, EXERCISE = "small/card:vectors-0", "small/exercise:scaled"

pytestmark = pytest.mark.usefixtures("at_noon")


def test_the_rule_says_why_and_the_learner_may_lower_it(signed_in, learner, begun):
    reviewing.review(learner, EXERCISE, 3, NOON, event_id=(id := str(ULID())), evidence={"reason": "first-try"})
    html = get(signed_in, "rated", item=EXERCISE)
    assert "Good" in html and "Solved at the first try." in html

    answer = signed_in.post(reverse("reviews:rerate", args=[id]), {"rating": "1"}, headers={"HX-Request": "true"})
    assert "Again" in answer.content.decode() and "You changed it yourself." in answer.content.decode()
    assert ReviewEvent.objects.standing().get(kind="graded").rating == 1


def test_nobody_rates_anothers_review(signed_in, django_user_model):
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    reviewing.review(other, EXERCISE, 3, NOON, event_id=(id := str(ULID())))

    assert signed_in.post(reverse("reviews:rerate", args=[id]), {"rating": "1"}).status_code == 404


def test_the_verdict_of_a_moment_ago_greets_who_comes_back(signed_in, learner, begun):
    reviewing.review(learner, EXERCISE, 2, NOON, evidence={"reason": "some-failures"})

    assert "Solved, after tries that failed." in get(signed_in, "today")


def test_a_leech_is_listed_with_its_remedy_and_can_be_brought_back(signed_in, learner, begun):
    for day, rating in enumerate((3, 1, 3, 1, 3, 1, 3, 1)):
        reviewing.review(learner, EXERCISE, rating, NOON - timedelta(days=40 - 5 * day))
    assert Card.objects.get(item=EXERCISE).is_leech

    html = get(signed_in, "aside")
    assert "Forgotten 4 times" in html and "?review=cloze" in html
    signed_in.post(reverse("reviews:log"), {"id": str(ULID()), "item": EXERCISE, "what": "resume"})
    assert not Card.objects.get(item=EXERCISE).suspended


def test_a_plan_is_saved_and_a_senseless_one_explained(signed_in, learner):
    given = {
        "minutes_a_day": 30,
        "new_a_day": 5,
        "retention": 0.9,
        "retention_questions": 0.9,
        "retention_exercises": 0.85,
        "digest_hour": 7,
    }
    assert signed_in.post(reverse("reviews:plan"), given).status_code == 302
    assert Plan.objects.get(learner=learner).minutes_a_day == 30

    for more in ({"minutes_a_day": 0}, {"retention": 1.5}, {"away_from": "2026-05-01"}, {"digest_hour": 24},
                 {"away_from": "2026-05-01", "away_until": "2026-04-01"}):  # fmt: skip
        answer = signed_in.post(reverse("reviews:plan"), given | more)
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()


def test_each_kind_is_asked_at_its_own_desired_retention(signed_in, learner):
    wishes = {"retention": 0.95, "retention_questions": 0.8, "retention_exercises": 0.85}
    signed_in.post(reverse("reviews:plan"), {"minutes_a_day": 30, "new_a_day": 5, "digest_hour": 7, **wishes})

    of_kind = {kind: rules.retention for kind, rules in rules_of(learner).items()}
    assert of_kind == {Kind.CARD: 0.95, Kind.QUESTION: 0.8, Kind.EXERCISE: 0.85}


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        (r"Why divide by $\sqrt{d}$?", "Why divide by √d?"),
        (r"Is $\alpha \le 2 \times r$ *always*?", "Is α ≤ 2 × r always?"),
        ("## A `code` word\n\nAnd more.", "## A code word"),
        ("x" * 99, "x" * 79 + "…"),
    ],
)
def test_a_list_calls_an_item_by_its_first_words_without_marks(markdown, title):
    assert places._first_words(markdown) == title


def test_a_question_with_fresh_numbers_is_called_by_some_of_them():
    question = Question("q", "numeric", {"en": "A batch of {b} with {h} heads?"}, {}, draw={"b": (4, 8), "h": (2,)})

    assert places._drawn(question, question.ask["en"]) == "A batch of 4 with 2 heads?"


def test_what_left_the_course_counts_nowhere(signed_in, learner, begun):
    before = today.due_count(learner, NOON)
    for number, item in enumerate(("small/card:gone", "other/card:x")):
        reviewing.review(learner, item, 4, NOON - timedelta(days=30), kind=What.MANUAL)
        Card.objects.filter(item=item).update(due_on=NOON.date() + timedelta(days=number))

    assert today.due_count(learner, NOON) == before
    assert sum(today.Today(learner, NOON).forecast) == 0
    mine = Memory(learner, NOON, "en")
    assert not mine.known and sum(mine.forecast) == 0
    assert ReviewEvent.objects.filter(item="small/card:gone", rating=4).exists()  # and nothing is lost


def test_the_header_counts_no_more_new_items_than_today_may_still_have(learner, begun):
    Plan.objects.create(learner=learner, new_a_day=3)
    assert today.due_count(learner, NOON) == 3

    reviewing.review(learner, CARD, 4, NOON, kind=What.MANUAL)

    assert today.due_count(learner, NOON) == 2
