"""An answer is kept once, and is a review when it says something about memory."""

from datetime import timedelta

import pytest

from learn.quizzes import answering
from learn.quizzes.models import Attempt
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Rating
from tests.learn.small_course import NOW

ITEM = "small/thousand"


@pytest.fixture
def answer(learner, question):
    def give(choice="ten", now=NOW, seed=None, **about):
        seed = seed or answering.next_seed(learner, ITEM)
        return answering.answer(
            learner, ITEM, question("thousand"), seed, {"choice": [choice]}, now, edition=1, **about
        )

    return give


def ratings() -> list[int]:
    return list(ReviewEvent.objects.order_by("utc_ms").values_list("rating", flat=True))


def test_a_right_answer_is_kept_and_is_a_good_review(answer):
    answered = answer(duration_ms=4200)

    assert answered.is_new
    assert (answered.attempt.right, answered.attempt.given, answered.attempt.duration_ms) == (
        True, {"choice": ["ten"]}, 4200,
    )  # fmt: skip
    assert ratings() == [Rating.GOOD]
    event = ReviewEvent.objects.get()
    assert (event.pk, event.item, event.duration_ms) == (answered.attempt.review, ITEM, 4200)
    assert event.evidence["reason"] == "right"
    assert answered.card.due > NOW


def test_a_wrong_answer_is_again_and_an_unsure_one_is_hard(answer):
    answer("three")
    answer("ten", now=NOW + timedelta(days=2), unsure=True)

    assert ratings() == [Rating.AGAIN, Rating.HARD]


def test_a_right_answer_that_took_much_longer_than_usual_is_hard(answer):
    for day in range(6):
        answer("ten", now=NOW + timedelta(days=day), duration_ms=4000 + day)
    answer("ten", now=NOW + timedelta(days=9), duration_ms=20_000)

    assert ratings() == [Rating.GOOD] * 6 + [Rating.HARD]
    evidence = ReviewEvent.objects.order_by("utc_ms").last().evidence
    assert (evidence["own_times"], evidence["reason"]) == (6, "slow")


def test_the_same_asking_answered_twice_is_one_answer(answer, learner):
    seed = answering.next_seed(learner, ITEM)
    first, second = answer("three", seed=seed), answer("ten", seed=seed)

    assert not second.is_new
    assert second.attempt == first.attempt
    assert not second.attempt.right
    assert Attempt.objects.count() == ReviewEvent.objects.count() == 1


def test_once_more_right_after_the_explanation_is_practice(answer):
    answer("three")
    practice = answer("ten", now=NOW + timedelta(minutes=1))

    assert practice.is_new
    assert practice.attempt.review == ""
    assert ratings() == [Rating.AGAIN]
    assert practice.card.due > NOW


def test_when_it_is_due_again_it_counts_again(answer, learner):
    answer("three")
    due = Card.objects.get(learner=learner, item=ITEM).due
    answer("ten", now=due)

    assert ratings() == [Rating.AGAIN, Rating.GOOD]


def test_another_day_counts_even_before_it_is_due(answer):
    first = answer("ten")
    assert first.card.due > NOW + timedelta(days=1)

    answer("three", now=NOW + timedelta(days=1))

    assert ratings() == [Rating.GOOD, Rating.AGAIN]


def test_each_asking_has_a_seed_of_its_own(answer, learner):
    before = answering.next_seed(learner, ITEM)
    answer("ten")

    assert answering.next_seed(learner, ITEM) != before
    assert answering.next_seed(learner, "small/powers") != before


def test_an_answer_and_its_review_are_written_together_or_not_at_all(answer, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the database went away")

    monkeypatch.setattr("learn.quizzes.answering.reviewing.review", fail)
    with pytest.raises(RuntimeError):
        answer("ten")

    assert not Attempt.objects.exists()
    monkeypatch.undo()
    assert answer("ten").is_new
