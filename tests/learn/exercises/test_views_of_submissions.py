"""The pages of what was sent: its verdict, its code, the draft after it, the review of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from graders import receipts
from graders.protocol import Outcome
from learn.exercises.models import Draft, Submission
from tests.learn.exercises.conftest import NOW, SOLUTION, verdict_of

pytestmark = pytest.mark.usefixtures("no_broker")
HTMX = {"HX-Request": "true"}


def at(name: str, *args: str) -> str:
    return reverse(f"exercises:{name}", args=args)


def test_the_judged_board_no_longer_asks(signed_in, send, record):
    submission = send()
    record(submission)

    response = signed_in.get(at("verdict", submission.pk), headers=HTMX)

    page = response.content.decode()
    assert "every 1s" not in page and "data-live" not in page
    assert "Passed · 2/2" in page
    assert response["HX-Trigger"] == "judged"


def test_a_failed_board_says_what_was_wrong_and_gives_the_hint(signed_in, send, record):
    submission = send()
    hint = {"key": "adds", "en": "Adding is not multiplying.", "zh-hans": "加不是乘。"}
    record(submission, verdict_of(Outcome.FAILED, hint=hint, score=0.0))

    page = signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    assert "The shape is (1,); (2,) was expected." in page
    assert "Adding is not multiplying." in page


def test_a_verdict_recorded_in_english_reads_in_chinese(signed_in, send, record):
    submission = send()
    hint = {"key": "adds", "en": "Adding is not multiplying.", "zh-hans": "加不是乘。"}
    record(submission, verdict_of(Outcome.FAILED, hint=hint))

    headers = {**HTMX, "Accept-Language": "zh-hans"}
    page = signed_in.get(at("verdict", submission.pk), headers=headers).content.decode()

    assert "形状是 (1,)，应为 (2,)。" in page
    assert "加不是乘。" in page
    assert "随机数" in page  # the case's name


def test_after_passing_it_says_when_the_exercise_returns(signed_in, send, record):
    submission = send()
    record(submission)

    page = signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    assert "Returns " in page or " · returns on " in page  # beside how it was rated, or by itself on later days


@pytest.mark.parametrize("name", ["verdict", "live", "code", "receipt"])
def test_somebody_elses_submission_does_not_exist(client, send, django_user_model, name):
    submission = send()
    client.force_login(django_user_model.objects.create_user("other@example.org"))

    assert client.get(at(name, submission.pk), headers=HTMX).status_code == 404


@pytest.mark.parametrize("name", ["difference", "withdraw"])
def test_somebody_elses_submission_cannot_be_touched(client, send, django_user_model, name):
    submission = send()
    client.force_login(django_user_model.objects.create_user("other@example.org"))

    assert client.post(at(name, submission.pk)).status_code == 404
    assert Submission.objects.get().is_waiting


def test_the_old_code_comes_back_as_it_was_and_is_never_a_page(signed_in, send):
    submission = send("def scale(x, by): return '<script>alert(1)</script>'")

    response = signed_in.get(at("code", submission.pk))

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == submission.text


def test_the_receipt_of_a_verdict_can_be_read_by_the_graders(signed_in, send, record, tmp_path):
    submission = send()
    told = {"seed": submission.seed, "package": submission.package, "exercise": "scaled", "mode": "submit"}
    record(submission, verdict_of(Outcome.FAILED, receipt=told))
    assert at("receipt", submission.pk) in signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    response = signed_in.get(at("receipt", submission.pk))

    assert response["Content-Disposition"] == f'attachment; filename="scaled-{submission.pk}.json"'
    (tmp_path / "receipt.json").write_bytes(response.content)
    receipt = receipts.read(tmp_path / "receipt.json")
    assert (receipt.files, receipt.verdict.outcome) == ({"solution.py": SOLUTION}, "failed")
    assert submission.token not in response.content.decode()


def test_an_export_has_the_receipts_too(signed_in, send, record, tmp_path):
    submission = send()
    told = {"seed": submission.seed, "package": submission.package, "exercise": "scaled", "mode": "submit"}
    record(submission, verdict_of(Outcome.FAILED, receipt=told))

    (tmp_path / "export.json").write_bytes(signed_in.get(reverse("accounts:export")).content)

    assert receipts.read(tmp_path / "export.json", submission.pk).package == submission.package
    with pytest.raises(receipts.NotAReceipt, match=submission.pk):
        receipts.read(tmp_path / "export.json")


def test_before_the_verdict_there_is_no_receipt(signed_in, send):
    assert signed_in.get(at("receipt", send().pk)).status_code == 404


def test_staff_may_have_anybodys_receipt(client, send, record, django_user_model):
    submission = send()
    record(submission)
    client.force_login(django_user_model.objects.create_superuser("staff@example.org"))

    assert client.get(at("receipt", submission.pk)).status_code == 200
    page = client.get(reverse("admin:exercises_submission_change", args=[submission.pk])).content.decode()
    assert at("receipt", submission.pk) in page and submission.token not in page


def test_what_changed_is_shown_line_by_line(signed_in, send):
    submission = send("def scale(x, by):\n    return x\n")

    page = signed_in.post(at("difference", submission.pk), {"source": SOLUTION}).content.decode()

    assert '<tr class="old">' in page and '<tr class="new">' in page
    assert "return x * by" in page


def test_hostile_text_is_shown_and_not_run(signed_in, send, record):
    from graders.protocol import CaseResult, Verdict

    evil = "<script>alert(1)</script>"
    case = CaseResult(evil, Outcome.ERROR, sample=True, kind="raised", message=evil, details={"type": evil, "line": 1})
    verdict = Verdict(Outcome.ERROR, 0.0, (CaseResult.from_dict({**case.to_dict(), "shown": {"stdout": evil}}),))
    submission = send()
    record(submission, verdict)

    page = signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_withdrawing_frees_the_place(signed_in, send):
    submission = send()

    page = signed_in.post(at("withdraw", submission.pk), headers=HTMX).content.decode()

    assert "Withdrawn" in page
    assert send() != submission


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


def test_the_board_says_how_the_verdict_was_rated_and_why(signed_in, send, record):
    submission = send(now=timezone.now())
    record(submission, now=timezone.now())

    page = signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    assert "Solved at the first try." in page
    assert reverse("reviews:rerate", args=[submission.pk]) in page


def test_a_rating_that_was_changed_is_shown_as_changed(signed_in, send, record):
    submission = send(now=timezone.now())
    record(submission, now=timezone.now())
    signed_in.post(reverse("reviews:rerate", args=[submission.pk]), {"rating": "2"}, headers=HTMX)

    page = signed_in.get(at("verdict", submission.pk), headers=HTMX).content.decode()

    assert "You changed it yourself." in page


def test_staff_read_submissions_and_never_see_a_token(admin_client, send):
    submission = send()

    page = admin_client.get(reverse("admin:exercises_submission_change", args=[submission.pk])).content.decode()

    assert submission.pk in admin_client.get(reverse("admin:exercises_submission_changelist")).content.decode()
    assert submission.seed in page and submission.token not in page


def test_staff_see_how_long_a_grading_took_and_whether_its_cell_was_warm(admin_client, send, record):
    submission = send()
    times = {"start": 12.5, "run": 30.25, "judge": 8.0, "total": 61.4}
    record(submission, verdict_of(Outcome.PASSED, receipt={"pool_hit": True, "times_ms": times}))

    page = admin_client.get(reverse("admin:exercises_submission_change", args=[submission.pk])).content.decode()

    assert "start 12.5, run 30.25, judge 8.0, total 61.4" in page
    assert "61 ms warm" in admin_client.get(reverse("admin:exercises_submission_changelist")).content.decode()
