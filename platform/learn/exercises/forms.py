"""What a browser sends with Run or Submit: the text of the editor, or a file where there is no script."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from graders.protocol import MAX_SOURCE_BYTES, Mode

A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Sent:
    raw: str | bytes  # not looked at yet: `source.read` says whether it can be graded
    text: str  # of the editor, to be shown again
    mode: Mode
    seconds_at_work: int | None
    queue: str  # where it is to be graded, as asked; whether it can be is the exercise's to say


def read(request: HttpRequest) -> Sent:
    text = request.POST.get("source", "")
    mode = Mode.RUN if request.POST.get("mode") == Mode.RUN else Mode.SUBMIT
    return Sent(
        _file(request) or text, text, mode, _seconds(request.POST.get("seconds", "")), request.POST.get("queue", "")
    )


def _file(request: HttpRequest) -> bytes | None:
    """The file that was chosen. One that is too large is not read: its size is all there is to say of it."""
    upload = request.FILES.get("file")
    if upload is None or not upload.name:
        return None
    return upload.read() if upload.size <= MAX_SOURCE_BYTES else bytes(upload.size)


def _seconds(told: str) -> int | None:
    """With the page in front, as the browser counted. Nobody works a day on one try."""
    return min(int(told), A_DAY) if told.isdecimal() and told.isascii() and len(told) < 10 else None
