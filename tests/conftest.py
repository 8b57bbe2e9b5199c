"""What all tests share. Everything the site keeps goes to a folder that ends with the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="anneal-tests-"))
os.environ["ANNEAL_HOME"] = str(HOME)
os.environ["ANNEAL_PLAIN_STATIC"] = "1"  # no collectstatic before a test
os.environ.pop("DATABASE_URL", None) if not os.environ.get("ANNEAL_TEST_DATABASE") else None

import pytest  # noqa: E402


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
