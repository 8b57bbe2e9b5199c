"""Kill -9 of every program while a submission is queued, claimed, running, judged, recorded: none is lost.

The short form of `python -m bench chaos`: the same strikes at the same programs under their supervisor, with
cells that isolate nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench._chaos import PHASES, Chaos, audit, submitted
from bench._site import OWN_COURSE, Running, site, until, waiting
from graders.protocol import heartbeat_key

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ALL = ("broker", "web", "worker", "scheduler", "grader")
# Each alone where it hurts most; together in every phase, as when the power fails.
ALONE = [
    ("queued", "web"),
    ("queued", "broker"),
    ("claimed", "grader"),
    ("running", "grader"),
    ("judged", "broker"),
    ("judged", "worker"),
    ("recorded", "scheduler"),
]
STRIKES = [*((phase, (name,)) for phase, name in ALONE), *((phase, ALL) for phase in PHASES)]


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    words = [sys.executable, str(Path(__file__).with_name("unsandboxed.py"))]
    folder = tmp_path_factory.mktemp("cells")  # a killed grader does not tidy up after its cells
    with site("bwrap", OWN_COURSE, words=words, TMPDIR=str(folder)) as running:
        broker = Chaos(running).broker
        until(lambda: set(running.pids()) == set(ALL), 60, "every program runs")
        until(lambda: broker.exists(heartbeat_key("cpu")), 60, "the grader serves")
        yield running


def test_whoever_is_killed_every_submission_ends_with_one_verdict_and_one_review(running):
    chaos, answered = Chaos(running, patience=60), []

    for learner, (phase, victims) in zip(running.learners(len(STRIKES)), STRIKES, strict=True):
        chaos.strike(victims, phase, lambda learner=learner: submitted(learner, answered))
    until(lambda: not waiting(running), 240, "all were judged")

    found = audit(running, answered)
    assert found.fine, (found, chaos.struck)
    assert found.rows == len(answered) == len(STRIKES)
    assert audit(running, [*answered, "never kept"]).lost == ["never kept"]
