"""Anki itself takes our package, reviews in it, and gives it back. Only where Anki's own library is installed:
it is under another licence than ours, so it stands in an environment of its own (ANNEAL_TEST_ANKI)."""

import json
import os
import subprocess
from datetime import timedelta

import pytest
from django.utils import timezone

from learn.reviews import apkg, importing, packages, reviewing
from learn.reviews.fold import What
from learn.reviews.models import Card
from learn.reviews.refolding import refold

PYTHON = os.environ.get("ANNEAL_TEST_ANKI", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="ANNEAL_TEST_ANKI names no Python that has Anki's library")

IN_ANKI = """
import json, sys
from anki.collection import Collection, ExportAnkiPackageOptions, ImportAnkiPackageOptions, ImportAnkiPackageRequest

source, target, reviews = sys.argv[1], sys.argv[2], int(sys.argv[3])
collection = Collection(source + ".collection.anki2")
collection.set_config("fsrs", True)
options = ImportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True)
collection.import_anki_package(ImportAnkiPackageRequest(package_path=source, options=options))
data = collection.db.list("select data from cards where type = 2")
history, sound = collection.db.scalar("select count() from revlog"), collection.fix_integrity()[1]
collection.decks.select(collection.decks.id_for_name("Anneal"))
answered = []
for _ in range(reviews):
    card = collection.sched.getCard()
    card.start_timer()
    answered.append(card.note().fields[-1])
    collection.sched.answerCard(card, 3)
options = ExportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, with_media=False, legacy=True)
collection.export_anki_package(out_path=target, options=options, limit=None)
collection.close()
print(json.dumps({"memories": len(data), "kept": sum('"s"' in row for row in data), "history": history,
                  "sound": sound, "answered": answered}))
"""


@pytest.fixture
def learnt(learner, begun):
    """Reviews of the last weeks, a lapse and something set aside."""
    now = timezone.now()
    for number, item in enumerate(begun[:8]):
        for place, gap in enumerate((0, 1, 4, 12)):
            at = now - timedelta(days=20 - gap, minutes=number)
            reviewing.review(learner, item, 1 + (number + place * 2) % 4, at, duration_ms=4000 + number)
    reviewing.note(learner, begun[0], What.SUSPEND, now - timedelta(hours=1))
    return learner


def through_anki(learner, folder, reviews: int) -> tuple[dict, apkg.Package]:
    source, target = folder / "out.apkg", folder / "back.apkg"
    source.write_bytes(packages.package_of(learner, timezone.now(), "en"))
    command = [PYTHON, "-c", IN_ANKI, str(source), str(target), str(reviews)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), apkg.read(target.read_bytes())


def state(learner) -> list[tuple]:
    names = ("item", "stability", "difficulty", "state", "due_on", "reps", "lapses", "suspended")
    return list(Card.objects.filter(learner=learner).order_by("item").values_list(*names))


def test_what_went_through_anki_untouched_changes_nothing(learnt, tmp_path):
    before = state(learnt)
    told, package = through_anki(learnt, tmp_path, reviews=0)

    assert told["sound"] and told["kept"] == told["memories"] > 0 and told["history"] == 32
    assert package.own is None  # Anki passes our own part over: the rest has to be enough
    brought = importing.bring(learnt, package, timezone.now())

    assert (brought.reviews, brought.moved, brought.unknown, brought.strange) == (0, 0, 0, 0)
    assert state(learnt) == before


def test_another_account_gets_memory_and_history_from_ankis_export(learnt, tmp_path, django_user_model):
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    _, package = through_anki(learnt, tmp_path, reviews=0)

    importing.bring(other, package, timezone.now())

    mine, theirs = state(learnt), state(other)
    known = [(a, b) for a, b in zip(mine, theirs, strict=True) if a[5]]
    assert len(known) == 8
    for a, b in known:
        assert b[1:3] == pytest.approx(a[1:3], rel=1e-6) and b[3:] == a[3:]


def test_what_was_reviewed_in_anki_is_added(learnt, tmp_path):
    told, package = through_anki(learnt, tmp_path, reviews=3)

    brought = importing.bring(learnt, package, timezone.now() + timedelta(minutes=1))

    assert brought.reviews == 3 and len(told["answered"]) == 3
    for item in told["answered"]:
        assert Card.objects.get(learner=learnt, item=item).reps == 5
    assert refold(learnt).is_same
