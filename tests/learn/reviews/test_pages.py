"""The page that asks: what is shown and answered, without a script too, and at a fixed cost."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from ulid import ULID

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card, Plan, ReviewEvent
from tests.learn.reviews.conftest import NOON, get

CARD, EXERCISE = "small/card:vectors-0", "small/exercise:scaled"

pytestmark = pytest.mark.usefixtures("at_noon")


def asked(html: str) -> list[str]:
    return re.findall(r'data-asked [^>]*data-item="([^"]+)"', html)


def test_strangers_sign_in_first(client, db):
    for name in ("today", "next", "plan", "aside", "rated"):
        assert client.get(reverse(f"reviews:{name}")).status_code == 302


def test_nothing_learnt_is_nothing_due(signed_in):
    assert "Nothing is due." in get(signed_in, "today")


def test_the_first_item_is_shown_and_the_next_few_wait_hidden(signed_in, begun):
    html = get(signed_in, "today")

    assert len(asked(html)) == 8
    assert html.count(" hidden aria-label=") == 7
    assert 'name="rating" value="3"' in html


def test_every_button_says_when_the_item_returns_and_keeps_its_word(signed_in, learner, begun, at_noon):
    for day, rating in ((0, 4), (1, 1), (2, 3)):
        at_noon.move_to(NOON + timedelta(days=day))
        reviewing.review(learner, CARD, rating, NOON + timedelta(days=day), kind=What.MANUAL)
    due = Card.objects.get(item=CARD).due_on
    at_noon.move_to(NOON + timedelta(days=(due - NOON.date()).days))
    signed_in.force_login(learner)  # the session of two weeks ago is over
    html = get(signed_in, "next", first=CARD)
    card = html.split('data-item="' + CARD)[1]
    said = re.findall(r'rating-name">(\w+)</span> <span class="rating-interval">([^<]+)', card)[:4]

    assert [name for name, _ in said] == ["Again", "Hard", "Good", "Easy"]
    intervals = [int(span.removesuffix(" d")) for _, span in said[1:]]
    assert intervals == sorted(set(intervals))
    for rating, days in zip((2, 3, 4), intervals, strict=True):
        card = reviewing.review(learner, CARD, rating, NOON + (due - NOON.date()), kind=What.MANUAL)
        assert (card.due_on - due).days == days
        reviewing.undo_last(learner, NOON + (due - NOON.date()))


def test_without_a_script_a_form_does_it(signed_in, begun):
    id = str(ULID())
    answer = signed_in.post(reverse("reviews:log"), {"id": id, "item": CARD, "what": "rate", "rating": "3"})
    again = signed_in.post(reverse("reviews:log"), {"id": id, "item": CARD, "what": "rate", "rating": "1"})

    assert answer.status_code == again.status_code == 302
    assert Card.objects.get(item=CARD).reps == 1


def test_a_form_that_makes_no_sense_gets_a_sentence(signed_in, begun):
    answer = signed_in.post(
        reverse("reviews:log"), {"id": str(ULID()), "item": CARD, "what": "rate", "rating": "9"}, follow=True
    )

    assert "A rating is 1 (again)" in answer.content.decode()


@pytest.mark.parametrize("body", [" ", "[]", "{", '{"lines": 3}', '{"lines": {}}', "null", '"x"'])
def test_what_no_page_sends_is_a_400(signed_in, body):
    answer = signed_in.post(reverse("reviews:log"), body, content_type="application/json")

    assert answer.status_code in (400, 413)
    assert answer.json()["message"]


def test_lines_are_answered_one_by_one(signed_in, begun):
    lines = [{"id": str(ULID()), "item": CARD, "rating": 3}, {"id": str(ULID()), "item": CARD, "rating": 0}]
    answer = signed_in.post(reverse("reviews:log"), json.dumps({"lines": lines}), content_type="application/json")

    assert [result["ok"] for result in answer.json()["results"]] == [True, False]


def test_fifteen_minutes_hold_until_they_are_over(signed_in, learner, begun, at_noon):
    Plan.objects.create(learner=learner, minutes_a_day=1, new_a_day=200)
    assert len(asked(get(signed_in, "today"))) < 8

    assert "15 minutes asked for" in get(signed_in, "today", minutes=15)
    assert len(asked(get(signed_in, "next"))) == 8

    at_noon.shift(timedelta(minutes=1))
    reviewing.review(learner, CARD, 3, NOON + timedelta(minutes=1), kind=What.MANUAL, duration_ms=15 * 60_000)
    assert asked(get(signed_in, "next")) in ([], [CARD])


def test_a_backlog_is_told_with_the_day_it_ends(signed_in, learner, begun):
    Plan.objects.create(learner=learner, minutes_a_day=1, new_a_day=200)
    reviewing.review(learner, CARD, 4, NOON, kind=What.MANUAL, duration_ms=60_000)

    html = get(signed_in, "today")
    assert "more are due" in html
    assert "15 more minutes" in html


def test_the_end_of_a_day_says_when_the_next_falls_due(signed_in, learner, begun):
    for item in begun:
        reviewing.review(learner, item, 4, NOON, kind=What.MANUAL)
    Card.objects.update(due_on=NOON.date() + timedelta(days=9))

    assert re.search(r"The next falls due on (19 March|March 19)", get(signed_in, "today"))


def test_who_is_away_is_asked_nothing_unless_they_wish(signed_in, learner, begun):
    Plan.objects.create(learner=learner, away_from="2026-03-09", away_until="2026-03-20")

    assert "You are away until" in get(signed_in, "today")
    assert asked(get(signed_in, "today", although_away=1))


def test_practice_asks_what_is_not_due_and_says_that_dates_stay(signed_in, learner, begun):
    reviewing.review(learner, CARD, 4, NOON, kind=What.MANUAL)

    html = get(signed_in, "today", practice="vectors")
    assert CARD in asked(html)
    assert set(asked(html)) == {item for item in begun if "vectors" in item}
    assert "stay as they are" in html


def test_an_exercise_opens_the_workbench_at_the_right_depth(signed_in, learner, begun):
    html = get(signed_in, "next", first=EXERCISE)
    assert "/exercises/scaled/?review=empty" in html

    reviewing.review(learner, EXERCISE, 3, NOON - timedelta(days=9))
    reviewing.review(learner, EXERCISE, 1, NOON - timedelta(days=1))
    assert "/exercises/scaled/?review=cloze" in get(signed_in, "next", first=EXERCISE)


def test_the_pages_speak_chinese(signed_in, begun):
    signed_in.cookies["django_language"] = "zh-hans"
    html = get(signed_in, "today")

    assert "显示答案" in html
    assert "Show the answer" not in html


def test_an_item_that_left_the_course_is_not_asked(signed_in, learner, begun):
    Card.objects.create(learner=learner, item="small/card:gone", due_on=NOON.date())
    Card.objects.create(learner=learner, item="other/card:x", due_on=NOON.date())

    assert not {"small/card:gone", "other/card:x"} & set(asked(get(signed_in, "next", first="small/card:gone")))


def test_a_question_is_practised_without_memory_hearing_of_it(signed_in, learner, begun):
    item = "small/vectors-q0"
    reviewing.review(learner, item, 3, NOON - timedelta(days=30), kind=What.GRADED)
    before = Card.objects.get(item=item).memory
    assert "/small/vectors-q0/?practice=1" in get(signed_in, "today", practice="vectors")

    url = reverse("quizzes:question", args=["small", "vectors-q0"]) + "?practice=1"
    form = signed_in.get(url, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-post="{url}"' in form
    token = re.search(r'name="asked" value="([^"]+)"', form)[1]
    answer = signed_in.post(url, {"asked": token, "choice": "no"}, headers={"HX-Request": "true"}).content.decode()

    assert "memory stays as it is" in answer
    assert Card.objects.get(item=item).memory == before
    assert ReviewEvent.objects.get(item=item, kind=What.CRAM).evidence["attempt"]
    assert item not in asked(get(signed_in, "next"))


def test_an_exercise_that_is_due_is_no_practice(signed_in, learner, begun):
    reviewing.review(learner, EXERCISE, 3, NOON - timedelta(days=1))
    html = get(signed_in, "today", practice="attention")
    assert EXERCISE in asked(html) and "Pass over" in html and "I no longer know how" not in html

    Card.objects.filter(item=EXERCISE).update(due_on=NOON.date())
    assert EXERCISE not in asked(get(signed_in, "next"))


def test_a_page_costs_the_same_however_much_is_due(signed_in, learner, begun):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            get(signed_in, "next")
        return len(queries)

    for item in begun[3:]:
        reviewing.note(learner, item, What.SUSPEND, NOON)
    few = cost()
    for item in begun[3:]:
        reviewing.note(learner, item, What.RESUME, NOON)
    assert cost() <= few
