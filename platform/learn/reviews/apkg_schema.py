"""The collection of schema 11 that every Anki since 2.1 opens: its tables, and what `col` says; pure.

The names and shapes are Anki's file format, as its documentation and other writers describe it.
"""

from __future__ import annotations

import json
from typing import Any

MODEL = 1_600_000_000_001

TABLES = """
CREATE TABLE col (id integer PRIMARY KEY, crt integer NOT NULL, mod integer NOT NULL, scm integer NOT NULL,
  ver integer NOT NULL, dty integer NOT NULL, usn integer NOT NULL, ls integer NOT NULL, conf text NOT NULL,
  models text NOT NULL, decks text NOT NULL, dconf text NOT NULL, tags text NOT NULL);
CREATE TABLE notes (id integer PRIMARY KEY, guid text NOT NULL, mid integer NOT NULL, mod integer NOT NULL,
  usn integer NOT NULL, tags text NOT NULL, flds text NOT NULL, sfld integer NOT NULL, csum integer NOT NULL,
  flags integer NOT NULL, data text NOT NULL);
CREATE TABLE cards (id integer PRIMARY KEY, nid integer NOT NULL, did integer NOT NULL, ord integer NOT NULL,
  mod integer NOT NULL, usn integer NOT NULL, type integer NOT NULL, queue integer NOT NULL, due integer NOT NULL,
  ivl integer NOT NULL, factor integer NOT NULL, reps integer NOT NULL, lapses integer NOT NULL,
  left integer NOT NULL, odue integer NOT NULL, odid integer NOT NULL, flags integer NOT NULL, data text NOT NULL);
CREATE TABLE revlog (id integer PRIMARY KEY, cid integer NOT NULL, usn integer NOT NULL, ease integer NOT NULL,
  ivl integer NOT NULL, lastIvl integer NOT NULL, factor integer NOT NULL, time integer NOT NULL,
  type integer NOT NULL);
CREATE TABLE graves (usn integer NOT NULL, oid integer NOT NULL, type integer NOT NULL);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""

INSERT_COLLECTION = "INSERT INTO col VALUES (1,?,?,?,11,0,0,0,?,?,?,?,'{}')"

CSS = """.card { font: 20px/1.5 Georgia, serif; max-width: 44rem; margin: 2rem auto; text-align: start; }
pre, code { font: 16px/1.5 monospace; }"""


def collection(decks: dict[str, int], created_s: int, now_s: int) -> tuple[Any, ...]:
    """The values of the one row of `col`."""
    conf = {
        "activeDecks": [1], "curDeck": 1, "curModel": str(MODEL), "nextPos": 1, "sortType": "noteFld",
        "sortBackwards": False, "addToCur": True, "newSpread": 0, "dueCounts": True, "estTimes": True,
        "timeLim": 0, "collapseTime": 1200, "schedVer": 2,
    }  # fmt: skip
    all_decks = {1: _deck("Default", 1, now_s)} | {id: _deck(name, id, now_s) for name, id in decks.items()}
    return (
        created_s,
        now_s * 1000,
        now_s * 1000,
        json.dumps(conf),
        json.dumps({MODEL: _model(now_s)}),
        json.dumps(all_decks),
        json.dumps({1: _options()}),
    )


def _deck(name: str, id: int, now_s: int) -> dict[str, Any]:
    return {
        "id": id, "name": name, "mod": now_s, "usn": -1, "desc": "", "dyn": 0, "conf": 1, "collapsed": False,
        "browserCollapsed": False, "extendNew": 0, "extendRev": 0, "newToday": [0, 0], "revToday": [0, 0],
        "lrnToday": [0, 0], "timeToday": [0, 0],
    }  # fmt: skip


def _model(now_s: int) -> dict[str, Any]:
    fields = [
        {"name": name, "ord": place, "font": "Arial", "size": 20, "sticky": False, "rtl": False, "media": []}
        for place, name in enumerate(("Front", "Back", "Item"))
    ]
    template = {
        "name": "Card 1", "ord": 0, "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}", "bqfmt": "",
        "bafmt": "", "did": None,
    }  # fmt: skip
    return {
        "id": MODEL, "name": "Anneal", "type": 0, "mod": now_s, "usn": -1, "sortf": 0, "did": 1, "vers": [],
        "tags": [], "tmpls": [template], "flds": fields, "css": CSS, "req": [[0, "any", [0]]], "latexPre": "",
        "latexPost": "", "latexsvg": False,
    }  # fmt: skip


def _options() -> dict[str, Any]:
    return {
        "id": 1, "name": "Default", "mod": 0, "usn": 0, "maxTaken": 60, "timer": 0, "autoplay": True, "replayq": True,
        "dyn": False,
        "new": {"bury": False, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 0], "order": 1, "perDay": 20},
        "rev": {"bury": False, "ease4": 1.3, "ivlFct": 1, "maxIvl": 36500, "perDay": 200, "hardFactor": 1.2},
        "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
    }  # fmt: skip
