"""A copy of the small course that a test may spoil."""

from __future__ import annotations

import pytest

from tests.learn import small_course


@pytest.fixture
def folder(tmp_path):
    return small_course.copy_to(tmp_path)


@pytest.fixture
def said(folder):
    """What the survey of the folder says, as `path:line: message`."""

    def survey() -> list[str]:
        from learn.authoring import surveying

        return [str(problem) for problem in surveying.survey(folder).problems]

    return survey
