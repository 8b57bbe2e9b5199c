"""Anki's package format, written and read: a zip with an SQLite collection of schema 11; pure.

Written is what every Anki since 2.1 opens, with scheduling (the memory of FSRS in `cards.data`) and
history (`revlog`); the item's name stands in a field of its own, so that a package that went through
Anki still says what it is about. Beside the collection lies our own `anneal.json`, which Anki passes over.

Read is only what is expected, within limits: a package comes from anywhere.
"""

from __future__ import annotations

import io
import json
import lzma
import sqlite3
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b, sha1
from pathlib import Path
from typing import Any

from learn.reviews import apkg_schema

MAX_ARCHIVE = 64 * 1024 * 1024
MAX_COLLECTION = 256 * 1024 * 1024
MAX_OWN = 32 * 1024 * 1024
MAX_FILES = 20_000
MAX_ROWS = 1_000_000
MAX_TEXT = 1_000_000
# Steps of SQLite's machine, and seconds, that reading one package may take.
STEPS_BETWEEN_LOOKS, MAX_SECONDS = 100_000, 60.0
# What `zipfile` raises over archives that are none, damaged, encrypted or packed in a way it does not know.
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
    zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip
COLLECTIONS = ("collection.anki21", "collection.anki2")
OWN = "anneal.json"


class NotReadable(Exception):
    """The package cannot be used. `reason` is a word that `packages.py` puts into a sentence."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Review:
    """A line of `revlog`."""

    ms: int
    rating: int  # 1–4; 0 is a change by hand
    duration_ms: int = 0
    interval: int = 0  # days, or negative seconds
    before: int = 0
    kind: int = 1  # 0 learning, 1 review, 2 relearning, 3 cram


@dataclass(frozen=True)
class Card:
    """A card with its note. Days are counted from the day the collection was made."""

    item: str
    front: str = ""
    back: str = ""
    deck: str = "Anneal"
    type: int = 0
    queue: int = 0
    due: int = 0
    interval: int = 0
    reps: int = 0
    lapses: int = 0
    stability: float | None = None
    difficulty: float | None = None
    retention: float | None = None
    last_s: int | None = None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True)
class Package:
    cards: tuple[Card, ...]
    created_s: int
    own: dict[str, Any] | None = None
    strange: int = 0  # notes that name no item
    names: tuple[str, ...] = field(default=())


# ------------------------------------------------------------------------------------------- writing


def write(cards: Sequence[Card], created_s: int, now_s: int, own: dict[str, Any] | None = None) -> bytes:
    """The package as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection.anki2"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(apkg_schema.TABLES)
            decks = {name: _id("deck", name) for name in sorted({card.deck for card in cards})}
            connection.execute(apkg_schema.INSERT_COLLECTION, apkg_schema.collection(decks, created_s, now_s))
            _write_cards(connection, cards, decks, now_s)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "collection.anki2")
            archive.writestr("media", "{}")
            if own is not None:
                archive.writestr(OWN, json.dumps(own, ensure_ascii=False))
        return packed.getvalue()


def _write_cards(connection: sqlite3.Connection, cards: Sequence[Card], decks: dict[str, int], now_s: int) -> None:
    taken: set[int] = set()
    for card in cards:
        note, text = _id("note", card.item), "\x1f".join((card.front, card.back, card.item))
        checksum = int(sha1(card.front.encode()).hexdigest()[:8], 16)
        guid = blake2b(card.item.encode(), digest_size=8).hexdigest()
        connection.execute(
            "INSERT INTO notes VALUES (?,?,?,?,-1,'',?,?,?,0,'')",
            (note, guid, apkg_schema.MODEL, now_s, text, card.front[:200], checksum),
        )
        row = (note + 1, note, decks[card.deck], now_s, card.type, card.queue, card.due, card.interval)
        rest = (2500 if card.type >= 2 else 0, card.reps, card.lapses, 1001 if card.type in (1, 3) else 0, _data(card))
        connection.execute("INSERT INTO cards VALUES (?,?,?,0,?,-1,?,?,?,?,?,?,?,?,0,0,0,?)", row + rest)
        for review in card.reviews:
            ms = review.ms
            while ms in taken:  # the moment is the key there
                ms += 1
            taken.add(ms)
            told = (
                review.rating,
                review.interval,
                review.before,
                2500,
                min(review.duration_ms, 3_600_000),
                review.kind,
            )
            connection.execute("INSERT INTO revlog VALUES (?,?,-1,?,?,?,?,?,?)", (ms, note + 1, *told))


