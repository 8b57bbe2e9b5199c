"""Questions in a real browser: by keys, by finger, by mouse, and without scripts."""

from __future__ import annotations

import pytest
from django.db import connections
from playwright.sync_api import expect

from learn.quizzes.models import Attempt
from learn.reviews.models import ReviewEvent
from tests.learn import small_course

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LESSON = "/small/doubling/"


@pytest.fixture
def edition(transactional_db):
    return small_course.publish()


def items(page) -> list[str]:
    return page.locator("#question-steps .ordering-text").all_inner_texts()


def test_an_answer_is_explained_in_place_and_the_verdict_has_the_focus(page, edition):
    page.goto(LESSON)
    page.evaluate("window.here = true")
    question = page.locator("#question-thousand")
    question.get_by_label("Three").check()
    page.wait_for_timeout(400)  # thinking
    question.get_by_role("button", name="Answer").click()

    expect(question.locator(".question-verdict")).to_have_text("✗ Not right.")
    expect(question.locator(".question-verdict")).to_be_focused()
    expect(question).to_contain_text("Three make only")
    expect(question).to_contain_text("You will be asked again in 10 minutes.")
    assert page.evaluate("window.here") is True
    assert Attempt.objects.count() == ReviewEvent.objects.filter(kind="graded").count() == 1
    assert 0 < Attempt.objects.get().duration_ms < 60_000


def test_once_more_asks_again_in_the_same_place(page, edition):
    page.goto(LESSON)
    question = page.locator("#question-thousand")
    question.get_by_label("Three").check()
    question.get_by_role("button", name="Answer").click()
    question.get_by_role("link", name="Once more").click()
    question.get_by_label("Ten").check()
    question.get_by_role("button", name="Answer").click()

    expect(question.locator(".question-verdict")).to_have_text("✓ Right.")
    expect(question).to_contain_text("Practice: counted once a day.")


def test_by_keyboard_alone(page, edition):
    page.goto(LESSON)
    page.locator("#question-thousand input[type=radio]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#question-thousand .question-verdict")).to_be_focused()

    page.locator("#question-name input[name=text]").focus()
    page.keyboard.type("Halving")
    page.keyboard.press("Enter")
    expect(page.locator("#question-name .question-verdict")).to_have_text("✓ Right.")


def test_an_order_is_put_right_by_keys_and_what_moved_is_said(page, edition):
    page.goto(LESSON)
    question = page.locator("#question-steps")
    for wanted in ("sixteen", "eight", "four", "two"):
        row = question.locator("[data-item]", has_text=wanted)
        row.locator('[data-move="-1"]').focus() if row.locator('[data-move="-1"]').is_enabled() else None
        while items(page)[0] != wanted:
            page.keyboard.press("ArrowUp")
    expect(question.locator("[data-said]")).to_have_text("two: moved to position 1")
    assert items(page) == ["two", "four", "eight", "sixteen"]

    question.get_by_role("button", name="Answer").click()

    expect(question.locator(".question-verdict")).to_have_text("✓ Right.")


def test_an_order_is_changed_by_dragging_and_by_buttons(page, edition):
    page.goto(LESSON)
    question = page.locator("#question-steps")
    before = items(page)
    question.scroll_into_view_if_needed()
    first, third = question.locator("[data-item]").nth(0), question.locator("[data-item]").nth(2)
    start, end = first.bounding_box(), third.bounding_box()
    page.mouse.move(start["x"] + 15, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + 15, end["y"] + 0.8 * end["height"], steps=12)
    page.mouse.up()
    assert items(page) == [before[1], before[2], before[0], before[3]]

    question.locator("[data-item]").nth(0).get_by_role("button", name="Move down").click()
    assert items(page) == [before[2], before[1], before[0], before[3]]


def test_pressed_twice_it_is_one_answer(page, edition):
    page.goto(LESSON)
    question = page.locator("#question-name")
    question.locator("input[name=text]").fill("doubling")
    question.get_by_role("button", name="Answer").dblclick()

    expect(question.locator(".question-verdict")).to_have_text("✗ Not right.")
    page.wait_for_timeout(300)
    assert Attempt.objects.count() == 1


def test_what_cannot_be_read_is_said_where_it_is_and_typed_words_stay(page, new_page, edition):
    page.goto(LESSON)
    question = page.locator("#question-bytes")
    question.locator("input[name=number]").fill("0,5")
    question.get_by_role("button", name="Answer").click()

    expect(question.locator(".question-error")).to_contain_text("cannot be read as a number")
    expect(question.locator("input[name=number]")).to_have_value("0,5")
    assert not Attempt.objects.exists()
    # The browser's own word for an answer of 422.
    assert [said for said in new_page.complaints if "422" not in said] == []
    new_page.complaints.clear()


def test_it_works_without_javascript(new_page, learner, edition):
    page = new_page(learner, java_script_enabled=False)
    page.goto(LESSON)
    order = page.locator("#question-steps")
    for index in range(4):
        order.locator(f"input[name=position-{index}]").fill(str(index + 1))
    order.get_by_role("button", name="Answer").click()

    expect(page.locator(".question-verdict")).to_have_text("✓ Right.")
    page.get_by_role("link", name="Doubling").click()
    expect(page.locator("#question-steps .question-verdict")).to_have_text("✓ Right.")


@pytest.mark.parametrize(("width", "scheme", "language"), [(1440, "light", "en"), (390, "dark", "zh-hans")])
def test_nothing_hinders_a_screen_reader_or_breaks_the_rules_of_the_page(
    new_page, learner, edition, width, scheme, language
):
    from axe_playwright_python.sync_playwright import Axe

    learner.language = language
    learner.save()
    page = new_page(learner, viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(LESSON)
    for key in ("thousand", "powers"):
        page.locator(f"#question-{key} input[name=choice]").first.check()
        page.locator(f"#question-{key} .question-send").click()
        expect(page.locator(f"#question-{key} .question-verdict")).to_be_visible()

    found = Axe().run(page, options={"resultTypes": ["violations"]})

    assert [(rule["id"], [node["html"][:90] for node in rule["nodes"]]) for rule in found.response["violations"]] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_interactive_figures_are_drawn_when_they_come_near(page, transactional_db):
    """The real course's figures, with the bundle as it is served."""
    folder = small_course.SMALL.parents[4] / ".." / "courses" / "llm-roadmap"
    small_course.publish(folder.resolve())
    page.goto("/llm-roadmap/attention/")
    figure = page.locator("[data-plot=attention-weights]")
    figure.scroll_into_view_if_needed()

    expect(figure.locator("svg")).to_be_visible()
    connections.close_all()
