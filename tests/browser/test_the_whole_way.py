"""The way the product is for, walked by its owner with the course that ships: sign-in to a review that is due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from learn.accounts import owner_link
from learn.accounts.models import User
from learn.exercises.models import Submission
from learn.reviews.models import Card
from tests.browser.workbench import judged, write

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parents[2]
KNOWN = ROOT / "exercises" / "sdpa" / "submissions"
ITEM = "llm-roadmap/exercise:sdpa"


@pytest.fixture
def published(transactional_db, settings, tmp_path):
    """The course that ships, as an operator publishes it."""
    from learn.authoring import importing, publishing, surveying

    settings.PACKAGES = tmp_path
    now = timezone.now()
    edition = importing.import_course(surveying.survey(ROOT / "courses" / "llm-roadmap"), now).edition
    publishing.publish(edition, now)


def answer_questions(page) -> None:
    """Each with something; right or wrong, each is then explained."""
    for question in page.locator("section.question").all():
        if question.locator("[name=choice]").count():
            question.locator("[name=choice]").first.check()
        for field in question.locator("input[name=number], input[name=text], textarea[name=text]").all():
            field.fill("1")
        question.get_by_role("button", name="Answer").click()
        expect(question.locator(".question-verdict")).to_be_visible()


def test_from_the_owners_link_to_a_review_that_is_due(published, grading, new_page):
    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto(owner_link.make("", timezone.now()))
    page.locator("main form button").click()
    User.objects.update(zone="UTC")  # so that the browser has nothing to tell while the test ends

    page.get_by_role("link", name="Attention mechanisms").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Attention mechanisms")
    answer_questions(page)
    page.get_by_role("link", name="Scaled dot-product attention").click()

    write(page, (KNOWN / "failed" / "no_scale.py").read_text())
    page.keyboard.press("Control+Enter")
    expect(judged(page)).to_contain_text("Not yet")
    expect(page.get_by_role("img", name="Map of the differences")).not_to_have_count(0)
    assert not Submission.objects.tries().exists()

    write(page, (KNOWN / "passed" / "in_its_own_dtype.py").read_text())
    page.evaluate("window.here = true")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(".board-headline.passed")).to_contain_text("18/18", timeout=300_000)
    expect(page.locator(".board-headline.passed")).to_contain_text("reference")
    expect(page.get_by_role("link", name="See other ways")).to_be_visible()
    assert page.evaluate("window.here") is True  # nothing was loaded anew
    assert Submission.objects.tries().count() == 1

    page.locator(".wb-back").click()
    expect(page.locator(".task-state")).to_contain_text("passed")
    expect(page.locator(".lesson-facts")).to_contain_text("finished on")

    card = Card.objects.get(item=ITEM)
    assert card.due > timezone.now() + timedelta(hours=12)
    Card.objects.update(due_on=card.due_on + timedelta(days=30), due_at=None)
    Card.objects.filter(pk=card.pk).update(due_on=timezone.now().date() - timedelta(days=1))  # its time has come
    page.goto("/")
    expect(page.locator(".now-due")).to_contain_text("1 item to recall")
    page.locator(".now-due a").click()
    expect(page.locator("main")).to_contain_text("Scaled dot-product attention")


def test_a_visitor_sees_the_exercise_on_the_front_page_judged(published, grading, new_page):
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(viewport={"width": 1440, "height": 900})
    page.goto("/")
    headline = page.locator(".showcase-headline")
    expect(headline).to_contain_text("Not yet · 0/3", timeout=300_000)
    expect(headline).to_contain_text("judged just now")

    page.get_by_role("link", name="Divided by √D").press("Enter")
    expect(headline).to_contain_text("Not yet · 1/3", timeout=300_000)
    assert page.evaluate("document.activeElement.id") == "show-scaled"  # swapped twice meanwhile
    page.get_by_role("button", name="Run").press("Enter")
    expect(headline).to_contain_text("Not yet · 1/3")
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert not found.response["violations"], found.generate_report()

    page.get_by_role("link", name="Write it yourself").click()
    expect(page).to_have_url("/accounts/login/?next=/exercises/sdpa/")
