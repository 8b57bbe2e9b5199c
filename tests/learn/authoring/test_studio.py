"""The studio: who may enter, what it shows, publishing and going back by a button."""

import pytest

from learn.courses import library, models
from tests.learn import small_course
from tests.learn.small_course import change

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client):
    from learn.accounts.models import User

    client.force_login(User.objects.create_user("grace@example.org", "a long enough password", is_instructor=True))
    return client


@pytest.fixture
def draft(folder):
    """An edition beside the live one, with a problem in it."""
    small_course.publish(folder)
    change(folder / "1-basics/01-doubling.md", "gives $2x$", "gives $\\foo$")
    return small_course.import_(folder)


def pages(edition) -> list[str]:
    return ["/studio/", f"/studio/editions/{edition.pk}/", f"/studio/editions/{edition.pk}/doubling/"]


def test_learners_and_strangers_do_not_get_in(client, learner, draft):
    for path in pages(draft):
        assert client.get(path).status_code == 302
    client.force_login(learner)
    for path in pages(draft):
        assert client.get(path).status_code == 403
    assert client.post(f"/studio/editions/{draft.pk}/publish/").status_code == 403


def test_the_editions_are_listed_with_their_problems(author, draft):
    page = author.get("/studio/").content.decode()

    assert "1 problem" in page
    assert "● live" in page
    assert "from the command line" in page


def test_an_edition_shows_its_problems_and_cannot_be_published_with_them(author, draft):
    page = author.get(f"/studio/editions/{draft.pk}/").content.decode()

    assert "1-basics/01-doubling.md:6" in page
    assert "Publish edition" not in page
    author.post(f"/studio/editions/{draft.pk}/publish/")
    assert library.live("small").number == 1


def test_a_lesson_is_previewed_with_every_explanation(author, draft):
    page = author.get(f"/studio/editions/{draft.pk}/doubling/").content.decode()

    assert "formula-broken" in page
    for said in (
        "That would be <em>adding</em> two each time.",
        "These are gigabits",
        "6 12",
        "What factor are ten doublings?",
    ):
        assert said in page


def test_a_good_edition_is_published_and_left_again_by_a_button(author, folder, draft):
    change(folder / "1-basics/01-doubling.md", "gives $\\foo$", "gives $x + x$")
    good = small_course.import_(folder)
    assert "Publish edition 3" in author.get(f"/studio/editions/{good.pk}/").content.decode()

    author.post(f"/studio/editions/{good.pk}/publish/", follow=True)

    assert library.live("small").number == 3
    assert models.Publication.objects.first().by.email == "grace@example.org"
    first = models.Edition.objects.get(number=1)
    assert "Go back to edition 1" in author.get(f"/studio/editions/{first.pk}/").content.decode()
    author.post(f"/studio/editions/{first.pk}/publish/")
    assert library.live("small").number == 1


def test_publishing_needs_a_post(author, draft):
    assert author.get(f"/studio/editions/{draft.pk}/publish/").status_code == 405


def test_what_is_not_there_is_not_found(author, draft):
    assert author.get("/studio/editions/999/").status_code == 404
    assert author.get(f"/studio/editions/{draft.pk}/nothing/").status_code == 404
    assert author.get(f"/studio/editions/{draft.pk}/tripling/").status_code == 404


def test_without_a_course_the_studio_says_how_to_begin(author):
    assert "manage.py course import" in author.get("/studio/").content.decode()
