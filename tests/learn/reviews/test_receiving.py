"""What devices send after a week in a drawer: taken once, placed in time, refused with a sentence."""

from datetime import timedelta

import pytest
from ulid import ULID

from learn.reviews import days
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.receiving import receive
from tests.learn.reviews.conftest import NOON

CARD, OTHER = "small/card:vectors-0", "small/card:masks-1"
NOW_MS = days.to_ms(NOON)
HOUR = 3_600_000


def line(item: str = CARD, hours_ago: float = 0, **more) -> dict:
    return {"id": str(ULID()), "item": item, "rating": 3, "at": NOW_MS - round(hours_ago * HOUR)} | more


def send(learner, *lines, sent: int | None = NOW_MS, now=NOON):
    return [(result.ok, result.message) for result in receive(learner, list(lines), sent, now)]


def test_a_weeks_answers_land_on_their_days(learner, begun):
    sent = [line(hours_ago=hours) for hours in (150, 100, 50, 1)]

    assert send(learner, *sent) == [(True, "")] * 4
    found = ReviewEvent.objects.filter(rating__isnull=False).in_order().values_list("study_date", flat=True)
    assert [day.day for day in found] == [4, 6, 8, 10]


def test_the_whole_batch_again_changes_nothing(learner, begun):
    batch = [line(hours_ago=hours) for hours in (90, 50, 10)]
    send(learner, *batch)
    before = Card.objects.filter(item=CARD).values().get()

    assert send(learner, *reversed(batch), now=NOON + timedelta(hours=1)) == [(True, "")] * 3
    assert Card.objects.filter(item=CARD).values().get() == before


def test_one_line_of_nonsense_keeps_no_other_from_being_written(learner, begun):
    results = send(
        learner,
        line(rating=7),
        "nonsense",
        line(OTHER),
        line("small/card:never-heard-of"),
        line(item=None),
        line("small/vectors-q0"),
        line(what="explode"),
        line(id="1"),
        line(what="undo", target=str(ULID())),
    )

    assert [ok for ok, _ in results] == [False, False, True, False, False, False, False, False, False]
    assert all(message for ok, message in results if not ok)
    assert Card.objects.get(item=OTHER).reps == 1


def test_a_clock_that_is_days_ahead_is_set_right(learner, begun):
    ahead = 3 * 24 * HOUR
    send(learner, line(hours_ago=-72 + 5), sent=NOW_MS + ahead)

    written = ReviewEvent.objects.get(rating=3)
    assert written.utc_ms == NOW_MS - 5 * HOUR
    assert written.evidence["clock"]["clock"] == "skewed"


@pytest.mark.parametrize("at", [NOW_MS + 10**9, 0, -5, "soon", None, float("nan"), 1e300, True])
def test_an_impossible_moment_is_now(learner, begun, at):
    assert send(learner, line(at=at)) == [(True, "")]
    assert ReviewEvent.objects.get(rating=3).utc_ms == NOW_MS


def test_the_zone_of_the_device_counts_if_it_is_one(learner, begun):
    send(learner, line(hours_ago=1, zone="Pacific/Kiritimati"), line(OTHER, zone="Moon/Tycho"))

    days_of = dict(ReviewEvent.objects.filter(rating=3).values_list("item", "study_date"))
    assert (days_of[CARD].day, days_of[OTHER].day) == (10, 10)
    assert set(ReviewEvent.objects.filter(rating=3).values_list("zone", flat=True)) == {"Pacific/Kiritimati", "UTC"}


def test_an_undo_travels_like_an_answer(learner, begun):
    answered = line(hours_ago=2)
    send(learner, answered, line(OTHER, hours_ago=1))

    (result,) = receive(
        learner, [{"id": str(ULID()), "what": "undo", "at": NOW_MS, "target": answered["id"]}], NOW_MS, NOON
    )
    assert (result.ok, result.item) == (True, CARD)
    assert [Card.objects.get(item=item).reps for item in (CARD, OTHER)] == [0, 1]


def test_practice_leaves_the_memory_alone(learner, begun):
    send(learner, line(hours_ago=50))
    before = Card.objects.filter(item=CARD).values().get()

    send(learner, line(what="cram", rating=1))

    assert Card.objects.filter(item=CARD).values().get() == before
    assert ReviewEvent.objects.filter(kind="cram").count() == 1


def test_giving_up_an_exercise_is_a_lapse_with_its_reason(learner, begun):
    send(learner, line("small/exercise:scaled", what="give-up"))

    written = ReviewEvent.objects.get(kind="graded")
    assert (written.rating, written.evidence["reason"]) == (1, "gave-up")


def test_an_item_of_an_older_edition_is_taken_from_who_has_had_it(learner, begun):
    gone = "small/card:gone"
    Card.objects.create(learner=learner, item=gone, due_on=NOON.date())

    assert send(learner, line(gone)) == [(True, "")]