def _data(card: Card) -> str:
    told = {"s": card.stability, "d": card.difficulty, "dr": card.retention, "lrt": card.last_s}
    return json.dumps({name: value for name, value in told.items() if value is not None})


def _id(*parts: str) -> int:
    """A number that is always the same for the same thing, in the range of Anki's (milliseconds); even."""
    spread = int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=5).digest(), "big")
    return 1_500_000_000_000 + spread // 2 * 2 % 400_000_000_000


# ------------------------------------------------------------------------------------------- reading


def read(data: bytes) -> Package:
    """What a package holds that names our items. Raises NotReadable."""
    if len(data) > MAX_ARCHIVE:
        raise NotReadable("too-large")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise NotReadable("damaged") from error
    except UNREADABLE as error:
        raise NotReadable("no-package") from error


def _read(archive: zipfile.ZipFile) -> Package:
    names = archive.namelist()
    if len(names) > MAX_FILES:
        raise NotReadable("too-large")
    own = _own(archive) if OWN in names else None
    found = next((name for name in COLLECTIONS if name in names), None)
    if "collection.anki21b" in names:  # beside it lies an old one that only says: update Anki
        raise NotReadable("new-format")
    if found is None:
        raise NotReadable("no-package")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        _unpack(archive, found, path, MAX_COLLECTION)
        with _opened(path) as connection:
            return _collection(connection, own)


def _unpack(archive: zipfile.ZipFile, name: str, path: Path, limit: int) -> None:
    """Never more than `limit` bytes, whatever the archive says of itself."""
    with archive.open(name) as source, path.open("wb") as target:
        while block := source.read(1 << 20):
            limit -= len(block)
            if limit < 0:
                raise NotReadable("too-large")
            target.write(block)


def _own(archive: zipfile.ZipFile) -> dict[str, Any] | None:
    with archive.open(OWN) as source:
        text = source.read(MAX_OWN + 1)
    if len(text) > MAX_OWN:
        raise NotReadable("too-large")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotReadable("damaged") from error
    return told if isinstance(told, dict) else None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A stranger's database: read only, no functions in its schema, no cell and no query without end."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT * 4)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        ends = time.monotonic() + MAX_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield connection


def _collection(connection: sqlite3.Connection, own: dict[str, Any] | None) -> Package:
    """Only plain tables are read: a view of that name could be anything."""
    plain = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
    tables = {name for (name,) in connection.execute(plain)}
    if not {"col", "notes", "cards", "revlog"} <= tables:
        raise NotReadable("no-package")
    for table in ("notes", "cards", "revlog"):
        if connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > MAX_ROWS:
            raise NotReadable("too-large")
    created = connection.execute("SELECT crt FROM col").fetchone()
    items, strange = _items(connection)
    reviews: dict[int, list[Review]] = {}
    history = connection.execute("SELECT id, cid, ease, time, ivl, lastIvl, type FROM revlog ORDER BY id")
    for ms, card, *told in history:
        if all(isinstance(value, int) for value in (ms, card, *told)):
            reviews.setdefault(card, []).append(Review(ms, *told))
    columns = "id, nid, type, queue, due, ivl, reps, lapses, data"
    rows = connection.execute(f"SELECT {columns} FROM cards ORDER BY id")
    cards = [_card(row, items[row[1]], reviews.get(row[0], ())) for row in rows if row[1] in items]
    return Package(tuple(cards), _whole(created[0]) if created else 0, own, strange)


def _items(connection: sqlite3.Connection) -> tuple[dict[int, str], int]:
    """The item each note names, in its last field; and how many notes name none."""
    found, strange = {}, 0
    for note, fields in connection.execute("SELECT id, flds FROM notes"):
        last = str(fields).rpartition("\x1f")[2].strip()
        if 0 < len(last) <= 200 and "/" in last and "<" not in last:
            found[note] = last
        else:
            strange += 1
    return found, strange


def _card(row: Sequence[Any], item: str, reviews: Iterable[Review]) -> Card:
    _, _, type_, queue, due, interval, reps, lapses, data = row
    told = _json(data)
    return Card(
        item=item,
        type=_whole(type_),
        queue=_whole(queue),
        due=_whole(due),
        interval=_whole(interval),
        reps=max(_whole(reps), 0),
        lapses=max(_whole(lapses), 0),
        stability=_positive(told.get("s"), 36500.0),
        difficulty=_positive(told.get("d"), 10.0),
        last_s=_whole(told.get("lrt")) or None,
        reviews=tuple(reviews),
    )


def _json(text: Any) -> dict[str, Any]:
    try:
        told = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and abs(value) < 2**53 else 0


def _positive(value: Any, most: float) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 < value <= most else None
