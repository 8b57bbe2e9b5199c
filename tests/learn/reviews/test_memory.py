"""What I remember: the numbers are right, the pages cost the same however long the history."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from ulid import ULID

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.memory import Memory, heat
from learn.reviews.models import Card, Plan
from learn.reviews.receiving import receive
from tests.learn.reviews.conftest import NOON

CARD, EXERCISE = "small/card:vectors-0", "small/exercise:scaled"

pytestmark = pytest.mark.usefixtures("at_noon")


def ago(days: float):
    return NOON - timedelta(days=days)


def test_days_months_and_retention_are_counted(learner, begun):
    for days, rating in ((70, 3), (40, 3), (35, 1), (3, 3), (2, 3)):
        reviewing.review(learner, CARD, rating, ago(days), kind=What.MANUAL, duration_ms=30_000)
    reviewing.undo_last(learner, NOON)
    memory = Memory(learner, NOON, "en")

    assert sum(day.reviews for day in memory.days.values()) == 4
    assert memory.days[ago(40).date()].minutes == 0.5
    assert [(month.first, month.asked, month.recalled) for month in memory.months] == [
        (date(2026, 1, 1), 1, 1),
        (date(2026, 2, 1), 1, 0),
        (date(2026, 3, 1), 1, 1),
    ]
    assert memory.recent.retention == pytest.approx(2 / 3)


def test_practice_and_what_was_taken_back_are_no_recalls(learner, begun):
    reviewing.review(learner, CARD, 3, ago(9), kind=What.MANUAL)
    reviewing.note(learner, CARD, What.CRAM, ago(5), rating=1)

    assert Memory(learner, NOON, "en").months == []


def test_the_forecast_adds_up_to_what_is_due_in_minutes(learner, begun):
    for item in begun[:6]:
        reviewing.review(learner, item, 4, NOON, kind=What.MANUAL)
    memory = Memory(learner, NOON, "en")
    within = Card.objects.filter(item__in=begun[:6], due_on__lt=NOON.date() + timedelta(days=30))

    assert sum(memory.forecast) == pytest.approx(sum(memory.pace[card.kind] for card in within))


def test_what_is_overdue_is_due_today(learner, begun):
    reviewing.review(learner, CARD, 3, ago(100), kind=What.MANUAL)
    reviewing.review(learner, CARD, 3, ago(99), kind=What.MANUAL)

    assert Memory(learner, NOON, "en").forecast[0] > 0


def test_modules_stand_in_their_order_with_their_weakest_item(learner, begun):
    reviewing.review(learner, CARD, 4, ago(1), kind=What.MANUAL)
    reviewing.review(learner, "small/card:masks-0", 4, ago(1), kind=What.MANUAL)
    reviewing.review(learner, "small/card:masks-1", 1, ago(20), kind=What.MANUAL)

    first, second = Memory(learner, NOON, "zh-hans").modules
    assert [first.title, second.title] == ["数学", "架构"]
    assert (second.items, second.weakest) == (2, "small/card:masks-1")
    assert second.recall < first.recall


def test_a_module_lists_its_items_by_topic_the_weakest_first(signed_in, learner, begun):
    for item, days in (("small/card:masks-0", 1), ("small/card:masks-1", 20), ("small/card:attention-0", 2)):
        reviewing.review(learner, item, 3, ago(days), kind=What.MANUAL)
    reviewing.note(learner, "small/card:masks-0", What.SUSPEND, NOON)

    html = signed_in.get(reverse("reviews:items"), {"module": "small/architecture"}).content.decode()
    named = re.findall(r"memory/item/\?item=([^\"]+)", html)
    assert named == ["small/card%3Aattention-0", "small/card%3Amasks-1", "small/card%3Amasks-0"]
    assert "set aside" in html and "?practice=masks" in html
    assert (
        f"{reverse('reviews:items')}?module=small/architecture"
        in signed_in.get(reverse("reviews:memory")).content.decode()
    )


@pytest.mark.parametrize("module", ["", "small/maths", "small/nothing", "nowhere/maths", "/"])
def test_a_module_with_nothing_in_memory_is_not_found(signed_in, learner, begun, module):
    assert signed_in.get(reverse("reviews:items"), {"module": module}).status_code == 404


def test_what_was_odd_about_a_moment_is_told(signed_in, learner, begun):
    at = int(NOON.timestamp() * 1000)
    ahead = {"id": str(ULID()), "item": CARD, "rating": 3, "at": at + 10**9, "zone": "Moon/Tycho"}
    receive(learner, [ahead], at, NOON)

    html = signed_in.get(reverse("reviews:item"), {"item": CARD}).content.decode()
    assert "Your device told a moment in the future" in html
    assert "does not exist; the day was counted in UTC" in html


def test_heat_runs_from_just_recalled_to_slate():
    assert [heat(recall) for recall in (1.0, 0.95, 0.85, 0.71, 0.7, 0.2)] == [0, 1, 4, 7, 7, 7]


def test_a_time_away_is_remembered_when_it_is_over(signed_in, learner, at_noon):
    plan = {
        "minutes_a_day": 20,
        "new_a_day": 5,
        "retention": 0.9,
        "retention_questions": 0.9,
        "retention_exercises": 0.85,
        "digest_hour": 7,
    }
    signed_in.post(reverse("reviews:plan"), plan | {"away_from": "2026-03-01", "away_until": "2026-03-20"})
    signed_in.post(reverse("reviews:plan"), plan)

    assert Plan.objects.get().absences == [(date(2026, 3, 1), date(2026, 3, 10))]  # back earlier than planned


def test_the_page_shows_charts_and_tables_in_both_languages(signed_in, learner, begun):
    for days in (60, 30, 10, 1):
        reviewing.review(learner, CARD, 3, ago(days), kind=What.MANUAL)
    html = signed_in.get(reverse("reviews:memory")).content.decode()

    assert html.count('<svg class="chart"') == 3
    assert html.count("<table>") == 3 and 'class="modules"' in html
    assert " style=" not in html
    signed_in.cookies["django_language"] = "zh-hans"
    assert "我记得什么" in signed_in.get(reverse("reviews:memory")).content.decode()


def test_an_empty_memory_says_how_to_fill_it(signed_in, course):
    assert "Nothing yet." in signed_in.get(reverse("reviews:memory")).content.decode()
    assert "Nothing to simulate" in signed_in.get(reverse("reviews:workload")).content.decode()


def test_an_items_curve_shows_each_review_and_says_why(signed_in, learner, begun):
    for days, rating, reason in ((60, 3, "first-try"), (30, 1, "gave-up"), (20, 2, "some-failures")):
        reviewing.review(learner, EXERCISE, rating, ago(days), evidence={"reason": reason})
    html = signed_in.get(reverse("reviews:item"), {"item": EXERCISE}).content.decode()

    assert "You gave up this time." in html and "Solved, after tries that failed." in html
    assert len(re.findall(r'class="dot passed-dot"', html)) == 2
    assert len(re.findall(r'class="dot failed-dot"', html)) == 1
    assert signed_in.get(reverse("reviews:item"), {"item": "small/card:never"}).status_code == 404


def test_anothers_items_are_not_shown(signed_in, django_user_model, course):
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    reviewing.review(other, CARD, 3, NOON, kind=What.MANUAL)

    assert signed_in.get(reverse("reviews:item"), {"item": CARD}).status_code == 404


@pytest.mark.parametrize("page", ["memory", "workload", "today", "aside"])
def test_queries_stay_as_many_with_ten_times_the_history(signed_in, learner, begun, page):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(reverse(f"reviews:{page}")).status_code == 200
        return len(queries)

    for item in begun:
        reviewing.review(learner, item, 3, ago(50), kind=What.MANUAL)
    reviewing.note(learner, CARD, What.SUSPEND, ago(49))
    cost()
    few = cost()
    for days in range(40, 20, -2):
        for item in begun[::2]:
            reviewing.review(learner, item, 1 + days % 4, ago(days), kind=What.MANUAL)
    cost()  # an edition reads its exercises once, when the first is asked for
    assert cost() <= few
