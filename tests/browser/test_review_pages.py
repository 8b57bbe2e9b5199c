"""The pages around reviews in a real browser: no barrier that axe finds, and nothing wider than a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import ParameterSet, Plan
from learn.reviews.schedule import DEFAULT_WEIGHTS
from tests.learn.reviews.conftest import course  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/reviews/",
    "/reviews/?practice=",
    "/reviews/memory/",
    "/reviews/memory/items/?module=small/architecture",
    "/reviews/memory/item/?item=small/card:masks-0",
    "/reviews/aside/",
    "/reviews/plan/",
    "/reviews/anki/",
]
CURVE = [(0.7, 0.72, 40), (0.8, 0.78, 40), (0.9, 0.93, 41)]


@pytest.fixture
def learnt(transactional_db, course, learner):  # noqa: F811
    """A few months: something of every module, a leech, something at rest, weights that were fitted."""
    now = timezone.now()
    for topic in ("vectors", "attention", "masks"):
        for number in range(4):
            for place, days in enumerate((90, 60, 20 + number)):
                rating = 3 if place != 1 or number else 1
                item = f"small/card:{topic}-{number}"
                reviewing.review(learner, item, rating, now - timedelta(days=days), kind=What.MANUAL, duration_ms=9000)
    for n in range(16):
        at = now - timedelta(days=200 - 10 * n)
        reviewing.review(learner, "small/card:vectors-0", 1 if n % 2 else 4, at, kind=What.MANUAL)
    reviewing.note(learner, "small/card:masks-3", What.BURY, now)
    scores = {"log_loss": 0.31, "rmse": 0.04, "count": 121, "curve": CURVE}
    ParameterSet.objects.create(
        learner=learner,
        weights=list(DEFAULT_WEIGHTS),
        reviews=200,
        calibration=dict.fromkeys(("fitted", "before", "average", "sm2"), scores),
        adopted=True,
        fitted_at=now,
    )
    Plan.objects.create(learner=learner, minutes_a_day=30)
    return learner


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_have_no_barrier_that_axe_finds(new_page, learnt, path, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(learnt, color_scheme=scheme)
    page.goto(path)
    page.wait_for_load_state("networkidle")

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_nothing_is_wider_than_the_screen(new_page, learnt, path):
    page = new_page(learnt, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, locale="zh-CN")
    page.goto(path)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
