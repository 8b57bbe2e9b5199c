"""The pages for who comes back: the draft, a review that starts afresh, earlier tries, and other ways."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from graders.protocol import Outcome
from learn.exercises.models import Draft
from tests.learn.exercises.conftest import HTMX, NOW, SOLUTION, at

pytestmark = pytest.mark.usefixtures("no_broker")


def test_a_draft_is_saved_and_read_back(signed_in, exercise):
    url = at("draft", "scaled")
    assert signed_in.get(url).json() == {"text": exercise.starter, "revision": 0}

    assert signed_in.post(url, {"source": "x = 1", "revision": "0"}).json() == {"revision": 1}

    assert signed_in.get(url).json()["text"] == "x = 1"
    assert "x = 1" in signed_in.get(at("workbench", "scaled")).content.decode()


def test_a_draft_from_an_older_device_is_a_conflict(signed_in, exercise):
    url = at("draft", "scaled")
    signed_in.post(url, {"source": "a", "revision": "0"})
    signed_in.post(url, {"source": "b", "revision": "1"})

    response = signed_in.post(url, {"source": "c", "revision": "1"})

    assert (response.status_code, response.json()["text"]) == (409, "b")


def test_a_draft_that_is_too_long_is_not_kept(signed_in, exercise):
    response = signed_in.post(at("draft", "scaled"), {"source": "#" * 300_000, "revision": "0"})

    assert response.status_code == 413
    assert not Draft.objects.exists()


def test_a_review_starts_afresh(signed_in, send, record, learner):
    long_ago = timezone.now() - timedelta(days=60)
    record(send(now=long_ago), now=long_ago)
    Draft.objects.create(learner=learner, exercise="scaled", text=SOLUTION, revision=4, saved_at=long_ago)

    page = signed_in.get(at("workbench", "scaled")).content.decode()

    assert "def scale(x, by): ..." in page
    assert "return x * by" not in page
    assert "This is a review" in page


def test_a_review_that_was_begun_goes_on(signed_in, send, record, learner):
    long_ago = timezone.now() - timedelta(days=60)
    record(send(now=long_ago), now=long_ago)
    Draft.objects.create(learner=learner, exercise="scaled", text="begun = True", revision=4, saved_at=timezone.now())

    assert "begun = True" in signed_in.get(at("workbench", "scaled")).content.decode()


def test_the_list_says_what_was_passed(signed_in, send, record):
    record(send(), Outcome.FAILED)
    assert "1 try" in signed_in.get(at("index")).content.decode()

    record(send(now=NOW + timedelta(minutes=2)))
    assert "passed" in signed_in.get(at("index")).content.decode()


@pytest.mark.parametrize("name", ["workbench", "history", "index"])
def test_a_long_history_costs_no_more_queries(signed_in, send, record, name):
    url = at(name) if name == "index" else at(name, "scaled")
    minutes = count()

    def queries_after(tries: int) -> int:
        for minute in islice(minutes, tries):
            record(send(now=NOW + timedelta(minutes=minute)), Outcome.FAILED)
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(url).status_code == 200
        return len(captured)

    queries_after(1)  # what is kept once per process is asked for now
    assert queries_after(1) == queries_after(20) <= 20


def test_other_ways_are_for_who_has_passed(signed_in, send, record, package, settings, tmp_path):
    from graders.store import Store

    settings.PACKAGES = tmp_path
    Store(tmp_path).put(package)
    url = at("ways", "scaled")
    record(send(now=timezone.now()), Outcome.FAILED)
    assert signed_in.get(url).status_code == 404

    record(send(now=timezone.now()), now=timezone.now())

    page = signed_in.get(url).content.decode()
    assert "The reference" in page and "by adding" in page and "swapped" in page


def test_other_ways_are_a_page_of_their_own_where_there_is_no_dialog(signed_in, send, record, no_broker):
    record(send(now=timezone.now()), now=timezone.now())

    page, dialog = (signed_in.get(at("ways", "scaled"), headers=headers) for headers in ({}, HTMX))

    assert b"<html" in page.content and b'href="/exercises/scaled/"' in page.content
    assert b"<html" not in dialog.content and b'method="dialog"' in dialog.content


def test_other_ways_are_closed_while_the_exercise_is_to_be_recalled(signed_in, send, record):
    long_ago = timezone.now() - timedelta(days=60)
    record(send(now=long_ago), now=long_ago)

    assert signed_in.get(at("ways", "scaled")).status_code == 404


def test_an_earlier_solution_stays_out_of_sight_during_a_review(signed_in, send, record):
    long_ago = timezone.now() - timedelta(days=60)
    submission = send(now=long_ago)
    record(submission, now=long_ago)

    assert signed_in.get(at("code", submission.pk)).status_code == 403
    assert signed_in.get(at("receipt", submission.pk)).status_code == 403
    assert signed_in.post(at("difference", submission.pk), {"source": ""}).status_code == 403
    assert at("code", submission.pk) not in signed_in.get(at("history", "scaled")).content.decode()

    record(send(now=timezone.now()), now=timezone.now())
    assert signed_in.get(at("code", submission.pk)).status_code == 200
