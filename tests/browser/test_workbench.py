"""The workbench in a real browser, over the whole path: page, queue, grader, verdict, stream."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from graders.protocol import CaseResult, Outcome
from learn.exercises.models import Submission
from tests.browser.workbench import ADDS, forgive, judged, record, write
from tests.learn.exercises.conftest import SOLUTION, verdict_of
from tests.learn.exercises.test_live import Grader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.slow
def test_from_a_mistake_to_its_hint_to_a_pass(open_workbench, grading):
    page = open_workbench()
    write(page, ADDS)
    page.keyboard.press("Control+Enter")
    board = judged(page)
    expect(board).to_contain_text("Not yet · 0/1")
    expect(board.locator(".case details[open]")).to_contain_text("Expected")
    assert Submission.objects.get().mode == "run"

    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#history .try")).to_have_count(2, timeout=300_000)
    expect(judged(page).locator(".board-hint")).to_contain_text("Adding is not multiplying.")

    kept = "KEPT = []\n\n\ndef store(x):\n    KEPT[:] = x\n    return len(x)\n\n\ndef total():\n    return sum(KEPT)\n"
    write(page, SOLUTION + kept)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".board-headline.passed")).to_contain_text("Passed", timeout=300_000)
    expect(page.locator(".board .rated")).to_contain_text("Returns")
    expect(page.locator("#history .try")).to_have_count(3)

    page.get_by_text("See other ways").click()
    expect(page.locator("dialog")).to_contain_text("The reference")


@pytest.mark.slow
def test_a_page_that_is_opened_while_it_is_judged_follows_too(open_workbench, grading, new_page, learner):
    page = open_workbench()
    write(page, SOLUTION)
    page.keyboard.press("Control+Enter")
    other = open_workbench()

    judged(page)
    judged(other)


def asked_for(page) -> list[str]:
    """The addresses under submissions/ that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/submissions/" in request.url else None)
    return asked


def test_while_a_stream_is_open_nothing_is_polled(open_workbench, broker):
    page = open_workbench()
    write(page, SOLUTION)
    with page.expect_response("**/live/"):
        page.keyboard.press("Control+Shift+Enter")
    page.wait_for_timeout(300)
    asked = asked_for(page)
    page.wait_for_timeout(2500)  # two polls would have come
    assert asked == []

    record(verdict_of(Outcome.PASSED))
    expect(page.locator(".board-headline.passed")).to_contain_text("Passed · 2/2")


def test_where_streams_are_cut_the_same_fragment_is_polled(open_workbench, broker, new_page):
    page = open_workbench()
    page.route("**/live/", lambda route: route.abort())
    asked = asked_for(page)
    write(page, SOLUTION)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#board[data-phase=waiting]")).to_be_visible()

    record(verdict_of(Outcome.PASSED))

    expect(page.locator(".board-headline.passed")).to_contain_text("Passed · 2/2")
    expect(page.locator("#history .try.passed")).to_have_count(1)
    count = len(asked)
    page.wait_for_timeout(2500)
    assert count >= 2 and len(asked) == count  # once judged it asks no more
    forgive(new_page, "ERR_FAILED")


def test_a_row_that_was_opened_stays_open_while_others_arrive(open_workbench, broker):
    page = open_workbench()
    write(page, SOLUTION)
    with page.expect_response("**/live/"):
        page.keyboard.press("Control+Shift+Enter")
    grader = Grader(broker, Submission.objects.get())
    shown = {"args": "scale(1, 2)"}
    grader.tell(CaseResult("by two", Outcome.PASSED, sample=True, shown=shown))
    page.locator(".case summary").first.click()
    expect(page.locator(".case details[open]")).to_contain_text("scale(1, 2)")

    grader.tell(CaseResult("random", Outcome.PASSED, worth=2.0))

    expect(page.locator(".case.pass")).to_have_count(2)
    expect(page.locator(".case details[open]")).to_contain_text("scale(1, 2)")


def test_what_python_cannot_read_is_marked_in_the_editor(open_workbench, broker, new_page):
    page = open_workbench()

    write(page, "def scale(x, by):\n    retrun x\n")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#board")).to_contain_text("Python cannot read this")
    expect(page.locator(".cm-faulty")).to_have_text("    retrun x")
    assert not Submission.objects.exists()
    forgive(new_page, "422")


def test_earlier_code_comes_back_and_is_compared(open_workbench, broker):
    page = open_workbench()
    write(page, SOLUTION)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#board[data-phase=waiting]")).to_be_visible()
    page.reload()
    write(page, ADDS)

    page.get_by_role("button", name="Compare").click()
    expect(page.locator("dialog .difference .new")).to_contain_text("return x + by")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".cm-content")).to_contain_text("return x * by")


def test_where_nobody_grades_the_learner_can_stop_waiting(open_workbench, broker):
    page = open_workbench()
    write(page, SOLUTION)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(".board-note.stuck")).to_contain_text("No grader serves the queue")

    page.get_by_role("button", name="Stop waiting").click()

    expect(page.locator("#board")).to_contain_text("Withdrawn")
    assert Submission.objects.get().state == "withdrawn"


def test_without_a_script_code_can_still_be_sent(new_page, learner, exercise, broker):
    page = new_page(learner, java_script_enabled=False)
    page.goto("/exercises/scaled/")

    page.locator("textarea[name=source]").fill(SOLUTION)
    page.get_by_role("button", name="Submit").click()

    expect(page.locator("#board")).to_contain_text("Your code is kept")
    assert Submission.objects.get().text == SOLUTION
