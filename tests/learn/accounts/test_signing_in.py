"""Signing up, in and out by e-mail, in the learner's language and zone."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse

from learn.accounts.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def sign_up(client, **fields):
    return client.post("/accounts/signup/", {"email": "bob@example.org", "password1": PASSWORD, **fields})


def test_someone_signs_up_and_is_in_at_once(client):
    answer = sign_up(client, zone="Asia/Shanghai")

    user = User.objects.get(email="bob@example.org")
    assert answer.status_code == 302 and answer.url == "/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.zone == "Asia/Shanghai" and not user.is_staff and not user.is_instructor
    assert EmailAddress.objects.get(user=user).primary


def test_the_password_is_kept_by_argon2(client, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # without the quick one of the tests

    sign_up(client)

    assert User.objects.get().password.startswith("argon2$")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_not_kept(client, zone):
    sign_up(client, zone=zone)

    assert User.objects.get().zone == ""


def test_who_signs_up_in_chinese_keeps_chinese(client):
    client.cookies["django_language"] = "zh-hans"
    sign_up(client)

    assert User.objects.get().language == "zh-hans"


def test_a_short_password_is_refused_with_a_sentence(client):
    answer = sign_up(client, password1="short")

    assert not User.objects.exists()
    assert b"at least 8 characters" in answer.content


def test_an_address_is_taken_once_whatever_its_case(client):
    sign_up(client)
    client.logout()
    sign_up(client, email="BOB@example.org")

    assert User.objects.count() == 1


def test_signing_in_with_the_e_mail(client, learner):
    answer = client.post("/accounts/login/?next=/exercises/", {"login": "ada@example.org", "password": PASSWORD})

    assert answer.status_code == 302 and answer.url == "/exercises/"


def test_a_wrong_password_does_not_say_which_of_the_two_is_wrong(client, learner):
    wrong = client.post("/accounts/login/", {"login": "ada@example.org", "password": "not the right one"})
    nobody = client.post("/accounts/login/", {"login": "nobody@example.org", "password": "not the right one"})

    assert wrong.context["form"].errors == nobody.context["form"].errors
    assert "_auth_user_id" not in client.session


def test_guessing_ends_after_a_few_tries(client, learner):
    for _ in range(12):
        client.post("/accounts/login/", {"login": "ada@example.org", "password": "not the right one"})

    client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_form_that_was_sent(signed_in):
    signed_in.get("/accounts/logout/")
    assert "_auth_user_id" in signed_in.session

    signed_in.post("/accounts/logout/")
    assert "_auth_user_id" not in signed_in.session


def test_a_closed_site_takes_no_new_accounts(client, settings):
    settings.SIGNUP_IS_OPEN = False

    answer = sign_up(client)

    assert not User.objects.exists()
    assert b"takes no new accounts" in answer.content


def test_a_forgotten_password_is_replaced_by_mail(client, learner, settings):
    settings.EMAIL_URL = "smtp://mail.example.org"
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/accounts/password/reset/key/" in word)
    form = client.get(link.removeprefix("http://testserver"), follow=True)
    new = {"password1": "another long password", "password2": "another long password"}

    client.post(form.redirect_chain[-1][0], new)

    learner.refresh_from_db()
    assert learner.check_password("another long password")


def test_without_a_mail_server_the_page_says_whom_to_ask(client):
    assert b"no mail server" in client.get("/accounts/password/reset/").content


def test_staff_sign_in_to_the_administration_by_the_same_page(client, learner):
    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_learner_is_kept_out_of_the_administration(signed_in):
    assert signed_in.get("/admin/").status_code in (302, 403)
    assert signed_in.get("/admin/accounts/user/").status_code in (302, 403)


def test_staff_may_look_people_up(client, learner):
    client.force_login(User.objects.create_superuser("owner@example.org", PASSWORD))

    assert b"ada@example.org" in client.get("/admin/accounts/user/?q=ada").content
    assert client.get(f"/admin/accounts/user/{learner.pk}/change/").status_code == 200
    assert client.get("/admin/accounts/user/add/").status_code == 200


ENTRANCES = ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"]
INSIDE = [
    "account_logout",
    "account_change_password",
    "account_email",
    "account_reauthenticate",
    "mfa_index",
    "accounts:settings",
    "accounts:change_email",
    "accounts:delete",
]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ENTRANCES)
def test_every_entrance_has_our_page(client, name, language):
    client.cookies["django_language"] = language
    answer = client.get(reverse(name))

    assert answer.status_code == 200
    assert b'class="site-header"' in answer.content


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", INSIDE)
def test_every_page_of_the_account_is_ours(signed_in, learner, name, language):
    learner.language = language
    learner.save()
    answer = signed_in.get(reverse(name))

    assert answer.status_code == 200
    assert b'class="site-header"' in answer.content
