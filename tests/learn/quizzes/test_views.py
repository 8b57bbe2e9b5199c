"""A question in the browser: with htmx and without, right, wrong, unreadable, twice, by others."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.quizzes import presenting
from learn.quizzes.models import Attempt
from learn.reviews import days

pytestmark = pytest.mark.usefixtures("edition")
HTMX = {"HTTP_HX_REQUEST": "true"}


def url(key: str) -> str:
    return f"/questions/small/{key}/"


@pytest.fixture
def send(signed_in):
    """Ask, answer with these fields, and get the page or, with htmx, the fragment."""

    def post(key, htmx=True, **fields):
        headers = HTMX if htmx else {}
        page = signed_in.get(url(key), **headers).content.decode()
        token = re.search(r'name="asked" value="([^"]+)"', page)[1]
        return signed_in.post(url(key), {"asked": token, **fields}, **headers)

    return post


def words(response) -> str:
    """What a reader reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_who_is_not_signed_in_is_asked_to(client):
    assert client.get(url("thousand")).status_code == 302


@pytest.mark.parametrize("path", ["/questions/small/nobody/", "/questions/nothing/thousand/"])
def test_a_question_that_is_not_there_is_not_found(signed_in, path):
    assert signed_in.get(path).status_code == 404


def test_the_question_alone_does_not_tell_what_is_right(signed_in):
    page = signed_in.get(url("thousand")).content.decode()

    assert "How many doublings" in page
    assert page.count('type="radio"') == 3
    assert "Yes: 1024" not in page
    assert "adding" not in page


def test_a_right_choice_is_marked_and_every_option_explained(send):
    response = send("thousand", choice="ten")

    said = words(response)
    assert response.status_code == 200
    assert response.content.decode().lstrip().startswith("<section")
    assert "Right." in said
    assert "Ten your answer, right Yes: 1024." in said
    assert "That would be adding two each time." in said
    assert "You will be asked again in 2 days." in said


def test_a_wrong_choice_says_which_would_have_been_right(send):
    said = words(send("thousand", choice="three"))

    assert "Not right." in said
    assert "Three your answer, not right Three make only" in said
    assert "Ten right" in said
    assert "You will be asked again in 10 minutes." in said


def test_without_javascript_the_answer_is_a_page_with_the_way_back(send):
    response = send("thousand", htmx=False, choice="ten")

    page = response.content.decode()
    assert "<!doctype html>" in page
    assert "Right." in page
    assert 'href="/small/doubling/#question-thousand"' in page


def test_nothing_chosen_is_said_and_not_counted(send):
    response = send("thousand")

    assert response.status_code == 422
    assert "Choose one of the options first." in words(response)
    assert not Attempt.objects.exists()


def test_what_could_not_be_read_is_still_in_the_field_and_the_numbers_are_the_same(signed_in):
    page = signed_in.get(url("bytes"), **HTMX).content.decode()
    token, asked = re.search(r'name="asked" value="([^"]+)"', page)[1], re.search(r"A model has .*?\?", page)[0]

    response = signed_in.post(url("bytes"), {"asked": token, "number": "0,5 <b>"}, **HTMX)

    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="0,5 &lt;b&gt;"' in page
    assert 'aria-invalid="true"' in page
    assert asked in page
    assert "cannot be read as a number" in words(response)


def test_a_number_is_marked_by_the_numbers_that_were_asked(signed_in):
    page = signed_in.get(url("bytes"), **HTMX).content.decode()
    n, bits = re.search(r"A model has (\d+) billion parameters of (\d+) bits", page).groups()
    token = re.search(r'name="asked" value="([^"]+)"', page)[1]

    said = words(signed_in.post(url("bytes"), {"asked": token, "number": f"{int(n) * int(bits) // 8} GB"}, **HTMX))

    assert "Right." in said
    assert f"the double of it is {int(n) * int(bits) // 4} GB" in said


def test_a_known_wrong_number_gets_its_own_explanation(signed_in):
    page = signed_in.get(url("bytes"), **HTMX).content.decode()
    n, bits = re.search(r"A model has (\d+) billion parameters of (\d+) bits", page).groups()
    token = re.search(r'name="asked" value="([^"]+)"', page)[1]

    said = words(signed_in.post(url("bytes"), {"asked": token, "number": str(int(n) * int(bits))}, **HTMX))

    assert "These are gigabits: divide by 8." in said
    assert f"Right answer {int(n) * int(bits) // 8} GB" in said


