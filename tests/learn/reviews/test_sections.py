"""A card that is forgotten again and again leads to the part of the lesson that speaks of it."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse

from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.sections import nearest
from tests.learn.reviews.conftest import NOON

PAGE = (
    '<p>A lesson.</p><h2 id="scores">Scores</h2><p>Queries meet keys in a dot product.</p>'
    '<h2 id="scale">The scale</h2><p>The variance of the dot product grows with d, so divide by its root.</p>'
    '<h3 id="masks">Masks</h3><p>A mask forbids keys. 掩码禁止某些键。</p>'
)


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("Why is the dot product divided by the root of d?", "scale"),
        ("What does a mask do?", "masks"),
        ("掩码有什么用？", "masks"),
        ("Where do queries meet keys?", "scores"),
        ("Elephants?", ""),
        ("", ""),
    ],
)
def test_the_part_with_the_rarest_shared_words_is_nearest(words, section):
    assert nearest(PAGE, words) == section


def test_a_page_without_parts_has_none():
    assert nearest("<p>Text.</p>", "Text") == ""


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_nearly_every_card_of_the_course_has_its_part(locale, transactional_db, settings, tmp_path):
    from learn.authoring import publishing
    from learn.authoring.importing import import_course
    from learn.authoring.surveying import survey
    from learn.courses import library
    from learn.reviews.sections import section_of

    settings.PACKAGES = tmp_path
    course = Path(__file__).parents[3] / "courses" / "llm-roadmap"
    publishing.publish(import_course(survey(course), NOON).edition, NOON)
    edition = library.live("llm-roadmap")

    found = [
        section_of(edition, topic, card.key, locale)
        for topic, lesson in edition.course.lessons.items()
        for card in lesson.cards
    ]
    assert sum(map(bool, found)) >= 0.9 * len(found)


def test_a_leech_leads_to_its_part(signed_in, learner, begun, monkeypatch):
    from learn.reviews import aside

    monkeypatch.setattr(aside, "section_of", lambda edition, topic, card, locale: f"about-{topic}-{card}")
    with time_machine.travel(NOON, tick=False):
        for n in range(16):
            reviewing.review(
                learner, "small/card:masks-0", 1 if n % 2 else 4, NOON - timedelta(days=200 - 10 * n), kind=What.MANUAL
            )
        html = signed_in.get(reverse("reviews:aside")).content.decode()

    assert 'href="/small/masks/#about-masks-masks-0"' in html
