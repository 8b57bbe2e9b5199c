"""Memory worked out anew from the log: the same in whatever order it came, and whole where it was damaged."""

from datetime import date

import pytest

from learn.reviews.models import Card, ReviewEvent
from learn.reviews.rating import Rating
from learn.reviews.refolding import refold
from learn.reviews.reviewing import review, undo_last
from tests.learn.reviews.conftest import NOON, days_after, state_of

CARD, QUESTION = "llm-roadmap/card:scale", "llm-roadmap/variance"

pytestmark = pytest.mark.django_db


def test_two_devices_offline_for_a_week_come_together(learner, django_user_model):
    """The same answers arrive by device, or as they happened: the same memory."""
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    phone = [(item, days_after(day), rating) for day, rating in ((0, 3), (3, 1), (6, 3)) for item in (CARD, QUESTION)]
    laptop = [(CARD, days_after(day), rating) for day, rating in ((1, 3), (4, 3), (6.5, 4))]

    for item, moment, rating in [*laptop, *phone]:
        review(learner, item, rating, moment)
    for item, moment, rating in sorted([*phone, *laptop], key=lambda answer: answer[1]):
        review(other, item, rating, moment)

    for item in (CARD, QUESTION):
        mine, theirs = Card.objects.get(learner=learner, item=item), Card.objects.get(learner=other, item=item)
        assert mine.memory == theirs.memory
        assert (mine.reps, mine.lapses, mine.first_on) == (theirs.reps, theirs.lapses, theirs.first_on)
    facts = ReviewEvent.objects.in_order().values_list("elapsed", "predicted")
    assert list(facts.filter(learner=learner, item=CARD)) == list(facts.filter(learner=other, item=CARD))


def test_everything_worked_out_anew_is_the_same(learner):
    for number in range(60):
        item = f"llm-roadmap/card:c{number % 9}"
        review(learner, item, 1 + number % 4, days_after(number * 0.7))
        if number % 7 == 3:
            undo_last(learner, days_after(number * 0.7 + 0.01))

    assert refold(learner).is_same


def test_a_damaged_card_is_mended_from_the_log(learner):
    for day in (0, 1, 4):
        review(learner, CARD, Rating.GOOD, days_after(day))
    whole = state_of(Card.objects.get())
    Card.objects.update(stability=99.0, reps=1, due_on=date(2030, 1, 1))
    ReviewEvent.objects.update(predicted=0.5)

    assert refold(learner, write=False).changed == (CARD,)
    assert refold(learner).changed == (CARD,)
    assert state_of(Card.objects.get()) == whole
    assert refold(learner).is_same
    assert not ReviewEvent.objects.filter(predicted=0.5).exists()


def test_lost_cards_come_back_from_the_log(learner):
    review(learner, CARD, Rating.GOOD, NOON)
    Card.objects.all().delete()

    refold(learner)

    assert Card.objects.get().reps == 1
