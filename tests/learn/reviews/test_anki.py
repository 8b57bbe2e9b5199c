"""To Anki and back without loss; and what a hostile or broken package gets."""

import io
import json
import random
import sqlite3
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from learn.reviews import anki_views, apkg, days, importing, packages, reviewing
from learn.reviews.apkg import NotReadable, Review
from learn.reviews.fold import What
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.refolding import refold
from tests.learn.reviews.conftest import NOON

CARD, QUESTION, EXERCISE = "small/card:vectors-0", "small/vectors-q0", "small/exercise:scaled"


@pytest.fixture
def learnt(learner, begun):
    """A little of everything: reviews, lapses, steps, an undo, a burial, a changed rating, something set aside."""
    for number, item in enumerate(begun[:8]):
        for place, gap in enumerate((0, 1, 4, 12)):
            rating = 1 + (number + place * 2) % 4
            reviewing.review(
                learner, item, rating, NOON - timedelta(days=20 - gap, minutes=number), duration_ms=4000 + number,
                evidence={"reason": "right", "n": number},
            )  # fmt: skip
    reviewing.undo_last(learner, NOON - timedelta(hours=2))
    reviewing.note(learner, begun[0], What.SUSPEND, NOON - timedelta(hours=1))
    reviewing.note(learner, begun[1], What.BURY, NOON - timedelta(hours=1))
    reviewing.review(learner, EXERCISE, 3, NOON - timedelta(days=2), event_id=(id := "01KK" + "A" * 22))
    reviewing.rerate(learner, id, 2, NOON - timedelta(days=1))
    return learner


@pytest.fixture
def other(django_user_model):
    return django_user_model.objects.create_user("grace@example.org", "another long password")


def state(learner) -> list[dict]:
    rows = Card.objects.filter(learner=learner).order_by("item").values()
    return [{name: value for name, value in row.items() if name not in ("id", "learner_id")} for row in rows]


def log(learner) -> list[dict]:
    left_out = ("id", "learner_id", "received_at", "target", "voided_by")
    rows = ReviewEvent.objects.filter(learner=learner).order_by("utc_ms", "item", "kind", "id").values()
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows]


def packed(learner) -> bytes:
    return packages.package_of(learner, NOON, "en")


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


# ------------------------------------------------------------------------------------- hostile archives


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return packed.getvalue()


