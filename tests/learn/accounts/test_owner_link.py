"""The owner's first way in."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from learn.accounts import owner_link
from learn.accounts.models import OwnerLink, User
from learn.starting.home import write_state

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def path_of(link: str) -> str:
    return link.removeprefix("http://host:1")


def secret_of(link: str) -> str:
    return link.rstrip("/").rsplit("/", 1)[1]


def test_the_first_use_makes_the_owner_and_signs_in(client):
    link = owner_link.make("http://host:1", timezone.now())

    client.post(path_of(link))

    owner = User.objects.get()
    assert owner.is_superuser and owner.is_staff and owner.is_instructor and not owner.has_usable_password()
    assert client.get("/accounts/settings/").context["user"] == owner
    assert client.get("/admin/").status_code == 200


def test_looking_at_the_page_does_not_spend_the_link(client):
    link = owner_link.make("http://host:1", timezone.now())

    assert b"Sign in as the owner" in client.get(path_of(link)).content
    assert client.get(path_of(link)).status_code == 200
    assert not User.objects.exists()


def test_a_link_works_once(client):
    link = owner_link.make("http://host:1", timezone.now())
    client.post(path_of(link))
    client.logout()

    answer = client.post(path_of(link))

    assert answer.status_code == 410
    assert "_auth_user_id" not in client.session
    assert client.get(path_of(link)).status_code == 410


def test_a_link_is_too_old_after_a_day():
    secret = secret_of(owner_link.make("http://host:1", NOW))

    assert owner_link.is_good(secret, NOW + timedelta(hours=23))
    with pytest.raises(owner_link.NotGood):
        owner_link.use(secret, NOW + timedelta(hours=25))


def test_a_second_link_signs_the_same_owner_in():
    first = owner_link.use(secret_of(owner_link.make("http://host:1", NOW)), NOW)
    User.objects.create_superuser("second@example.org", "a long enough password")

    assert owner_link.use(secret_of(owner_link.make("http://host:1", NOW)), NOW) == first
    assert User.objects.count() == 2


def test_an_invented_secret_opens_nothing(client):
    assert client.post("/accounts/owner/invented/").status_code == 410
    assert not User.objects.exists()


def test_the_database_does_not_hold_the_secret():
    secret = secret_of(owner_link.make("http://host:1", NOW))

    assert secret not in OwnerLink.objects.get().digest


def test_making_a_link_clears_the_expired_ones_away():
    owner_link.make("http://host:1", NOW)
    owner_link.make("http://host:1", NOW + timedelta(days=2))

    assert OwnerLink.objects.count() == 1


def test_the_command_prints_the_link_alone(client):
    out = StringIO()
    call_command("owner_link", base_url="http://host:1/", stdout=out)

    link = out.getvalue().strip()
    assert link.startswith("http://host:1/accounts/owner/")
    assert client.get(path_of(link)).status_code == 200


def test_the_link_leads_to_the_port_where_the_site_runs(db, settings, tmp_path):
    settings.HOME = tmp_path
    write_state(tmp_path, {"url": "http://127.0.0.1:8123"})

    said = StringIO()
    call_command("owner_link", stdout=said)

    assert said.getvalue().startswith("http://127.0.0.1:8123/accounts/owner/")


def test_where_nothing_runs_the_link_leads_to_the_address_of_the_settings(db, settings, tmp_path):
    settings.HOME = tmp_path

    said = StringIO()
    call_command("owner_link", stdout=said)

    assert said.getvalue().startswith(f"{settings.BASE_URL}/accounts/owner/")
