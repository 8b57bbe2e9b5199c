"""What a hostile or broken package gets: a refusal with its reason, or its nonsense passed over."""

import io
import random
import sqlite3
import zipfile
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from learn.reviews import apkg, importing
from learn.reviews.apkg import NotReadable
from learn.reviews.models import Card, ReviewEvent
from learn.reviews.refolding import refold
from tests.learn.reviews.conftest import NOON, packed

CARD = "small/card:vectors-0"


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
