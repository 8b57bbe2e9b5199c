"""A topic opens when what it builds on is finished and still remembered; what has faded is a door away."""

import html as markup
import re
from datetime import timedelta

import pytest
import time_machine

from learn.lessons import finishing
from learn.lessons.standing import State, journey
from learn.reviews import reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card

from .conftest import NOW

LATER = NOW + timedelta(days=120)


@pytest.fixture
def faded(learner, edition, answer):
    """The first lesson, finished and answered a long time ago."""
    answer("vectors-q0")
    answer("vectors-q1")
    finishing.finish(learner, edition, "vectors", NOW)


def html(answer) -> str:
    return answer.content.decode()


def test_a_topic_is_open_as_long_as_what_it_builds_on_is_remembered(learner, edition, faded):
    assert journey(learner, edition, NOW).standings["calculus"].state is State.READY
    assert journey(learner, edition, LATER).standings["calculus"].state is State.FADED


def test_a_lesson_whose_ground_has_faded_offers_a_refresher_and_can_be_read(signed_in, faded):
    with time_machine.travel(LATER, tick=False):
        page = html(signed_in.get("/small/calculus/"))

    assert 'class="gate"' in page and re.search(r"Vectors <span class=\"chip heat-7\">\d\d %", page)
    assert "refresh=small%2Fvectors" in page and "then=calculus" in page
    assert "The text of calculus." in page


def test_what_is_fresh_has_no_gate(signed_in, faded):
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert 'class="gate"' not in html(signed_in.get("/small/calculus/"))


def test_a_finished_lesson_is_behind_no_gate(signed_in, learner, edition, faded):
    finishing.finish(learner, edition, "calculus", NOW)

    with time_machine.travel(LATER, tick=False):
        assert 'class="gate"' not in html(signed_in.get("/small/calculus/"))


def test_the_roadmap_says_what_to_refresh_first(signed_in, faded):
    with time_machine.travel(LATER, tick=False):
        page = html(signed_in.get("/small/"))

    assert "Refresh first: Vectors" in page and 'class="gate"' in page
    assert re.search(r'class="stop faded here"', page)


def test_the_refresher_leads_through_the_gate_to_the_lesson(signed_in, learner, edition, faded):
    with time_machine.travel(LATER, tick=False) as clock:
        door = re.search(r'href="(/reviews/\?refresh=[^"]+)"', html(signed_in.get("/small/calculus/")))
        asked = html(signed_in.get(markup.unescape(door[1])))
        assert "vectors-q0" in asked and "vectors-q1" in asked
        clock.shift(60)
        for item in ("small/vectors-q0", "small/vectors-q1"):
            reviewing.review(learner, item, 3, LATER + timedelta(minutes=1))
        done = html(signed_in.get("/reviews/next/"))
        assert 'href="/small/calculus/"' in done and "On to Calculus" in done

        assert 'class="gate"' not in html(signed_in.get("/small/calculus/"))
    assert journey(learner, edition, LATER + timedelta(minutes=1)).standings["calculus"].state is State.READY


def test_what_was_set_aside_closes_no_gate_since_no_refresher_could_ask_it(learner, edition, faded):
    for item in ("small/vectors-q0", "small/vectors-q1"):
        reviewing.note(learner, item, What.SUSPEND, NOW)

    assert journey(learner, edition, LATER).standings["calculus"].state is State.READY


def test_what_rests_until_tomorrow_is_asked_by_a_refresher_all_the_same(signed_in, learner, faded):
    with time_machine.travel(LATER, tick=False):
        for item in ("small/vectors-q0", "small/vectors-q1"):
            reviewing.note(learner, item, What.BURY, LATER)
        page = html(signed_in.get("/reviews/?refresh=small/vectors&then=calculus"))

    assert Card.objects.filter(buried_until__gt=LATER.date()).count() == 2
    assert "vectors-q0" in page and "vectors-q1" in page


@pytest.mark.parametrize("then", ["", "nowhere", "rnn", "//evil.example"])
def test_a_refresher_leads_nowhere_but_to_a_lesson(signed_in, learner, edition, faded, then):
    with time_machine.travel(LATER, tick=False):
        signed_in.get("/reviews/", {"refresh": "small/vectors", "then": then})
        for item in ("small/vectors-q0", "small/vectors-q1"):
            reviewing.review(learner, item, 3, LATER)
        done = html(signed_in.get("/reviews/next/"))

    assert "Refreshed. You can go on." in done and "To the roadmap" in done
