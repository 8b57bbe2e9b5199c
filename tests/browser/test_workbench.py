"""The workbench in a real browser, over the whole path: page, queue, grader, verdict, stream."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from graders.protocol import CaseResult, Mode, Outcome
from learn.exercises import recording
from learn.exercises.models import Draft, Submission
from tests.learn.exercises.conftest import SOLUTION, verdict_of
from tests.learn.exercises.test_live import Grader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDS = "def scale(x, by):\n    return x + by\n"


@pytest.fixture
def open_workbench(new_page, learner, exercise):
    def open_workbench(**options):
        page = new_page(learner, **options)
        page.goto("/exercises/scaled/")
        expect(page.locator(".cm-content")).to_be_attached()
        return page

    return open_workbench


def write(page, text: str) -> None:
    """Put `text` in place of what is in the editor, as a paste does."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.querySelector(".cm-content").dispatchEvent(paste);
        }""",
        text,
    )


def text_of(page) -> str:
    return "\n".join(page.locator(".cm-line").all_inner_texts()).replace("\n\n", "\n")


def forgive(new_page, remark: str) -> None:
    """Chromium itself remarks on every answer that is no 200, also on one that is meant."""
    new_page.complaints[:] = [said for said in new_page.complaints if remark not in said]


def judged(page):
    board = page.locator("#board[data-phase=judged]")
    expect(board).to_be_visible(timeout=300_000)  # a busy machine takes its time, and nothing is proved by it
    return board


def drop(page, name: str, content: bytes) -> None:
    page.evaluate(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name));
            const options = {dataTransfer: data, bubbles: true, cancelable: true};
            document.querySelector(".cm-content").dispatchEvent(new DragEvent("drop", options));
        }""",
        [name, list(content)],
    )


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


def record(verdict) -> None:
    submission = Submission.objects.get()
    assert recording.record(submission.pk, 1, submission.token, verdict, timezone.now())


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


def test_without_a_script_code_can_still_be_sent(new_page, learner, exercise, broker):
    page = new_page(learner, java_script_enabled=False)
    page.goto("/exercises/scaled/")

    page.locator("textarea[name=source]").fill(SOLUTION)
    page.get_by_role("button", name="Submit").click()

    expect(page.locator("#board")).to_contain_text("Your code is kept")
    assert Submission.objects.get().text == SOLUTION


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
