"""What all tests share. Everything the site keeps goes to a folder that ends with the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="anneal-tests-"))
os.environ["ANNEAL_HOME"] = str(HOME)
# Named here and not in pyproject.toml: pytest-django would read the settings before this file.
os.environ["DJANGO_SETTINGS_MODULE"] = "learn.settings"
os.environ["ANNEAL_PLAIN_STATIC"] = "1"  # no collectstatic before a test
os.environ.pop("DATABASE_URL", None) if not os.environ.get("ANNEAL_TEST_DATABASE") else None

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402

assert settings.DATABASES  # read now: pytest-django sets up what is configured when the session starts


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def learner(db):
    from learn.accounts.models import User

    return User.objects.create_user("ada@example.org", "a long enough password")


@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner)
    return client


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """SQLite in a file, as in earnest: threads of a test wait for each other's locks as processes do."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database.setdefault("TEST", {})["NAME"] = str(HOME / f"test-{worker}.sqlite3")
