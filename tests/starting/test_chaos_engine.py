"""Kill -9 of Docker's own engine while submissions wait and run: gradings wait for it, and none is lost.

The engine is one of the test's own. The full form, with every other program, is `python -m bench chaos --dockerd`.
"""

from __future__ import annotations

import os
import shutil

import pytest

from bench._chaos import SLOW, Chaos, audit, submitted
from bench._dockerd import own_engine
from bench._engine import orphans
from bench._site import OWN_COURSE, site, until, waiting
from graders.protocol import heartbeat_key
from learn.starting.engines import docker_answers

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

ORPHAN_SECONDS = 30.0


@pytest.fixture(scope="module")
def engine():
    if os.getuid() != 0 or shutil.which("dockerd") is None or not docker_answers():
        pytest.skip("an engine of our own takes root, dockerd, and another engine that has the image of the cells")
    with own_engine() as engine:
        yield engine


def test_whatever_the_engine_dies_in_every_submission_ends_with_one_verdict(engine):
    with site("docker", OWN_COURSE, DOCKER_HOST=engine.host) as running:
        chaos, answered = Chaos(running, engine, patience=120), []
        until(lambda: chaos.broker.exists(heartbeat_key("cpu")), 120, "the grader serves")

        for learner, phase in zip(running.learners(3), ("queued", "claimed", "running"), strict=True):
            answered.append(learner.submit("trivial", SLOW))  # one more, which waits meanwhile
            chaos.strike(("dockerd",), phase, lambda learner=learner: submitted(learner, answered))
        until(lambda: not waiting(running), 240, "all were judged")

        found = audit(running, answered)
        assert found.fine, (found, chaos.struck)
        assert found.rows == len(answered) == 6
        assert orphans(chaos.seen, running.environment, ORPHAN_SECONDS) == []
