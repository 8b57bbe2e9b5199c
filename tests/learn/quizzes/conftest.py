"""A published course and a learner who answers its questions."""

from __future__ import annotations

import pytest

from tests.learn import small_course


@pytest.fixture
def edition(db):
    return small_course.publish()


@pytest.fixture
def question(edition):
    return lambda key: edition.course.questions[key]
