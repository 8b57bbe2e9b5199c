"""To Anki and back without loss, whichever way a package went and whoever brings it."""

import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from learn.reviews import anki_views, apkg, days, importing, reviewing
from learn.reviews.apkg import Review
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.refolding import refold
from tests.learn.reviews.conftest import NOON, packed

CARD = "small/card:vectors-0"


def state(learner) -> list[dict]:
    rows = Card.objects.filter(learner=learner).order_by("item").values()
    return [{name: value for name, value in row.items() if name not in ("id", "learner_id")} for row in rows]


def log(learner) -> list[dict]:
    left_out = ("id", "learner_id", "received_at", "target", "voided_by")
    rows = ReviewEvent.objects.filter(learner=learner).order_by("utc_ms", "item", "kind", "id").values()
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def test_the_same_package_brought_back_changes_nothing(learnt):
    before, lines = state(learnt), ReviewEvent.objects.count()

    found = importing.bring(learnt, apkg.read(packed(learnt)), NOON)

    assert (found.reviews, found.moved, found.unknown, found.strange) == (0, 0, 0, 0)
    assert state(learnt) == before and ReviewEvent.objects.count() == lines


def test_everything_comes_back_after_all_was_lost(learnt):
    before, lines, data = state(learnt), log(learnt), packed(learnt)
    Card.objects.all().delete()
    ReviewEvent.objects.all().delete()

    importing.bring(learnt, apkg.read(data), NOON)

    assert state(learnt) == before
    assert log(learnt) == lines
    assert refold(learnt).is_same


def test_another_learner_here_gets_the_same_memory_under_ids_of_their_own(learnt, other):
    importing.bring(other, apkg.read(packed(learnt)), NOON)

    mine, theirs = state(learnt), state(other)
    assert [row["stability"] for row in theirs] == [row["stability"] for row in mine]
    assert [row["due_on"] for row in theirs] == [row["due_on"] for row in mine]
    assert [row["suspended"] for row in theirs] == [row["suspended"] for row in mine]
    counted = ReviewEvent.objects.filter(learner=other).count()
    importing.bring(other, apkg.read(packed(learnt)), NOON)
    assert ReviewEvent.objects.filter(learner=other).count() == counted


def without_own_log(data: bytes) -> apkg.Package:
    """As a package is that went through Anki: our file is gone."""
    return replace(apkg.read(data), own=None)


def test_ankis_own_columns_alone_bring_memory_and_due_days_back(learnt, other):
    importing.bring(other, without_own_log(packed(learnt)), NOON)

    for mine in Card.objects.filter(learner=learnt, reps__gt=0):
        theirs = Card.objects.get(learner=other, item=mine.item)
        assert theirs.stability == pytest.approx(mine.stability, rel=1e-6), mine.item
        assert theirs.suspended == mine.suspended
        if mine.state == 2:
            assert theirs.due_on == mine.due_on


def test_what_was_reviewed_in_anki_is_added_once(learnt):
    package = without_own_log(packed(learnt))
    at = days.to_ms(NOON - timedelta(minutes=3))
    cards = tuple(
        replace(card, reviews=(*card.reviews, Review(at, 3, 5200)), due=card.due) if card.item == CARD else card
        for card in package.cards
    )
    before = Card.objects.get(learner=learnt, item=CARD)

    first = importing.bring(learnt, replace(package, cards=cards), NOON)
    again = importing.bring(learnt, replace(package, cards=cards), NOON + timedelta(minutes=1))

    assert (first.reviews, again.reviews) == (1, 0)
    assert Card.objects.get(learner=learnt, item=CARD).reps == before.reps + 1
    line = ReviewEvent.objects.get(kind="import")
    assert (line.utc_ms, line.duration_ms, line.evidence) == (at, 5200, {"from": "anki"})


def test_a_due_day_moved_in_anki_is_moved_here(learnt):
    package = without_own_log(packed(learnt))
    known = Card.objects.filter(learner=learnt, state=2, suspended=False).first()
    cards = tuple(replace(card, due=card.due + 5) if card.item == known.item else card for card in package.cards)

    importing.bring(learnt, replace(package, cards=cards), NOON)

    assert Card.objects.get(pk=known.pk).due_on == known.due_on + timedelta(days=5)
    assert refold(learnt).is_same


