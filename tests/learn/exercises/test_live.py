"""The verdict as it comes: case by case over one stream, with a broker and without."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from datetime import UTC

import pytest
from django.db import connection

from graders.protocol import CaseResult, Outcome, heartbeat_key, progress_channel
from learn.exercises import live, queue, submitting
from learn.exercises.models import Submission
from tests.learn.exercises.conftest import open_broker

pytestmark = pytest.mark.django_db(transaction=True)


def listen(submission, language: str = "en", most: float = 20.0) -> list[tuple[float, str, str]]:
    """Every event of the stream until it ends by itself: when, its name, its data."""
    heard: list[tuple[float, str, str]] = []

    async def read() -> None:
        async for chunk in live.events(submission.pk, language, UTC):
            text = chunk.decode()
            name = re.match(r"event: (\w+)\n", text)
            data = "\n".join(re.findall(r"^data: ?(.*)$", text, re.M))
            heard.append((time.monotonic(), name[1] if name else "", data))

    asyncio.run(asyncio.wait_for(read(), most))
    return heard


def in_background(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class Grader:
    """Says what a grader says, on a real broker."""

    def __init__(self, broker, submission) -> None:
        self.broker, self.submission, self.cases = broker, submission, []
        broker.set(heartbeat_key("cpu"), "{}", ex=60)

    def tell(self, *cases: CaseResult) -> None:
        self.cases += [case.to_dict() for case in cases]
        told = {"state": "running", "grading": self.submission.grading, "done": len(self.cases), "cases": self.cases}
        channel = progress_channel(self.submission.pk)
        self.broker.set(f"{channel}:last", json.dumps(told), ex=600)
        self.broker.publish(channel, json.dumps(told))


def test_cases_appear_as_they_pass_and_the_verdict_comes_from_the_row(send, record, broker):
    submission = send()
    grader = Grader(broker, submission)

    def grade() -> None:
        time.sleep(0.5)
        grader.tell()
        time.sleep(0.3)
        grader.tell(CaseResult("by two", Outcome.PASSED, sample=True))
        time.sleep(0.3)
        grader.tell(CaseResult("random", Outcome.PASSED, worth=2.0))
        time.sleep(0.3)
        record(submission)

    thread = in_background(grade)
    heard = listen(submission)
    thread.join()

    pages = [data for _, name, data in heard if name == "verdict"]
    assert "You are next." in pages[0]
    passed = [len(re.findall(r'class="case pass', page)) for page in pages]
    assert passed == sorted(passed) and {0, 1, 2} <= set(passed)
    assert "Passed · 2/2" in pages[-1] and "data-live" not in pages[-1]
    assert heard[-1][1] == "end"


def test_the_verdict_is_there_a_moment_after_it_was_recorded(send, record, broker):
    submission = send()
    Grader(broker, submission)
    recorded = []

    def grade() -> None:
        time.sleep(0.7)
        record(submission)
        recorded.append(time.monotonic())

    thread = in_background(grade)
    heard = listen(submission)
    thread.join()

    assert heard[-1][0] - recorded[0] < 0.5


def test_who_comes_late_sees_what_was_told_before(send, record, broker):
    submission = send()
    Grader(broker, submission).tell(CaseResult("by two", Outcome.PASSED, sample=True))
    thread = in_background(lambda: (time.sleep(0.5), record(submission)))

    heard = listen(submission)
    thread.join()

    assert "by two" in heard[0][2] and "Judging" in heard[0][2]


def test_a_judged_submission_is_told_at_once(send, record, no_broker):
    submission = send()
    record(submission)

    assert [name for _, name, _ in listen(submission)] == ["verdict", "end"]


def test_without_a_broker_the_row_is_looked_at(send, record, no_broker):
    submission = send()
    thread = in_background(lambda: (time.sleep(0.5), record(submission)))

    heard = listen(submission)
    thread.join()

    assert "is kept" in heard[0][2]
    assert "Passed" in heard[-2][2]


def test_a_broker_that_comes_back_is_heard_again(send, record, no_broker):
    submission = send()

    def come_back() -> None:
        time.sleep(0.5)
        with open_broker() as broker:
            grader = Grader(broker, submission)
            time.sleep(2.5)
            grader.tell(CaseResult("by two", Outcome.PASSED, sample=True))
            time.sleep(0.5)
            record(submission)

    thread = in_background(come_back)
    heard = listen(submission)
    thread.join()

    assert any("by two" in data and "Judging" in data for _, _, data in heard)
    assert "Passed" in heard[-2][2]


def test_the_stream_speaks_the_readers_language(send, record, no_broker):
    submission = send()
    record(submission)

    assert "随机数" in listen(submission, "zh-hans")[0][2]


def test_a_withdrawn_submission_ends_the_stream(send, no_broker):
    submission = send()
    submitting.withdraw(submission, submission.created_at)

    heard = listen(submission)

    assert "Withdrawn" in heard[0][2] and heard[-1][1] == "end"


def test_a_quiet_stream_is_kept_open_and_ends_after_its_time(send, no_broker, monkeypatch):
    monkeypatch.setattr(live, "PING_SECONDS", 0.3)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(live, "LONGEST_SECONDS", 1.2)

    heard = listen(send())

    assert [name for _, name, _ in heard].count("") >= 2
    assert heard[-1][1] != "end"  # the browser comes back


def test_nonsense_on_the_channel_changes_nothing(send, record, broker):
    submission = send()
    Grader(broker, submission)

    def babble() -> None:
        time.sleep(0.4)
        for nonsense in ("", "x", "[]", '{"state": "graded"}', '{"state": "running", "grading": 9, "cases": []}'):
            broker.publish(progress_channel(submission.pk), nonsense)
        time.sleep(0.3)
        assert Submission.objects.get().is_waiting
        record(submission)

    thread = in_background(babble)
    heard = listen(submission)
    thread.join()

    assert "Passed" in heard[-2][2]
    assert not any("Judging" in data for _, _, data in heard)


def test_the_address_streams_to_its_owner_alone(send, record, no_broker, async_client, learner, django_user_model):
    submission = send()
    record(submission)
    url = f"/exercises/submissions/{submission.pk}/live/"

    async def visit() -> list:
        stranger = await async_client.get(url)
        await async_client.aforce_login(learner)
        response = await async_client.get(url)
        body = b"".join([chunk async for chunk in response.streaming_content])
        return [stranger.status_code, response.status_code, response["Content-Type"], body]

    stranger, status, kind, body = asyncio.run(visit())

    assert (stranger, status, kind) == (404, 200, "text/event-stream")
    assert b"Passed" in body
    assert queue.progress(submission) is None
