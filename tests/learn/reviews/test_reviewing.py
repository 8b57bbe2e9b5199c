"""What is written when something is reviewed, sent twice, or makes no sense; when an item begins or is set aside."""

from datetime import UTC, date, datetime, timedelta

import pytest
from ulid import ULID

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card, Plan, ReviewEvent
from learn.reviews.rating import Rating
from learn.reviews.refolding import refold
from learn.reviews.reviewing import Refused, join, review, undo, undo_last
from tests.learn.reviews.conftest import NOON, days_after, state_of

CARD, QUESTION, EXERCISE = "llm-roadmap/card:scale", "llm-roadmap/variance", "llm-roadmap/exercise:sdpa"

pytestmark = pytest.mark.django_db


def test_a_review_is_written_down_and_moves_the_card(learner):
    card = review(learner, EXERCISE, Rating.GOOD, NOON, evidence={"failed_attempts": 0}, duration_ms=61_000)

    line = ReviewEvent.objects.get()
    assert (line.rating, line.kind, line.study_date, line.duration_ms) == (3, "graded", date(2026, 3, 10), 61_000)
    assert (line.zone, line.evidence, line.rule_version) == ("UTC", {"failed_attempts": 0}, 1)
    assert (card.kind, card.reps, card.state) == ("exercise", 1, 2)
    assert card.due_on > date(2026, 3, 11)
    assert card.due == datetime(card.due_on.year, card.due_on.month, card.due_on.day, 4, tzinfo=UTC)


def test_the_day_of_study_is_the_learners(learner):
    learner.zone = "Asia/Shanghai"

    review(learner, CARD, Rating.GOOD, datetime(2026, 3, 9, 19, 59, tzinfo=UTC))
    review(learner, QUESTION, Rating.GOOD, datetime(2026, 3, 9, 20, 0, tzinfo=UTC))

    assert list(ReviewEvent.objects.in_order().values_list("study_date", flat=True)) == [
        date(2026, 3, 9),
        date(2026, 3, 10),
    ]


def test_moving_house_or_another_hour_rewrites_nothing(learner):
    review(learner, CARD, Rating.GOOD, datetime(2026, 3, 9, 3, tzinfo=UTC))
    learner.zone, learner.rollover_hour = "Pacific/Auckland", 0
    learner.save()

    assert refold(learner).is_same
    assert ReviewEvent.objects.get().study_date == date(2026, 3, 8)


def test_a_zone_that_does_not_exist_counts_in_utc_and_says_so_in_the_log(learner):
    review(learner, CARD, Rating.GOOD, NOON, zone="Mars/Olympus")

    line = ReviewEvent.objects.get()
    assert line.zone == "UTC"
    assert "Mars/Olympus" in line.evidence["zone_note"]


def test_sent_twice_is_kept_once(learner):
    first = review(learner, CARD, Rating.GOOD, NOON, event_id=(id := str(ULID())))
    before = state_of(first)

    again = review(learner, CARD, Rating.AGAIN, days_after(3), event_id=id)

    assert state_of(again) == before
    assert ReviewEvent.objects.get().rating == 3  # the first one counts


def test_an_id_of_someone_else_is_refused_and_tells_nothing(learner, django_user_model):
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    review(learner, CARD, Rating.GOOD, NOON, event_id=(id := str(ULID())))

    with pytest.raises(Refused, match="another review"):
        review(other, CARD, Rating.GOOD, NOON, event_id=id)
    with pytest.raises(Refused):
        undo(other, id, NOON)
    assert not Card.objects.filter(learner=other).exists()


@pytest.mark.parametrize("rating", [0, 5, -1, None, "good", 2.5j, [], "３½", True and "4.5"])
def test_a_rating_that_is_none_is_refused_with_a_sentence(learner, rating):
    with pytest.raises(Refused, match="1 .again., 2 .hard., 3 .good. or 4 .easy."):
        review(learner, CARD, rating, NOON)
    assert not ReviewEvent.objects.exists()


@pytest.mark.parametrize("item", ["", "scale", "/scale", "llm-roadmap/", "a/" + "b" * 300, None])
def test_a_name_that_no_item_has_is_refused(learner, item):
    with pytest.raises(Refused, match="not the name of an item"):
        review(learner, item, Rating.GOOD, NOON)


@pytest.mark.parametrize("id", ["", "1", "x" * 26, "8" + "Z" * 25, "'; drop table"])
def test_an_id_that_is_no_ulid_is_refused(learner, id):
    with pytest.raises(Refused, match="not a ULID"):
        review(learner, CARD, Rating.GOOD, NOON, event_id=id or "-")


@pytest.mark.parametrize("duration", [-5, 10**12, float("inf"), "long", None])
def test_an_absurd_duration_is_not_known(learner, duration):
    review(learner, CARD, Rating.GOOD, NOON, duration_ms=duration)

    assert ReviewEvent.objects.get().duration_ms is None


def test_an_item_begins_once(learner):
    first = join(learner, CARD, NOON)
    again = join(learner, CARD, days_after(9), due_on=date(2027, 1, 1))

    assert first.pk == again.pk and again.due_on == date(2026, 3, 10)
    assert ReviewEvent.objects.count() == 1


def test_a_lessons_items_begin_together_in_a_few_queries(learner, django_assert_max_num_queries):
    join(learner, CARD, NOON)
    items = [CARD, *(f"llm-roadmap/q{number}" for number in range(40))]

    with django_assert_max_num_queries(6):
        assert reviewing.join_all(learner, items, NOON) == 40

    assert reviewing.join_all(learner, items, NOON) == 0
    assert Card.objects.filter(kind="question", due_on=date(2026, 3, 10)).count() == 40
    assert refold(learner).is_same


def test_burying_suspending_and_resuming_are_lines_of_the_log(learner):
    join(learner, CARD, NOON)
    today = NOON.date()

    assert reviewing.note(learner, CARD, What.BURY, NOON).buried_until == date(2026, 3, 11)
    assert not Card.objects.due(today, NOON).exists()
    assert Card.objects.due(date(2026, 3, 11), days_after(1)).exists()

    assert reviewing.note(learner, CARD, What.SUSPEND, days_after(1)).suspended
    assert not Card.objects.due(date(2026, 3, 12), days_after(2)).exists()
    undo_last(learner, days_after(2))
    assert not Card.objects.get().suspended
    assert refold(learner).is_same


def test_a_step_of_minutes_is_due_in_minutes(learner):
    card = review(learner, CARD, Rating.AGAIN, NOON)

    assert card.due == NOON + timedelta(minutes=1)
    assert not Card.objects.due(NOON.date(), NOON).exists()
    assert Card.objects.due(NOON.date(), NOON + timedelta(minutes=1)).exists()


def test_the_learners_own_retention_counts(learner):
    Plan.objects.create(learner=learner, retention_questions=0.97)
    keen = review(learner, QUESTION, Rating.GOOD, NOON)
    for day in (2, 9):
        keen = review(learner, QUESTION, Rating.GOOD, days_after(day))

    assert (keen.due_on - date(2026, 3, 19)).days < keen.stability / 2


def test_posting_costs_the_same_whatever_the_history(learner):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(day: float) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            review(learner, CARD, Rating.GOOD, days_after(day))
        return len(queries)

    review(learner, CARD, Rating.GOOD, NOON)
    early = cost(3)
    for number in range(50):
        review(learner, f"llm-roadmap/card:x{number}", Rating.GOOD, days_after(4))
        review(learner, CARD, Rating.GOOD, days_after(5 + number))

    assert cost(90) <= early
