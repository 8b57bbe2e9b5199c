"""The reminder: at the learner's hour, once a day, only when something is due, ended by one press."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from learn.reviews.digesting import send_due, token
from learn.reviews.fold import What
from learn.reviews.models import Plan
from learn.reviews.reviewing import review

EIGHT_IN_BERLIN = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)


@pytest.fixture
def subscribed(learner, begun):
    learner.zone = "Europe/Berlin"
    learner.save()
    review(learner, "small/card:vectors-0", 3, EIGHT_IN_BERLIN - timedelta(days=30), kind=What.MANUAL)
    return Plan.objects.create(learner=learner, digest=True, digest_hour=8)


def test_it_comes_at_the_learners_hour_and_once(subscribed, mailoutbox):
    assert send_due(EIGHT_IN_BERLIN - timedelta(minutes=30)) == 0
    assert send_due(EIGHT_IN_BERLIN) == 1
    assert send_due(EIGHT_IN_BERLIN + timedelta(minutes=15)) == 0
    assert send_due(EIGHT_IN_BERLIN + timedelta(days=1)) == 1
    assert "for today" in mailoutbox[0].subject and "/reviews/" in mailoutbox[0].body


def test_an_hour_of_the_night_belongs_to_the_day_of_study_before_it(subscribed, mailoutbox):
    Plan.objects.update(digest_hour=2)
    two = EIGHT_IN_BERLIN - timedelta(hours=6)

    sent = [send_due(two + timedelta(minutes=30 * half)) for half in range(96)]  # two days from two in the night

    assert sum(sent) == 2 and sent[0] == sent[48] == 1


def test_nobody_is_written_to_unasked(subscribed, mailoutbox):
    Plan.objects.update(digest=False)

    assert send_due(EIGHT_IN_BERLIN) == 0 and mailoutbox == []


def test_nothing_due_is_no_e_mail(subscribed, learner):
    learner.cards.update(due_on="2027-01-01")

    assert send_due(EIGHT_IN_BERLIN) == 0


def test_who_is_away_is_left_alone(subscribed):
    Plan.objects.update(away_from="2026-03-01", away_until="2026-04-01")

    assert send_due(EIGHT_IN_BERLIN) == 0


def test_it_speaks_the_learners_language(subscribed, learner, mailoutbox):
    learner.language = "zh-hans"
    learner.save()
    send_due(EIGHT_IN_BERLIN)

    assert "复习" in mailoutbox[0].subject and "退订" in mailoutbox[0].body


def test_one_press_ends_it_without_signing_in(client, subscribed, mailoutbox):
    send_due(EIGHT_IN_BERLIN)
    message = mailoutbox[0]
    address = re.search(r"<https?://[^/]+(/[^>]+)>", message.extra_headers["List-Unsubscribe"])[1]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.body

    assert client.get(address).status_code == 200
    assert Plan.objects.get().digest  # a mail program that looks ahead ends nothing
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Plan.objects.get().digest


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "9" + text, lambda text: "x"])
def test_a_made_up_link_ends_nothing(client, subscribed, change):
    address = reverse("reviews:unsubscribe", args=[change(token(subscribed))])

    assert client.post(address).status_code == 404
    assert Plan.objects.get().digest


def test_one_mailbox_that_fails_keeps_no_other_waiting(subscribed, django_user_model, mailoutbox, monkeypatch, course):
    other = django_user_model.objects.create_user("grace@example.org", "another long password")
    review(other, "small/card:vectors-0", 3, EIGHT_IN_BERLIN - timedelta(days=30), kind=What.MANUAL)
    Plan.objects.create(learner=other, digest=True, digest_hour=5)
    subscribed.learner.email = "broken\n@example.org"  # no header may hold this
    subscribed.learner.save()

    assert send_due(EIGHT_IN_BERLIN) == 1
    assert mailoutbox[0].to == ["grace@example.org"]
