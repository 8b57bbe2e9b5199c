"""The site behind a proxy that ends TLS, and without one: which headers it believes, and what it sends."""

from __future__ import annotations

import http.client
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.starting.alone import manage, serving

pytestmark = pytest.mark.slow

NAME = "learn.example.org"
HTTPS = {
    "ANNEAL_BASE_URL": f"https://{NAME}",
    "ANNEAL_SECRET_KEY": "only-for-this-test-" * 4,
    "ANNEAL_PLAIN_STATIC": "1",
}
SENT_BY_PROXY = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("proxy") / "home"
    home.mkdir()
    manage(home, "migrate", "--verbosity", "0")
    return home


@pytest.fixture(scope="module")
def behind(home) -> Iterator[int]:
    with serving(home, ANNEAL_BEHIND_PROXY="1", **HTTPS) as (_, said, port):
        assert said.ready, said.text
        yield port


def ask(port: int, path: str, headers: dict[str, str], **fields: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = urllib.parse.urlencode(fields) if fields else None
    form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    connection.request("POST" if fields else "GET", path, body, {**headers, **form})
    reply = connection.getresponse()
    reply.text = reply.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return reply


def test_plain_http_is_redirected_and_the_proxy_s_word_is_believed(behind):
    plain = ask(behind, "/", {"Host": NAME})
    assert (plain.status, plain.headers["Location"]) == (301, f"https://{NAME}/")

    secure = ask(behind, "/accounts/login/", SENT_BY_PROXY)
    assert secure.status == 200 and "max-age=31536000" in secure.headers["Strict-Transport-Security"]
    cookies = secure.headers.get_all("Set-Cookie")
    assert cookies and all("Secure" in cookie and "SameSite=Lax" in cookie for cookie in cookies)


def test_a_form_is_taken_from_our_own_pages_alone(behind):
    page = ask(behind, "/accounts/login/", SENT_BY_PROXY)
    cookie = re.search(r"csrftoken=[^;]+", page.headers["Set-Cookie"])[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    form = {"csrfmiddlewaretoken": token, "login": "nobody@example.org", "password": "not the password"}

    def status(**headers: str) -> int:
        return ask(behind, "/accounts/login/", {**SENT_BY_PROXY, "Cookie": cookie, **headers}, **form).status

    assert status(Origin=f"https://{NAME}") == 200  # the page again, with a sentence
    assert status(Origin="https://elsewhere.example.com") == 403
    assert status() == 403  # neither origin nor referrer


def test_a_host_that_is_not_ours_is_refused(behind):
    assert ask(behind, "/", {**SENT_BY_PROXY, "Host": "elsewhere.example.com"}).status == 400


def test_a_health_check_needs_no_tls(behind):
    assert ask(behind, "/healthz", {"Host": "127.0.0.1"}).status == 200


def test_without_a_proxy_its_headers_are_nobody_s_to_send(home):
    with serving(home, **HTTPS) as (_, said, port):
        assert said.ready, said.text
        assert ask(port, "/accounts/login/", SENT_BY_PROXY).status == 301
