from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from learn.reviews.models import Card
from learn.reviews.reviewing import review

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed(learner):
    for day in (0, 1, 5, 20):
        review(learner, "small/card:a", 3, NOON + timedelta(days=day))
    return learner


def test_an_untouched_state_is_said_to_be_the_same(reviewed, capsys):
    call_command("refold")

    assert "4 events of 1 learners: the state is the same." in capsys.readouterr().out


def test_a_difference_is_found_then_mended(reviewed, capsys):
    Card.objects.update(difficulty=9.9)

    with pytest.raises(CommandError, match="1 cards differ"):
        call_command("refold", "--check")
    assert Card.objects.get().difficulty == 9.9
    call_command("refold", reviewed.email)
    assert "small/card:a mended" in capsys.readouterr().out
    assert Card.objects.get().difficulty != 9.9


def test_somebody_unknown_is_an_error(reviewed):
    with pytest.raises(CommandError, match="nobody@example.org"):
        call_command("refold", "nobody@example.org")
