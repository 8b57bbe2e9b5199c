"""The site as it is served in earnest, with a grader at work: what tests in a browser stand on.

The grader is the real one; only its cells isolate nothing, since the code is ours.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import kombu.exceptions
import pytest
import redis
from celery.worker import state
from django.test.utils import modify_settings
from playwright.sync_api import expect

from tests.learn.exercises.conftest import open_broker, package, publish  # noqa: F401

# What is awaited comes at once on a machine that is not busy; on a busy one it comes.
expect.set_options(timeout=30_000)


@pytest.fixture
def live_server(transactional_db):
    """The site as it is served in earnest: uvicorn, so that streams stream."""
    import uvicorn
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    from learn.asgi import application

    config = uvicorn.Config(ASGIStaticFilesHandler(application), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    # pytest-django switches these on and off around what is called live_server.
    hosts = modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"})
    yield SimpleNamespace(url=f"http://127.0.0.1:{port}", _live_server_modified_settings=hosts)
    server.force_exit = server.should_exit = True
    thread.join(10)


@pytest.fixture
def exercise(transactional_db, package, settings, tmp_path):  # noqa: F811
    from graders.store import Store

    settings.PACKAGES = tmp_path
    Store(tmp_path).put(package)
    publish(package)
    return package


@pytest.fixture
def open_workbench(new_page, learner, exercise):
    """Opens the exercise for the learner and waits for its editor."""

    def open_workbench(**options):
        page = new_page(learner, **options)
        page.goto("/exercises/scaled/")
        expect(page.locator(".cm-content")).to_be_attached()
        return page

    return open_workbench


@pytest.fixture
def broker():
    with open_broker() as client:
        yield client


@pytest.fixture
def grading(broker, settings, tmp_path):
    """A grader on its queue and the site's worker on its own, both on real Celery."""
    from celery.contrib.testing.worker import start_worker

    from graders import worker
    from graders.cells import Cells
    from graders.protocol import heartbeat_key
    from graders.store import Store
    from learn.celery import app
    from tests.graders.conftest import Unpooled

    source = Unpooled()
    settings.PACKAGES = tmp_path
    worker.grader = worker.Grader(source.engine, Cells(source), Store(tmp_path), broker)
    broker.set(heartbeat_key("cpu"), "{}", ex=600)
    # Two workers in one process look tasks up in one table, the last one's: it has to know both kinds.
    app.tasks.register(worker.grade_task)
    told = {"pool": "threads", "perform_ping_check": False, "shutdown_timeout": 60}
    with (
        kept_awake(app),
        start_worker(worker.app, queues=["cpu"], **told),
        start_worker(app, queues=["site"], **told),
    ):
        yield
    worker.grader.cells.close()
    source.engine.close()


@contextmanager
def kept_awake(app):
    """A worker in a thread sees that it is to stop when its loop turns, and an idle loop sleeps for long."""
    done = threading.Event()

    def wake() -> None:
        while not done.wait(0.3):
            # A pooled connection may be one to the broker of a test before: the next is tried in a moment.
            with suppress(OSError, kombu.exceptions.OperationalError, redis.RedisError):
                app.control.broadcast("ping")

    thread = threading.Thread(target=wake)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        state.should_terminate = None  # what is left of one that did not end in time would end the next ones
