"""What the editor opens with."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from graders.protocol import Outcome
from learn.exercises import opening as openings
from learn.exercises.models import Draft
from learn.exercises.opening import LEFT_OUT, leave_out, opening, unsaid
from learn.reviews import depth
from learn.reviews.models import Card
from tests.learn.exercises.conftest import NOW, SOLUTION

pytestmark = pytest.mark.usefixtures("no_broker")
LATER = NOW + timedelta(days=60)


@pytest.fixture
def draft(learner):
    def draft(text: str, at=NOW) -> Draft:
        return Draft.objects.create(learner=learner, exercise="scaled", text=text, saved_at=at)

    return draft


@pytest.fixture
def remembered(send, record, learner):
    """The exercise was passed long ago; its memory is as the test wants it."""

    def remembered(stability: float, reps: int) -> None:
        record(send())
        Card.objects.update(stability=stability, reps=reps)

    return remembered


def test_it_opens_with_the_starter_and_then_with_the_draft(learner, exercise, draft):
    assert opening(learner, exercise, None, None, NOW).text == exercise.starter

    assert opening(learner, exercise, draft("mine"), None, NOW).text == "mine"


def test_a_review_opens_with_the_starter(learner, exercise, draft, remembered):
    remembered(10.0, 2)

    opened = opening(learner, exercise, draft(SOLUTION), None, LATER)

    assert (opened.text, opened.depth) == (exercise.starter, depth.EMPTY)


def test_a_review_that_was_begun_goes_on_with_its_draft(learner, exercise, draft, remembered):
    remembered(10.0, 2)

    assert opening(learner, exercise, draft("begun", LATER), "", LATER).text == "begun"


@pytest.fixture
def kept(package, settings, tmp_path):
    """The exercise's package, where the site keeps them."""
    from graders.store import Store

    settings.PACKAGES = tmp_path
    Store(tmp_path).put(package)
    return package


def test_what_slipped_lately_opens_with_the_reference_without_its_key_lines(learner, exercise, remembered, kept):
    remembered(1.0, 3)

    opened = opening(learner, exercise, None, "", LATER)

    assert opened.depth == depth.CLOZE
    assert opened.text != kept.text("reference.py") and LEFT_OUT in opened.text
    shared = set(opened.text.splitlines()) - {line for line in opened.text.splitlines() if LEFT_OUT in line}
    assert shared <= set(kept.text("reference.py").splitlines())
    assert SOLUTION.splitlines()[-1].strip() not in opened.text  # one's own of last time stays hidden


def test_who_is_stuck_may_ask_for_one_step_easier(learner, exercise, remembered, kept):
    remembered(10.0, 2)
    assert opening(learner, exercise, None, "", LATER).depth == depth.EMPTY

    assert opening(learner, exercise, None, "cloze", LATER).depth == depth.CLOZE
    assert opening(learner, exercise, None, "nonsense", LATER).depth == depth.EMPTY


def test_what_is_well_known_opens_with_a_mistake_to_repair(learner, exercise, remembered, kept):
    remembered(40.0, 3)

    opened = opening(learner, exercise, None, "", LATER)

    wrong = [unsaid(kept.text(name)) for outcome, name in kept.known_submissions() if outcome == Outcome.FAILED]
    assert opened.depth == depth.REPAIR
    assert opened.text in wrong


@pytest.mark.parametrize("stability", [1.0, 40.0])
def test_where_the_package_is_gone_it_opens_with_the_starter(
    learner, exercise, remembered, settings, tmp_path, stability
):
    settings.PACKAGES = tmp_path
    remembered(stability, 3)

    assert opening(learner, exercise, None, "", LATER).text == exercise.starter


def test_practice_starts_afresh_where_nothing_unsent_is_lost(learner, exercise, draft, remembered):
    remembered(10.0, 2)
    kept = draft(SOLUTION)
    assert opening(learner, exercise, kept, "", NOW).text == exercise.starter

    kept.text = "not sent yet"
    assert opening(learner, exercise, kept, "", NOW).text == "not sent yet"


LONG = '''
import torch


def sdpa(q, k, v):
    """Attention."""
    scores = q @ k.transpose(
        -2, -1
    )
    # the weights
    weights = scores.softmax(-1)
    if weights.isnan().any():
        weights = weights.nan_to_num()
    out = weights @ v
    return out
'''


@pytest.mark.parametrize("seed", range(20))
def test_gaps_leave_a_file_that_python_can_read(seed):
    gapped = leave_out(LONG, Random(seed))

    ast.parse(gapped)
    assert gapped.count(LEFT_OUT) == 2
    assert '"""Attention."""' in gapped and "import torch" in gapped


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_computes_something(seed):
    gapped = leave_out(LONG, Random(seed))

    assert "return out" in gapped and "def sdpa" in gapped


def test_every_reference_can_be_shown_with_gaps():
    for path in (Path(__file__).parents[3] / "exercises").glob("*/reference.py"):
        gapped = leave_out(path.read_text(), Random(path.parent.name))
        ast.parse(gapped)
        assert gapped.count(LEFT_OUT) >= 1, path


def test_a_file_without_functions_has_no_gaps():
    assert leave_out("x = 1\n", Random(1)) == "x = 1\n"


def test_a_mistake_is_shown_without_what_its_author_says_of_it():
    said = '"""Wrong: the scale is missing.\n\nAnd more."""\n\n'
    source = said + 'import math  # for √d\n\n# no scale\ndef f(x):\n    """Kept."""\n    return "# kept"\n'

    shown = unsaid(source)

    assert shown == 'import math\n\ndef f(x):\n    """Kept."""\n    return "# kept"\n'


def test_every_known_mistake_can_be_shown():
    files = list(Path(openings.__file__).parents[3].glob("exercises/*/submissions/failed/*.py"))
    assert files

    for path in files:
        shown = unsaid(path.read_text())
        assert shown.strip() and "wrong" not in shown.lower()[:80], path
        ast.parse(shown)