def database(script: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    return connection.serialize()


def reason(data: bytes) -> str:
    with pytest.raises(NotReadable) as refused:
        apkg.read(data)
    return refused.value.reason


def test_what_is_no_package_is_said_to_be_none():
    assert reason(b"") == "no-package"
    assert reason(b"PK\x03\x04 nonsense") == "no-package"
    assert reason(zipped(readme=b"hello")) == "no-package"
    assert reason(zipped(collection__anki2=b"not a database" * 99)) == "damaged"
    assert reason(zipped(collection__anki2=database("CREATE TABLE col (x)"))) == "no-package"


def test_the_newer_format_is_named_with_its_remedy():
    assert reason(zipped(collection__anki21b=b"zstd", collection__anki2=b"")) == "new-format"


def test_an_archive_that_swells_is_stopped(monkeypatch):
    monkeypatch.setattr(apkg, "MAX_COLLECTION", 10_000_000)
    bomb = zipped(collection__anki2=bytes(60_000_000))

    assert len(bomb) < 100_000
    assert reason(bomb) == "too-large"


def test_a_log_that_swells_is_stopped(monkeypatch):
    monkeypatch.setattr(apkg, "MAX_OWN", 1_000_000)

    assert reason(zipped(anneal__json=b" " * 5_000_000, collection__anki2=b"")) == "too-large"


def test_too_many_files_are_too_large():
    assert reason(zipped(**{f"f{number}": b"" for number in range(apkg.MAX_FILES + 1)})) == "too-large"


def test_a_package_cut_off_in_the_middle_is_refused_whole(learnt):
    data = packed(learnt)

    assert reason(data[: len(data) // 2]) == "no-package"
    spoilt = bytearray(data)
    spoilt[200:400] = bytes(200)
    assert reason(bytes(spoilt)) in ("no-package", "damaged")


def test_no_spoilt_byte_brings_more_than_a_refusal(learnt):
    data, rng = packed(learnt), random.Random(5)
    for _ in range(300):
        spoilt = bytearray(data)
        for _ in range(rng.choice((1, 3, 40))):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        try:
            apkg.read(bytes(spoilt))
        except NotReadable:
            pass


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def test_a_view_in_place_of_a_table_is_not_looked_at():
    views = "".join(f"CREATE VIEW {name} AS {ENDLESS};" for name in ("notes", "cards", "revlog"))

    assert reason(zipped(collection__anki2=database("CREATE TABLE col (crt);" + views))) == "no-package"


def test_a_table_whose_columns_are_others_is_damaged():
    tables = "".join(f"CREATE TABLE {name} (x);" for name in ("col", "notes", "cards", "revlog"))

    assert reason(zipped(collection__anki2=database(tables))) == "damaged"


def test_reading_ends_when_its_time_is_over(monkeypatch, learnt):
    monkeypatch.setattr(apkg, "MAX_SECONDS", -1)
    monkeypatch.setattr(apkg, "STEPS_BETWEEN_LOOKS", 10)

    assert reason(packed(learnt)) == "damaged"


def test_rows_of_nonsense_are_passed_over(learnt, other):
    base = database(
        apkg.apkg_schema.TABLES
        + f"""
        INSERT INTO col VALUES (1, 'never', 0, 0, 11, 0, 0, 0, '', '', '', '', '');
        INSERT INTO notes VALUES (1, 'g', 1, 0, 0, '', 'f\x1fb\x1f{CARD}', 0, 0, 0, '');
        INSERT INTO notes VALUES (2, 'h', 1, 0, 0, '', x'ff00fe', 0, 0, 0, '');
        INSERT INTO cards VALUES (7, 1, 1, 0, 0, 0, 99, 'x', 1e300, 'ivl', 0, -5, 0, 0, 0, 0, 0,
          '{{"s": 1e999, "d": []}}');
        INSERT INTO revlog VALUES (9223372036854775807, 7, 0, 3, 0, 0, 0, 0, 1);
        INSERT INTO revlog VALUES (-5, 7, 0, 3, 0, 0, 0, 0, 1);
        INSERT INTO revlog VALUES (1700000000000, 7, 0, 77, 0, 0, 0, 0, 1);
        INSERT INTO revlog VALUES (1700000000001, 7, 0, 3, 0, 0, 0, 'soon', 1);
        """
    )

    found = importing.bring(other, apkg.read(zipped(collection__anki2=base)), NOON)

    assert (found.reviews, found.strange) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"utc_ms": 10**15}, {"utc_ms": -1}, {"rating": 9}, {"study_date": "9999-12-31"}, {"study_date": "soon"},
        {"due_on": "9999-12-31"}, {"kind": "explode"}, {"id": "x"}, {"target": "x"}, {"rollover": "x"},
        {"utc_ms": None},
    ],
)  # fmt: skip
def test_a_forged_log_is_refused_whole(learnt, other, change):
    package = apkg.read(packed(learnt))
    events = [dict(event) for event in package.own["events"]]
    events[5] |= change

    with pytest.raises(NotReadable):
        importing.bring(other, replace(package, own={"format": 1, "events": events}), NOON)
    assert not ReviewEvent.objects.filter(learner=other).exists()


@pytest.mark.parametrize("own", [{}, {"format": 2}, {"format": 1, "events": 3}, {"format": 1, "events": [3, None, {}]}])
def test_a_log_that_is_none_is_passed_over(learnt, other, own):
    importing.bring(other, replace(apkg.read(packed(learnt)), own=own), NOON)

    assert Card.objects.filter(learner=other).exists()


def test_a_forged_memory_breaks_no_fold(learnt, other):
    package = apkg.read(packed(learnt))
    evidence = {"stability": "much", "difficulty": 1e308, "reps": "x", "weight": [], "last": "soon"}
    events = [dict(event, kind="import", rating=None, evidence=evidence) for event in package.own["events"]]
    importing.bring(other, replace(package, own={"format": 1, "events": events}), NOON)

    assert refold(other).is_same


def test_the_page_says_what_was_wrong_and_what_to_do(signed_in):
    answer = signed_in.post(reverse("reviews:anki"), {"package": SimpleUploadedFile("x.apkg", b"nonsense")})
    assert answer.status_code == 422
    assert "This is not an Anki package" in answer.content.decode()
    assert signed_in.post(reverse("reviews:anki")).status_code == 422
