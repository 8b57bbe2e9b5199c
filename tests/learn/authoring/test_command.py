"""`manage.py course`: what it prints, what it does, how it ends."""

import io
import os

import pytest
from django.core.management import call_command

from learn.authoring import grading_known
from learn.courses import library, models
from tests.learn.small_course import SMALL, change


def run(*words) -> tuple[int, str, str]:
    """(exit status, what was printed, what went to the error stream)"""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("course", *map(str, words), stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_check_says_what_is_there_and_needs_no_database():
    status, out, _ = run("check", SMALL)

    assert status == 0
    assert out.endswith("2 modules, 3 topics, 2 lessons, 6 questions, 1 cards, 1 exercises: no problems, 1 notes\n")


def test_check_ends_with_1_and_paths_that_can_be_opened_from_here(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    change(folder / "1-basics/01-doubling.md", "gives $2x$", "gives $\\foo$")
    change(folder / "../../exercises/double/statement.md", "$2x$", "$\\foo$")

    status, out, _ = run("check", "small")

    assert status == 1
    places = [line.split(": ")[0] for line in out.splitlines() if "unknown command" in line]
    assert places == ["../exercises/double/statement.md:1", "small/1-basics/01-doubling.md:6"]
    assert all(os.path.exists(place.rpartition(":")[0]) for place in places)


def test_a_path_that_is_no_folder_ends_with_2(tmp_path):
    status, _, err = run("check", tmp_path / "nothing")

    assert (status, err) == (2, f"{tmp_path}/nothing is not a folder\n")


@pytest.mark.django_db
def test_import_makes_a_draft_and_says_when_nothing_has_changed(folder):
    assert "small, edition 1: imported" in run("import", folder)[1]
    assert "small, edition 1: nothing has changed since it was imported" in run("import", folder)[1]
    assert models.Course.objects.get().live is None


@pytest.mark.django_db
def test_preview_prints_where_to_look(folder):
    status, out, _ = run("preview", folder)

    assert status == 0
    assert out.splitlines()[-1].endswith(f"/studio/editions/{models.Edition.objects.get().pk}/")


@pytest.mark.django_db
def test_publish_makes_it_live_and_says_what_changes(folder):
    status, out, _ = run("publish", folder)

    assert status == 0
    assert "small, edition 1: published\n  new: 8 items" in out
    assert "note: known submissions not graded on this machine yet: double" in out
    assert library.live("small").number == 1
    assert "small, edition 1: is live already" in run("publish", folder)[1]


@pytest.mark.django_db
def test_a_course_with_problems_is_kept_and_not_published(folder):
    change(folder / "1-basics/01-doubling.md", "gives $2x$", "gives $\\foo$")

    status, out, err = run("publish", folder)

    assert status == 1
    assert "small, edition 1: imported" in out
    assert "small, edition 1 was not published:" in err
    assert "01-doubling.md:6" in err


@pytest.mark.django_db
def test_what_cannot_be_read_is_not_imported(tmp_path):
    status, _, err = run("import", tmp_path)

    assert status == 1
    assert "was not imported" in err
    assert not models.Course.objects.exists()


@pytest.mark.django_db
def test_the_result_of_grading_known_submissions_is_kept_with_the_package(folder, monkeypatch):
    report = {
        "seeds": 2,
        "exercises": {
            "double": [
                {"what": "reference.py", "expected": "passed", "surprises": []},
                {
                    "what": "submissions/failed/adds_two.py",
                    "expected": "failed",
                    "surprises": [{"got": "passed", "seed": "ab"}],
                },
            ]
        },
    }
    monkeypatch.setattr(grading_known, "_report", lambda folder, seeds: report)

    status, out, err = run("publish", folder, "--exercises", "--seeds", "2")

    said = "submissions/failed/adds_two.py should be failed, but was passed on 1 of 2 seeds (first: ab)"
    assert status == 1
    assert said in out
    assert said in err
    assert models.Package.objects.get().surprises == [said]


@pytest.mark.django_db
@pytest.mark.slow
def test_the_graders_really_grade_the_known_submissions(folder):
    status, out, _ = run("import", folder, "--exercises", "--seeds", "2")

    assert status == 0, out
    assert models.Package.objects.get().is_sound
