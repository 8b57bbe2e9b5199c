"""The roadmap and a lesson in Chromium: keyboard, phone, dark, Chinese; nothing the policy forbids."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pointing_at_a_station_shows_what_it_builds_on(page, course):
    page.goto("/")

    page.hover("[data-stop=attention] .core")

    lit = page.eval_on_selector_all(".map .lit", "stops => stops.map(stop => stop.dataset.stop).sort()")
    assert lit == ["attention", "calculus", "lora"]
    assert "Attention" in page.inner_text("[data-map-card]")


def test_the_map_can_be_walked_by_keyboard(page, course):
    page.goto("/")
    page.focus("[data-stop=vectors]")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.stop") == "calculus"
    page.keyboard.press("Enter")

    page.wait_for_url("**/small/calculus/")


def test_on_a_phone_the_list_is_the_map_and_nothing_is_wider(new_page, learner, course):
    page = new_page(learner, viewport={"width": 360, "height": 740})
    for path in ("/", "/small/attention/", "/accounts/settings/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path

    page.goto("/")
    assert not page.is_visible(".map") and page.is_visible("#stop-attention")


def test_the_theme_is_kept_and_does_not_flash(page, course):
    page.goto("/")
    page.click("[data-theme-switch]")
    page.click("[data-theme-switch]")

    # Before any of our modules has run, the next page is dark already.
    page.route("**/site.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto("/small/vectors/", wait_until="commit")
    page.wait_for_selector("main", state="attached")

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 19, 17)"


def test_the_language_switch_keeps_the_page(page, course, learner):
    page.goto("/small/attention/?a=1")

    page.click("text=中文")

    page.wait_for_selector("html[lang=zh-hans]")
    assert page.url.endswith("/small/attention/?a=1")
    assert "attention 的正文。" in page.inner_text("main")


def test_the_browser_tells_its_zone(new_page, learner, course):
    learner.zone = ""
    learner.save()
    page = new_page(learner, timezone_id="Asia/Shanghai")
    with page.expect_response("**/accounts/zone/"):
        page.goto("/")

    learner.refresh_from_db()
    assert learner.zone == "Asia/Shanghai"


def test_signing_up_from_the_front_page(new_page, course):
    page = new_page(timezone_id="Europe/Paris")
    page.goto("/")
    page.click("text=Make an account")
    page.fill("[name=email]", "grace@example.org")
    page.fill("[name=password1]", "a long enough password")
    page.click("main button")

    page.wait_for_selector(".map .here")

    from learn.accounts.models import User

    assert User.objects.get().zone == "Europe/Paris"


def test_menus_close_on_escape_and_give_the_focus_back(page, course):
    page.goto("/")
    page.click("summary:has-text('Account')")
    assert page.is_visible("text=Sign out")

    page.keyboard.press("Escape")

    assert not page.is_visible("text=Sign out")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/small/attention/", "/accounts/settings/"])
def test_the_pages_have_no_barrier_that_axe_finds(new_page, learner, course, path, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(learner, color_scheme=scheme)
    page.goto(path)

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})

    assert found.violations_count == 0, found.generate_report()


def test_the_front_page_has_no_barrier_that_axe_finds(new_page, course):
    from axe_playwright_python.sync_playwright import Axe

    page = new_page()
    page.goto("/")

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})

    assert found.violations_count == 0, found.generate_report()


def test_a_question_is_answered_in_its_place(page, course):
    page.goto("/small/vectors/")
    question = page.locator("#question-vectors-q0")
    question.get_by_text("Yes").check()
    question.get_by_role("button", name="Answer").click()

    page.wait_for_selector("#question-vectors-q0.is-right")
    assert "So it is." in page.inner_text("#question-vectors-q0")


def test_an_empty_answer_is_told_without_a_complaint_of_the_browser(page, course):
    page.goto("/small/vectors/")
    page.locator("#question-vectors-q0").get_by_role("button", name="Answer").click()

    page.wait_for_selector("#question-vectors-q0 .question-error")