def test_an_order_is_given_by_positions(send):
    said = words(send("steps", **{f"position-{i}": str(4 - i) for i in range(4)}))

    assert "Exactly the wrong way round." in said
    assert "1. two you had it at 4" in said


def test_words_and_printed_lines_are_marked(send):
    assert "Right." in words(send("name", text="Halving"))
    assert "Right answer 6 12" in words(send("prints", text="12 6"))


def test_sent_twice_it_is_one_answer_and_the_first(signed_in):
    page = signed_in.get(url("thousand"), **HTMX).content.decode()
    token = re.search(r'name="asked" value="([^"]+)"', page)[1]
    signed_in.post(url("thousand"), {"asked": token, "choice": "three"}, **HTMX)

    again = signed_in.post(url("thousand"), {"asked": token, "choice": "ten"}, **HTMX)

    assert Attempt.objects.count() == 1
    assert "Not right." in words(again)


@pytest.mark.parametrize("token", ["", "forged", "0123456789abcdef:forged"])
def test_numbers_that_we_did_not_ask_are_not_marked(signed_in, token):
    response = signed_in.post(url("bytes"), {"asked": token, "number": "1"}, **HTMX)

    assert response.status_code == 409
    assert "here it is again" in words(response)
    assert not Attempt.objects.exists()


def test_another_learners_token_is_not_ours(signed_in, client, learner):
    from learn.accounts.models import User

    page = signed_in.get(url("thousand"), **HTMX).content.decode()
    token = re.search(r'name="asked" value="([^"]+)"', page)[1]
    client.force_login(User.objects.create_user("eve@example.org", "another long password"))

    assert client.post(url("thousand"), {"asked": token, "choice": "ten"}, **HTMX).status_code == 409


@pytest.mark.parametrize(
    ("seconds", "kept"), [("4.2", 4200), ("", None), ("x", None), ("-1", None), ("1e9", None), ("nan", None)]
)
def test_how_long_it_took_is_kept_when_it_makes_sense(send, seconds, kept):
    send("thousand", choice="ten", seconds=seconds)

    assert Attempt.objects.get().duration_ms == kept


def test_an_answer_that_waited_for_a_connection_counts_when_it_was_given(send):
    now = days.to_ms(timezone.now())
    send("thousand", choice="ten", at=now - 26 * 3_600_000, sent=now)

    assert days.to_ms(Attempt.objects.get().at) == pytest.approx(now - 26 * 3_600_000, abs=5000)


@pytest.mark.parametrize("at", ["", "-1", "9" * 400, "tomorrow", "²"])
def test_an_impossible_moment_of_an_answer_is_now(send, at):
    send("thousand", choice="ten", at=at, sent="0")

    assert days.to_ms(Attempt.objects.get().at) == pytest.approx(days.to_ms(timezone.now()), abs=5000)


def test_an_earlier_answer_is_shown_as_it_was_asked(signed_in, send, learner, django_user_model, client):
    first = words(send("thousand", choice="three"))
    attempt = Attempt.objects.get()
    for _ in range(3):
        send("thousand", choice="ten")

    again = signed_in.get(url("thousand"), {"attempt": attempt.pk}, **HTMX)
    assert words(again).split("Once more")[0] == first.split("Once more")[0]
    assert signed_in.get(url("thousand"), {"attempt": 10**30}).status_code == 404

    client.force_login(django_user_model.objects.create_user("grace@example.org", "another long password"))
    assert client.get(url("thousand"), {"attempt": attempt.pk}).status_code == 404


def test_in_chinese_the_question_and_all_that_is_said_are_chinese(send, client):
    client.cookies["django_language"] = "zh-hans"
    said = words(send("thousand", choice="three"))

    assert "加倍多少次约等于一千倍" in said
    assert "三次 你的答案，不对 三次只有" in said
    assert "不对。" in said
    assert "10 分钟后会再问你" in said


def test_a_lesson_shows_todays_answers_marked_in_a_fixed_number_of_queries(send, learner, edition):
    send("thousand", choice="ten")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        shown = presenting.of_lesson(learner, edition, "doubling", "en", timezone.now())
        assert shown["thousand"].mark.right
        assert shown["powers"].mark is None
        assert shown["thousand"].return_in_words == "You will be asked again in 2 days."

    assert len(shown) == 6
    assert len(queries) == 3


def test_an_answer_to_an_older_edition_is_not_shown_as_one_to_this(send, learner, edition):
    send("thousand", choice="ten")
    Attempt.objects.update(edition=edition.number + 1)

    shown = presenting.of_lesson(learner, edition, "doubling", "en", timezone.now())["thousand"]

    assert shown.mark is None
    assert shown.before.right