def test_a_memory_without_history_is_taken_over(learnt, other):
    bare = apkg.Card(CARD, type=2, queue=2, due=30, stability=12.5, difficulty=6.0, reps=4, lapses=1,
                     last_s=int((NOON - timedelta(days=3)).timestamp()))  # fmt: skip
    created = int((NOON - timedelta(days=20)).timestamp())

    importing.bring(other, apkg.Package((bare,), created), NOON)

    card = Card.objects.get(learner=other)
    assert (card.stability, card.difficulty, card.reps, card.lapses) == (12.5, 6.0, 4, 1)
    assert card.due_on == NOON.date() + timedelta(days=10)


def test_cards_of_no_course_here_are_counted_and_left_alone(learnt, other):
    strange = apkg.write([apkg.Card("elsewhere/card:x", "front", "back")], 0, 1)

    assert importing.bring(other, apkg.read(strange), NOON).unknown == 1
    assert not Card.objects.filter(learner=other).exists()


def test_an_undone_import_stays_undone(learnt, other):
    package = without_own_log(packed(learnt))
    importing.bring(other, package, NOON)
    line = ReviewEvent.objects.filter(learner=other, kind="import", item=CARD).first()
    reviewing.undo(other, line.pk, NOON)
    reps = Card.objects.get(learner=other, item=CARD).reps

    importing.bring(other, package, NOON)

    assert Card.objects.get(learner=other, item=CARD).reps == reps


def test_a_review_in_the_future_is_left_out_and_said(learnt):
    package = without_own_log(packed(learnt))
    late = Review(days.to_ms(NOON + timedelta(days=2)), 3)
    cards = tuple(replace(c, reviews=(*c.reviews, late)) if c.item == CARD else c for c in package.cards)
    before = state(learnt)

    found = importing.bring(learnt, replace(package, cards=cards), NOON)

    assert (found.future, found.reviews) == (1, 0) and state(learnt) == before
    assert "1 review lies in the future" in anki_views._said(found)


# ------------------------------------------------------------------------------------- what is written


def test_the_collection_is_what_anki_expects(learnt):
    with zipfile.ZipFile(io.BytesIO(packed(learnt))) as archive:
        assert {"collection.anki2", "media", "anneal.json"} == set(archive.namelist())
        raw = archive.read("collection.anki2")
    connection = sqlite3.connect(":memory:")
    connection.deserialize(raw)

    assert connection.execute("SELECT ver FROM col").fetchone() == (11,)
    decks = json.loads(connection.execute("SELECT decks FROM col").fetchone()[0])
    assert "Anneal::Small::Mathematics" in {deck["name"] for deck in decks.values()}
    known = Card.objects.get(learner=learnt, item="small/card:vectors-2")
    query = "SELECT cards.data, type, due FROM cards JOIN notes ON notes.id = nid WHERE flds LIKE ?"
    data, kind, due = connection.execute(query, ["%small/card:vectors-2"]).fetchone()
    assert json.loads(data)["s"] == pytest.approx(known.stability)
    assert connection.execute("SELECT count(*) FROM revlog").fetchone()[0] == sum(
        Card.objects.filter(learner=learnt).values_list("reps", flat=True)
    )
    fields = connection.execute("SELECT flds FROM notes").fetchall()
    assert all(len(row[0].split("\x1f")) == 3 for row in fields)
    assert any("<em>Vectors</em>" in row[0] for row in fields)


def test_the_page_gives_and_takes_a_package(client, learnt, other):
    client.force_login(learnt)
    data = client.get(reverse("reviews:package")).content
    client.force_login(other)
    sent = SimpleUploadedFile("anneal.apkg", data)
    answer = client.post(reverse("reviews:anki"), {"package": sent}, follow=True)

    assert "new reviews of" in answer.content.decode()
    assert Card.objects.filter(learner=other).count() == Card.objects.filter(learner=learnt).count()
