"""What tests do at the workbench in a browser: write, drop a file, record a verdict, wait for it."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import expect

from learn.exercises import recording
from learn.exercises.models import Submission

ADDS = "def scale(x, by):\n    return x + by\n"


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


def record(verdict) -> None:
    submission = Submission.objects.get()
    assert recording.record(submission.pk, 1, submission.token, verdict, timezone.now())
