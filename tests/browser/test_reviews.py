"""The review page in a real browser: keys, fingers, a connection that goes away and comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card, ReviewEvent
from tests.learn.reviews.conftest import course  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CARDS = [f"small/card:{topic}-{n}" for n in range(2) for topic in ("vectors", "attention", "masks")]


@pytest.fixture
def due(transactional_db, course, learner):  # noqa: F811
    """Six cards that are known and due today."""
    now = timezone.now()
    for item in CARDS:
        reviewing.review(learner, item, 4, now - timedelta(days=40), kind=What.MANUAL)
    return CARDS


def shown(page) -> str:
    return page.locator("[data-asked]:not([hidden])").get_attribute("data-item")


def answered(learner) -> list[tuple[str, int]]:
    since = timezone.now() - timedelta(hours=1)
    lines = ReviewEvent.objects.standing().filter(learner=learner, received_at__gt=since, kind="manual")
    today = lines.filter(utc_ms__gt=since.timestamp() * 1000).in_order()
    return list(today.values_list("item", "rating"))


def wait_for_count(page, learner, count: int) -> list[tuple[str, int]]:
    for _ in range(100):
        if len(found := answered(learner)) >= count:
            return found
        page.wait_for_timeout(50)
    return answered(learner)


def test_a_day_by_keyboard_alone_without_loading_the_page_again(page, learner, due):
    page.goto("/reviews/")
    page.evaluate("window.here = true")
    seen = []
    for key in "331243":
        seen.append(shown(page))
        expect(page.locator(".card-back").nth(len(seen) - 1)).not_to_be_visible()
        page.keyboard.press("Space")
        expect(page.locator(".ratings:visible")).to_have_count(1)
        page.keyboard.press(key)
        expect(page.locator(f'[data-item="{seen[-1]}"]')).not_to_be_visible()

    expect(page.locator("[data-done], [data-asked]:not([hidden])")).to_be_visible()
    assert wait_for_count(page, learner, 6) == list(zip(seen, [3, 3, 1, 2, 4, 3], strict=True))
    assert sorted(seen) == sorted(CARDS)
    assert page.evaluate("window.here") is True


def test_space_shows_and_then_says_good(page, learner, due):
    page.goto("/reviews/")
    first = shown(page)
    page.keyboard.press("Space")
    page.keyboard.press("Space")

    assert wait_for_count(page, learner, 1) == [(first, 3)]


def test_undo_brings_the_item_back_as_often_as_it_is_pressed(page, learner, due):
    page.goto("/reviews/")
    seen = []
    for _ in range(3):
        seen.append(shown(page))
        page.keyboard.press("Space")
        page.keyboard.press("1")
    for item in reversed(seen):
        page.keyboard.press("u")
        expect(page.locator(f'[data-item="{item}"]')).to_be_visible()

    page.wait_for_timeout(500)
    assert answered(learner) == []
    assert set(Card.objects.filter(item__in=CARDS).values_list("reps", flat=True)) == {1}


def test_answers_given_without_a_connection_arrive_once_when_it_is_back(new_page, learner, due):
    page = new_page(learner)
    page.goto("/reviews/")
    page.context.set_offline(True)
    seen = []
    for _ in range(4):
        seen.append(shown(page))
        page.keyboard.press("Space")
        page.keyboard.press("3")
    expect(page.locator(".review-unsent")).to_contain_text("4 answers are kept here")
    assert answered(learner) == []

    page.context.set_offline(False)
    assert wait_for_count(page, learner, 4) == [(item, 3) for item in seen]
    expect(page.locator(".review-unsent")).not_to_be_visible()
    forget_lost_requests(new_page)


def test_answers_outlive_a_closed_tab(new_page, learner, due):
    page = new_page(learner)
    page.goto("/reviews/")
    page.context.set_offline(True)
    first = shown(page)
    page.keyboard.press("Space")
    page.keyboard.press("2")
    expect(page.locator(".review-unsent")).to_be_visible()
    page.close()

    later = page.context.new_page()
    page.context.set_offline(False)
    later.goto("/reviews/")
    assert wait_for_count(later, learner, 1) == [(first, 2)]
    forget_lost_requests(new_page)


def test_an_answer_whose_receipt_was_lost_is_kept_once(new_page, learner, due):
    """The server took it, the connection died before it could say so: it is sent again."""
    page = new_page(learner)
    page.goto("/reviews/")
    lost = []

    def swallow(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    page.route("**/reviews/log/", swallow)
    page.keyboard.press("Space")
    page.keyboard.press("3")

    expect(page.locator(".review-unsent")).to_be_visible()
    expect(page.locator(".review-unsent")).not_to_be_visible(timeout=8000)
    assert len(answered(learner)) == 1
    forget_lost_requests(new_page)


def test_burying_and_setting_aside_by_a_key(page, learner, due):
    page.goto("/reviews/")
    first = shown(page)
    page.keyboard.press("b")
    expect(page.locator(f'[data-item="{first}"]')).not_to_be_visible()
    second = shown(page)
    page.keyboard.press("s")
    expect(page.locator(f'[data-item="{second}"]')).not_to_be_visible()
    page.wait_for_timeout(500)

    assert Card.objects.get(item=first).buried_until is not None
    assert Card.objects.get(item=second).suspended


def test_the_keys_are_shown_by_a_question_mark(page, due):
    page.goto("/reviews/")
    page.keyboard.press("?")

    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()


def test_a_question_is_answered_by_its_number_and_explained(page, learner, course):  # noqa: F811
    now = timezone.now()
    reviewing.review(learner, "small/masks-q0", 3, now - timedelta(days=40))
    page.goto("/reviews/")
    expect(page.locator(".question form")).to_be_visible()

    options = page.locator(".choices li").all_inner_texts()
    page.keyboard.press(str(1 + [option.strip() for option in options].index("Yes")))
    page.keyboard.press("Space")

    expect(page.locator(".rated")).to_contain_text("The answer was right.")
    page.keyboard.press("Space")
    expect(page.locator("[data-done]")).to_contain_text("Done for today")
    assert ReviewEvent.objects.filter(item="small/masks-q0", kind="graded").count() == 2


def test_a_question_answered_without_a_connection_is_sent_when_it_is_back(new_page, learner, course):  # noqa: F811
    reviewing.review(learner, "small/masks-q0", 3, timezone.now() - timedelta(days=40))
    page = new_page(learner)
    page.goto("/reviews/")
    page.locator(".choices li", has_text="Yes").locator("input").check()
    page.context.set_offline(True)
    page.locator(".question-send").click()

    expect(page.locator(".review-unsent")).to_contain_text("your answer is kept here")
    expect(page.locator("[data-go]")).to_be_visible()
    page.close()

    later = page.context.new_page()
    page.context.set_offline(False)
    later.goto("/reviews/")
    for _ in range(100):
        if ReviewEvent.objects.filter(item="small/masks-q0", rating__isnull=False).count() == 2:
            break
        later.wait_for_timeout(50)
    assert list(ReviewEvent.objects.filter(item="small/masks-q0").in_order().values_list("rating", flat=True)) == [3, 3]
    forget_lost_requests(new_page)


def test_the_next_question_is_there_before_it_is_asked(page, learner, course):  # noqa: F811
    for item in ("small/masks-q0", "small/vectors-q0"):
        reviewing.review(learner, item, 3, timezone.now() - timedelta(days=40))
    page.goto("/reviews/")

    expect(page.locator(".question form")).to_have_count(2)


def test_what_is_forgotten_for_the_eighth_time_is_set_aside_and_said(page, learner, course):  # noqa: F811
    now = timezone.now()
    for n in range(15):  # known, forgotten, known, …
        reviewing.review(
            learner, CARDS[0], 4 if n % 2 == 0 else 1, now - timedelta(days=300 - 10 * n), kind=What.MANUAL
        )
    page.goto("/reviews/")
    page.keyboard.press("Space")
    page.keyboard.press("1")

    expect(page.locator(".review-unsent")).to_contain_text("Forgotten 8 times, so it is set aside")
    assert Card.objects.get(item=CARDS[0]).is_leech


def test_practice_passes_over_without_touching_a_date(page, learner, due):
    before = list(Card.objects.order_by("item").values("due_on", "buried_until"))
    page.goto("/reviews/?practice=vectors")
    first = shown(page)
    page.keyboard.press("b")
    expect(page.locator(f'[data-item="{first}"]')).not_to_be_visible()
    page.wait_for_timeout(300)

    assert list(Card.objects.order_by("item").values("due_on", "buried_until")) == before


def test_by_thumb_on_a_phone(new_page, learner, due):
    page = new_page(learner, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    page.goto("/reviews/")
    first = shown(page)
    page.locator(".card-show:visible").tap()
    page.locator(".rating-2:visible").tap()

    assert wait_for_count(page, learner, 1) == [(first, 2)]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_script_every_step_is_a_form(new_page, learner, due):
    page = new_page(learner, java_script_enabled=False)
    page.goto("/reviews/")
    first = page.locator("[data-asked]:not([hidden])").get_attribute("data-item")
    page.locator(".card-show:visible").click()
    page.locator(".rating-3:visible").click()

    assert answered(learner) == [(first, 3)]


def forget_lost_requests(new_page) -> None:
    """The browser and htmx report a request that found no connection; here that is the point."""
    lost = ("ERR_", "htmx:sendError", "htmx:afterRequest")
    new_page.complaints[:] = [said for said in new_page.complaints if not any(word in said for word in lost)]
