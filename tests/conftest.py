"""What all tests share. Everything the site keeps goes to a folder that ends with the tests."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="anneal-tests-"))
os.environ["ANNEAL_HOME"] = str(HOME)
# Named here and not in pyproject.toml: pytest-django would read the settings before this file.
os.environ["DJANGO_SETTINGS_MODULE"] = "learn.settings"
os.environ["ANNEAL_PLAIN_STATIC"] = "1"  # no collectstatic before a test
os.environ["TRITON_INTERPRET"] = "1"  # as in a cell without an accelerator; Triton reads it when it is imported
if not os.environ.get("ANNEAL_TEST_DATABASE"):
    os.environ.pop("DATABASE_URL", None)

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import translation  # noqa: E402

assert settings.DATABASES  # read now: pytest-django sets up what is configured when the session starts
# Argon2 is slow on purpose, which says nothing of what the tests ask.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
(HOME / "static").mkdir()

CHROMIUM = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers of xdist make folders of their own. With our environment they would read the settings
    before this file, and all of them would share one folder and one broker's socket."""
    for name in ("ANNEAL_HOME", "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(name, None)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # once, and not in every process of xdist
        from learn.starting import catalogues

        assert not catalogues.compile_all()


# These watch processes, control groups and latencies of the whole machine: a neighbour would be in their way.
ALONE = ("tests/hostile/", "tests/cheats/", "tests/sandbox/test_bwrap", "tests/sandbox/test_doctor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(ALONE):
            item.add_marker(pytest.mark.slow)


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """SQLite in a file, as in earnest: threads of a test wait for each other's locks as processes do."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database.setdefault("TEST", {})["NAME"] = str(HOME / f"test-{worker}.sqlite3")


@pytest.fixture(autouse=True)
def in_english():
    """A page of one test that was asked for in Chinese does not leave the next one in Chinese."""
    yield
    translation.deactivate()


@pytest.fixture
def learner(db):
    from learn.accounts.models import User

    # With a zone the browser has nothing to tell in the background while a test ends.
    return User.objects.create_user("ada@example.org", "a long enough password", name="Ada", zone="UTC")


@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs a loop in the thread of the tests
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser, live_server):
    """Makes pages of Playwright that know the site's address; what a page complains of fails the test.

    `new_page(user=learner, viewport=…, locale="zh-CN", color_scheme="dark")`
    """
    contexts, complaints = [], []

    def make(user=None, **options):
        context = browser.new_context(base_url=live_server.url, **{"locale": "en-GB", **options})
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_of(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        return page

    make.complaints = complaints
    yield make
    for context in contexts:
        context.close()
    assert not complaints


def is_complaint(said) -> bool:
    """An error on the console. That an answer was 409, 422 or 429 is told there too, and is no fault."""
    return said.type == "error" and not re.search(r"responded with a status of (409|422|429)", said.text)


@pytest.fixture
def page(new_page, learner):
    return new_page(learner)


def _session_of(user, url):
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}
