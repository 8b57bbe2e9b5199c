"""What a person may change, take along and delete."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from learn.accounts.middleware import learners_language_and_zone
from learn.accounts.models import User

PASSWORD = "a long enough password"
SETTINGS = {"name": "Ada Lovelace", "language": "zh-hans", "zone": "Asia/Shanghai", "rollover_hour": "6"}


def test_settings_are_kept(signed_in, learner):
    signed_in.post("/accounts/settings/", SETTINGS)

    learner.refresh_from_db()
    assert (learner.name, learner.language, learner.zone, learner.rollover_hour) == (
        "Ada Lovelace",
        "zh-hans",
        "Asia/Shanghai",
        6,
    )


@pytest.mark.parametrize("wrong", [{"zone": "Mars/Olympus"}, {"rollover_hour": "24"}, {"language": "tlh"}])
def test_what_does_not_exist_cannot_be_chosen(signed_in, learner, wrong):
    answer = signed_in.post("/accounts/settings/", {**SETTINGS, **wrong})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == wrong.keys()


def test_an_unusual_zone_survives_a_visit_to_the_settings(signed_in, learner):
    learner.zone = "US/Pacific"
    learner.save()

    signed_in.post("/accounts/settings/", {**SETTINGS, "zone": "US/Pacific"})

    learner.refresh_from_db()
    assert learner.zone == "US/Pacific"


def test_the_browser_names_the_zone_once(signed_in, learner):
    learner.zone = ""
    learner.save()

    assert signed_in.post("/accounts/zone/", {"zone": "Europe/Paris"}).status_code == 204
    signed_in.post("/accounts/zone/", {"zone": "Asia/Tokyo"})

    learner.refresh_from_db()
    assert learner.zone == "Europe/Paris"


def test_a_zone_that_does_not_exist_is_refused(signed_in):
    assert signed_in.post("/accounts/zone/", {"zone": "Nowhere"}).status_code == 400


def test_the_switch_keeps_the_page_and_the_learners_language(signed_in, learner):
    answer = signed_in.post("/i18n/setlang", {"language": "zh-hans", "next": "/accounts/settings/?a=1"})

    learner.refresh_from_db()
    assert answer.url == "/accounts/settings/?a=1"
    assert learner.language == "zh-hans"
    assert '<html lang="zh-hans">' in signed_in.get("/accounts/settings/").content.decode()


def test_the_switch_does_not_lead_away_from_the_site(signed_in):
    answer = signed_in.post("/i18n/setlang", {"language": "zh-hans", "next": "https://elsewhere.example/"})

    assert answer.url == "/"


def test_a_learners_own_language_goes_before_the_browsers(signed_in, learner):
    learner.language = "en"
    learner.save()

    page = signed_in.get("/accounts/settings/", headers={"accept-language": "zh-CN"}).content.decode()

    assert '<html lang="en">' in page


def test_the_e_mail_changes_with_the_password_alone(signed_in, learner):
    signed_in.post("/accounts/settings/email/", {"email": "new@example.org", "password": "wrong"})
    learner.refresh_from_db()
    assert learner.email == "ada@example.org"

    signed_in.post("/accounts/settings/email/", {"email": "new@example.org", "password": PASSWORD})
    learner.refresh_from_db()
    assert learner.email == "new@example.org"
    assert EmailAddress.objects.get(user=learner).email == "new@example.org"


def test_an_address_of_someone_else_cannot_be_taken(signed_in, learner):
    User.objects.create_user("bob@example.org", PASSWORD)

    answer = signed_in.post("/accounts/settings/email/", {"email": "Bob@example.org", "password": PASSWORD})

    assert answer.status_code == 422


def test_with_a_mail_server_an_address_is_confirmed_first(signed_in, settings):
    settings.EMAIL_URL = "smtp://mail.example.org"

    assert signed_in.get("/accounts/settings/email/").url == "/accounts/email/"


def test_what_is_yours_comes_in_one_file_without_secrets(signed_in, learner):
    EmailAddress.objects.create(user=learner, email=learner.email, primary=True, verified=True)

    answer = signed_in.get("/accounts/settings/export/")

    everything = json.loads(answer.content)
    [me] = everything["accounts.user"]
    assert me["email"] == "ada@example.org" and me["name"] == "Ada"
    assert everything["account.emailaddress"][0]["email"] == "ada@example.org"
    assert "password" not in me
    assert "attachment" in answer["Content-Disposition"]


def test_nobody_elses_things_are_in_the_file(signed_in):
    User.objects.create_user("bob@example.org", PASSWORD)

    assert b"bob@example.org" not in signed_in.get("/accounts/settings/export/").content


def test_deleting_needs_a_tick_and_the_password(signed_in, learner):
    signed_in.post("/accounts/settings/delete/", {"password": PASSWORD})
    signed_in.post("/accounts/settings/delete/", {"sure": "on", "password": "wrong"})
    assert User.objects.filter(pk=learner.pk).exists()

    signed_in.post("/accounts/settings/delete/", {"sure": "on", "password": PASSWORD})
    assert not User.objects.exists()
    assert "_auth_user_id" not in signed_in.session


def test_the_last_owner_cannot_leave(client, db):
    owner = User.objects.create_superuser("owner@example.org", PASSWORD)
    client.force_login(owner)
    sure = {"sure": "on", "password": PASSWORD}

    assert client.post("/accounts/settings/delete/", sure).status_code == 422
    assert User.objects.filter(pk=owner.pk).exists()

    User.objects.create_superuser("second@example.org", PASSWORD)
    client.post("/accounts/settings/delete/", sure)
    assert not User.objects.filter(pk=owner.pk).exists()


def test_an_owner_without_a_password_is_not_asked_for_one(client, db):
    owner = User.objects.create_superuser("owner@localhost")
    client.force_login(owner)

    answer = client.post("/accounts/settings/email/", {"email": "grace@example.org"})

    owner.refresh_from_db()
    assert answer.status_code == 302 and owner.email == "grace@example.org"


def test_a_request_is_answered_in_the_learners_zone(signed_in, learner):
    learner.zone = "Asia/Shanghai"
    seen = []
    request = signed_in.get("/accounts/settings/").wsgi_request
    request.user = learner

    learners_language_and_zone(lambda request: seen.append(timezone.get_current_timezone_name()))(request)

    assert seen == ["Asia/Shanghai"]
    assert timezone.get_current_timezone_name() == "UTC"
