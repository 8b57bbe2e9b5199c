"""The pages: what a browser gets, with a script and without."""

from __future__ import annotations

import pytest
from django.utils import timezone

from graders.protocol import Mode
from learn.exercises.models import Draft, Submission
from tests.learn.exercises.conftest import HTMX, SOLUTION, at

pytestmark = pytest.mark.usefixtures("no_broker")


def post(client, text: str = SOLUTION, htmx: bool = True, **data):
    headers = HTMX if htmx else {}
    return client.post(at("submit", "scaled"), {"source": text, **data}, headers=headers)


def test_the_workbench_opens_with_the_starter(signed_in, exercise):
    page = signed_in.get(at("workbench", "scaled")).content.decode()

    assert "def scale(x, by): ..." in page
    assert "<code>scale(x, by)</code>" in page


def test_the_workbench_speaks_chinese(signed_in, exercise):
    page = signed_in.get(at("workbench", "scaled"), headers={"Accept-Language": "zh-CN"}).content.decode()

    assert "写出 <code>scale(x, by)</code>" in page
    assert "提交" in page and "Submit" not in page


def test_an_exercise_that_is_not_published_is_not_found(signed_in):
    assert signed_in.get(at("workbench", "nothing")).status_code == 404


@pytest.mark.parametrize("name", ["index", "workbench", "history", "draft"])
def test_a_stranger_is_asked_to_sign_in(client, exercise, name):
    response = client.get(at(name) if name == "index" else at(name, "scaled"))

    assert response.status_code == 302
    assert "login" in response["Location"]


def test_without_a_script_a_submission_leads_to_its_page(signed_in, exercise, learner):
    response = post(signed_in, SOLUTION, htmx=False)

    submission = Submission.objects.get()
    assert response["Location"] == f"{at('workbench', 'scaled')}?submission={submission.pk}"
    assert Draft.objects.get().text == SOLUTION
    assert signed_in.get(response["Location"]).status_code == 200


def test_with_a_script_it_is_answered_with_the_board(signed_in, exercise):
    response = post(signed_in)

    page = response.content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert at("live", Submission.objects.get().pk) in page
    assert "<html" not in page


def test_without_a_broker_the_page_says_that_the_code_is_kept(signed_in, exercise):
    page = post(signed_in).content.decode()

    assert "Your code is kept and is sent as soon as it does." in page


def test_where_nobody_serves_the_queue_the_page_says_so(signed_in, exercise, request):
    request.getfixturevalue("broker")

    page = post(signed_in).content.decode()

    assert "No grader serves the queue “cpu” at the moment." in page
    assert "Stop waiting" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no code yet."),
        ("def scale(:", "Python cannot read this"),
        ("x = 1", "Your file does not define “scale”"),
        ("#" * 2_000_000, "at most 256 kB can be graded"),
    ],
    ids=["empty", "syntax", "missing", "2 MB"],
)
def test_what_cannot_be_graded_is_refused_and_costs_nothing(signed_in, exercise, text, said):
    response = post(signed_in, text)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert "This cost no try." in response.content.decode()
    assert not Submission.objects.exists()


def test_a_refused_text_is_still_in_the_editor_without_a_script(signed_in, exercise):
    response = post(signed_in, "def scale(:\n    kept", htmx=False)

    assert response.status_code == 422
    assert "def scale(:\n    kept" in response.content.decode()
    assert "Line 1" in response.content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "not UTF-8"), (b"#" * 2_000_000, "1.9 MB"), (b"", "There is no code yet.")],
    ids=["not UTF-8", "2 MB", "empty"],
)
def test_a_file_that_cannot_be_graded_is_refused(signed_in, exercise, content, said):
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = post(signed_in, "", file=SimpleUploadedFile("solution.py", content))

    assert response.status_code == 422
    assert said in response.content.decode()


def test_a_file_is_taken_in_place_of_the_text(signed_in, exercise):
    from django.core.files.uploadedfile import SimpleUploadedFile

    post(signed_in, "", file=SimpleUploadedFile("mine.py", b"\xef\xbb\xbf" + SOLUTION.encode()))

    assert Submission.objects.get().text == SOLUTION


def test_a_second_tab_sees_the_one_in_flight(signed_in, exercise):
    post(signed_in)
    response = post(signed_in, SOLUTION + "# the other tab")

    assert "One of yours was already on its way" in response.content.decode()
    assert Submission.objects.count() == 1


def test_too_much_at_once_has_to_wait(signed_in, exercise, send, record):
    for _ in range(10):
        record(send(now=timezone.now()))

    response = post(signed_in)

    assert response.status_code == 429
    assert "Send the next one in" in response.content.decode()


def test_run_and_submit_are_told_apart(signed_in, exercise):
    post(signed_in, mode="run")
    post(signed_in, mode="submit")

    assert set(Submission.objects.values_list("mode", flat=True)) == {Mode.RUN, Mode.SUBMIT}


@pytest.mark.parametrize(("told", "kept"), [("95", 95), ("-1", None), ("x", None), ("9" * 30, None), ("999999", 86400)])
def test_the_time_at_work_is_taken_with_care(signed_in, exercise, told, kept):
    post(signed_in, seconds=told)

    assert Submission.objects.get().seconds_at_work == kept
