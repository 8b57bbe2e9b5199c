"""The site as a whole: what deployment asks, what a page may load, what happens when something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {"ANNEAL_BASE_URL": "https://learn.example.org", "ANNEAL_DEBUG": ""}


def manage(*words: str, home: Path, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**inherited, "ANNEAL_HOME": str(home), **environment},
        capture_output=True,
        text=True,
    )


def test_djangos_deployment_check_has_nothing_to_say(tmp_path):
    (tmp_path / "static").mkdir()

    ran = manage("check", "--deploy", "--fail-level", "WARNING", home=tmp_path, **PRODUCTION)

    assert ran.returncode == 0, ran.stderr
    assert "no issues" in ran.stdout


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    manage("check", home=tmp_path / "new")
    key = tmp_path / "new" / "secret.key"
    first = key.read_text()

    manage("check", home=tmp_path / "new")

    assert key.read_text() == first and len(first) >= 64
    assert key.stat().st_mode & 0o777 == 0o600


def test_no_migration_is_missing(tmp_path):
    ran = manage("makemigrations", "--check", "--dry-run", home=tmp_path)

    assert ran.returncode == 0, ran.stdout


def test_the_process_lives_without_database_or_session(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200 and answer.content == b"ok\n"


@pytest.mark.django_db
def test_ready_means_that_the_database_answers(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert b"database: ok" in answer.content and b"broker: no answer" in answer.content


@pytest.mark.django_db
def test_without_a_database_the_site_is_not_ready(client, monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("django.db.migrations.recorder.MigrationRecorder.applied_migrations", gone)

    answer = client.get("/readyz")

    assert answer.status_code == 503 and b"database: no answer" in answer.content


@pytest.mark.django_db
def test_a_page_may_load_from_the_site_alone(client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy and "http" not in policy


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "sentence"), [("en", "There is nothing here"), ("zh-hans", "这里什么也没有")])
def test_a_missing_page_is_told_in_the_readers_language(client, language, sentence):
    client.cookies["django_language"] = language

    answer = client.get("/no-such/page/at-all/")

    assert answer.status_code == 404 and sentence in answer.content.decode()


def test_a_fault_of_ours_needs_neither_database_nor_session(client, monkeypatch):
    def breaks(request):
        raise RuntimeError("a fault")

    monkeypatch.setattr("learn.pages.healthz.__code__", breaks.__code__)
    client.raise_request_exception = False

    answer = client.get("/healthz")

    assert answer.status_code == 500 and "Something broke" in answer.content.decode()


def test_cookies_are_for_https_where_the_address_is(tmp_path):
    script = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"

    secure = manage("shell", "-v0", "-c", script, home=tmp_path, **PRODUCTION)
    local = manage("shell", "-v0", "-c", script, home=tmp_path, ANNEAL_BASE_URL="http://127.0.0.1:8000")

    assert secure.stdout.split() == ["True", "True"] and local.stdout.split() == ["False", "False"]
