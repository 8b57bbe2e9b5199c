"""What was reviewed is undone, redone and rated anew, and nothing of it is deleted."""

import pytest
from ulid import ULID

from learn.reviews import days
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Rating
from learn.reviews.reviewing import Refused, join, redo_last, rerate, review, undo_last
from tests.learn.reviews.conftest import NOON, days_after, state_of

CARD, QUESTION, EXERCISE = "llm-roadmap/card:scale", "llm-roadmap/variance", "llm-roadmap/exercise:sdpa"

pytestmark = pytest.mark.django_db


def test_what_is_done_and_undone_was_never_done(learner):
    card = join(learner, CARD, NOON)
    for day, rating in ((0, 3), (1, 3), (3, 1), (4, 4)):
        review(learner, CARD, rating, days_after(day))
    before = state_of(card)

    review(learner, CARD, Rating.AGAIN, days_after(40))
    undo_last(learner, days_after(40.01))

    assert state_of(card) == before
    assert ReviewEvent.objects.count() == 7  # nothing is deleted


def test_undo_goes_back_step_by_step_across_items_and_redo_forward(learner):
    for number, item in enumerate((CARD, QUESTION, EXERCISE)):
        review(learner, item, Rating.GOOD, days_after(number))
    states = [state_of(card) for card in Card.objects.order_by("pk")]

    undone = [undo_last(learner, days_after(5 + n)) for n in range(3)]
    assert [card.item for card in undone] == [EXERCISE, QUESTION, CARD]
    assert undo_last(learner, days_after(9)) is None
    assert set(Card.objects.values_list("reps", flat=True)) == {0}

    redone = [redo_last(learner, days_after(10 + n)) for n in range(3)]
    assert [card.item for card in redone] == [CARD, QUESTION, EXERCISE]
    assert redo_last(learner, days_after(20)) is None
    assert [state_of(card) for card in Card.objects.order_by("pk")] == states


def test_redo_ends_where_something_new_was_done(learner):
    review(learner, CARD, Rating.AGAIN, NOON)
    undo_last(learner, days_after(0.01))
    review(learner, CARD, Rating.GOOD, days_after(0.02))

    assert redo_last(learner, days_after(0.03)) is None


def test_an_undo_sent_twice_undoes_one_thing(learner):
    review(learner, CARD, Rating.GOOD, NOON)
    review(learner, QUESTION, Rating.GOOD, days_after(1))
    undo_last(learner, days_after(2), void_id=(id := str(ULID())))

    undo_last(learner, days_after(2), void_id=id)

    assert Card.objects.get(item=CARD).reps == 1


def test_the_learner_may_lower_a_rating_and_take_that_back(learner):
    review(learner, EXERCISE, Rating.GOOD, NOON, event_id=(id := str(ULID())), evidence={"solved": True})
    good = state_of(Card.objects.get())

    card = rerate(learner, id, Rating.AGAIN, days_after(0.1))
    line = ReviewEvent.objects.standing().get(kind="graded")
    assert (line.rating, line.auto_rating, line.utc_ms) == (1, 3, days.to_ms(NOON))
    assert card.reps == 1 and card.stability < good["stability"]

    undo_last(learner, days_after(0.2))
    assert Card.objects.get().stability == good["stability"]


def test_a_rating_rises_by_one_step_at_most_and_by_the_rules_word(learner):
    review(learner, EXERCISE, Rating.HARD, NOON, event_id=(id := str(ULID())))

    with pytest.raises(Refused, match="one step"):
        rerate(learner, id, Rating.EASY, NOON)
    rerate(learner, id, Rating.GOOD, NOON)
    raised = ReviewEvent.objects.standing().get(kind="graded")
    with pytest.raises(Refused, match="one step"):
        rerate(learner, raised.pk, Rating.EASY, NOON)
