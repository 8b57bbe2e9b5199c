"""The pages of what was sent: its verdict, its code, its receipt, and what staff may see of it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from graders import receipts
from graders.protocol import Outcome
from learn.exercises.models import Submission
from tests.learn.exercises.conftest import HTMX, SOLUTION, at, verdict_of

pytestmark = pytest.mark.usefixtures("no_broker")


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
