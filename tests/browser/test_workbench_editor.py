"""The workbench's editor and panes in a real browser: what is kept, by keyboard, on a phone, and for everyone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from graders.protocol import CaseResult, Mode, Outcome
from learn.exercises.models import Draft
from tests.browser.workbench import ADDS, drop, forgive, record, text_of, write
from tests.learn.exercises.conftest import SOLUTION, verdict_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_draft_is_kept_on_every_device(open_workbench, broker, new_page):
    desk = open_workbench()
    write(desk, "# from the desk")
    expect(desk.locator(".wb-saved")).to_have_text("saved")

    phone = open_workbench(viewport={"width": 390, "height": 800})
    assert text_of(phone) == "# from the desk"
    write(phone, "# from the phone")
    expect(phone.locator(".wb-saved")).to_have_text("saved")

    write(desk, "# from the desk again")
    expect(desk.locator("[data-notice]")).to_contain_text("A newer text was saved on another device.")
    desk.get_by_role("button", name="Take that one").click()
    assert text_of(desk) == "# from the phone"
    forgive(new_page, "409")


def test_without_a_connection_the_text_is_kept_in_the_browser(open_workbench, broker, new_page):
    page = open_workbench()
    page.context.set_offline(True)
    write(page, "# written in a tunnel")
    expect(page.locator(".wb-saved")).to_have_text("no connection: kept in this browser")

    page.context.set_offline(False)
    page.reload()

    expect(page.locator(".wb-saved")).to_have_text("saved")
    assert text_of(page) == "# written in a tunnel"
    assert Draft.objects.get().text == "# written in a tunnel"
    forgive(new_page, "INTERNET_DISCONNECTED")


def test_the_starter_comes_back_and_goes_again(open_workbench, broker):
    page = open_workbench()
    write(page, "# mine")

    page.get_by_role("button", name="Reset").click()
    assert text_of(page).strip() == "def scale(x, by): ..."

    page.locator("[data-notice]").get_by_role("button", name="Undo").click()
    assert text_of(page) == "# mine"


def test_a_file_is_dropped_on_the_editor(open_workbench, broker):
    page = open_workbench()

    drop(page, "solution.py", SOLUTION.encode())
    expect(page.locator(".cm-content")).to_contain_text("return x * by")

    drop(page, "big.py", b"#" * 300_000)
    expect(page.locator("[data-notice]")).to_contain_text("at most 256 kB")

    drop(page, "latin.py", "# caf\xe9".encode("latin-1"))
    expect(page.locator("[data-notice]")).to_contain_text("not UTF-8")
    expect(page.locator(".cm-content")).to_contain_text("return x * by")


def test_the_editor_keeps_to_the_content_security_policy(open_workbench, broker, new_page):
    page = open_workbench()
    page.evaluate("document.addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))")

    write(page, SOLUTION)
    page.keyboard.press("Control+End")
    page.keyboard.type("ret")
    expect(page.locator(".cm-tooltip-autocomplete")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+f")
    expect(page.locator(".cm-search")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+g")
    page.get_by_role("button", name="Larger text").click()

    # Its own styles hold, so they were let in by their nonce and not blocked.
    assert page.locator(".cm-scroller").evaluate("element => getComputedStyle(element).display") == "flex"
    assert new_page.complaints == []


def test_the_editor_can_be_left_by_keyboard(open_workbench, broker):
    page = open_workbench()
    page.locator(".cm-content").click()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('cm-content')")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    assert not page.evaluate("document.activeElement.classList.contains('cm-content')")


def test_on_a_phone_one_part_is_shown_at_a_time(open_workbench, broker):
    page = open_workbench(viewport={"width": 390, "height": 800})
    expect(page.locator("#pane-editor")).to_be_visible()
    expect(page.locator("#pane-statement")).to_be_hidden()

    page.get_by_role("tab", name="Task").click()
    expect(page.locator("#pane-statement")).to_be_visible()
    expect(page.locator("#pane-editor")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_panes_are_made_wider_by_mouse_and_by_keyboard_and_stay_so(open_workbench, broker):
    page = open_workbench(viewport={"width": 1440, "height": 900})
    statement = page.locator("#pane-statement")
    before = statement.bounding_box()["width"]
    edge = page.locator("[data-split=statement]")
    at = edge.bounding_box()

    page.mouse.move(at["x"], 400)
    page.mouse.down()
    page.mouse.move(at["x"] + 120, 400, steps=4)
    page.mouse.up()
    wider = statement.bounding_box()["width"]
    edge.press("ArrowRight")

    assert before + 100 < wider < statement.bounding_box()["width"]
    page.reload()
    assert statement.bounding_box()["width"] > wider


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 900, 1440])
def test_anyone_can_use_it(open_workbench, broker, learner, exercise, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    from learn.exercises import catalogue, submitting

    submitting.submit(learner, catalogue.find("scaled"), ADDS, Mode.SUBMIT, timezone.now())
    heat = {"shape": [1, 2], "plane": [], "covers": [1, 2], "rows": ["0x"]}
    shown = {"args": "scale(" + 100 * "1, " + ")", "got": "1\n" * 60}  # longer and higher than their place
    details = {"heat": heat, "where": ""}
    wrong = CaseResult("long", Outcome.FAILED, sample=True, kind="nan", details=details, shown=shown)
    verdict = verdict_of(Outcome.FAILED, hint={"key": "adds", "en": "Adding is not multiplying."})
    record(replace(verdict, cases=(wrong, *verdict.cases)))
    page = open_workbench(viewport={"width": width, "height": 900}, color_scheme=scheme)
    write(page, "# a line that is longer than any editor is wide\n" + 200 * "x ")
    expect(page.locator(".wb-saved")).to_have_text("saved")
    if width == 390:
        page.get_by_role("tab", name="Cases").click()
    expect(page.locator(".board-hint")).to_be_visible()

    found = Axe().run(page, options={"resultTypes": ["violations"]})

    assert not found.response["violations"], found.generate_report()
