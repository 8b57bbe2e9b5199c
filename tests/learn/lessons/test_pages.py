"""The front page, the roadmap and a lesson, as they are asked for."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learn.courses import library
from learn.lessons import finishing
from learn.lessons.models import Enrolment, Finished

from .conftest import Module, course_of, publish, topic, words

# Session, user, edition, standing, the day's queue, the header's count: whatever the size of the course.
ROADMAP_QUERIES = 25


def html(answer) -> str:
    return answer.content.decode()


def test_a_visitor_sees_what_this_is_and_the_map(client, course):
    page = html(client.get("/"))

    assert "Learn large language models by writing them." in page
    assert 'href="/accounts/signup/"' in page
    assert page.count('data-stop="') == 6


def test_a_visitor_is_not_offered_an_account_where_none_are_made(client, course, settings):
    settings.SIGNUP_IS_OPEN = False

    assert 'href="/accounts/signup/"' not in html(client.get("/"))


def test_without_a_published_course_the_page_says_what_to_do(client, learner, settings):
    settings.COURSE = "nothing"
    assert "No course is open yet" in html(client.get("/"))

    learner.is_staff = True
    learner.save()
    client.force_login(learner)
    assert "manage.py course publish" in html(client.get("/"))


def test_a_learner_sees_the_map_with_themselves_on_it(signed_in, course):
    page = html(signed_in.get("/"))

    here = re.search(r'<a href="([^"]+)" class="stop ready here"', page)
    assert here and here[1] == "/small/vectors/"
    assert "Begin" in page and page.count('aria-current="step"') == 2  # on the map and in the list


def test_every_station_says_in_words_what_its_colours_say(signed_in, learner, course, edition, answer):
    now = timezone.now()
    answer("vectors-q0", now=now)
    finishing.finish(learner, edition, "vectors", now)

    label = re.search(r'data-stop="vectors".*?aria-label="([^"]+)"', html(signed_in.get("/small/")))[1]

    assert label == "Vectors. Finished. Remembered: 100 %"


def test_an_unwritten_station_is_no_link(signed_in, course):
    page = html(signed_in.get("/small/"))

    assert re.search(r'<g class="stop coming"[^>]*data-stop="rnn"', page)
    assert 'href="/small/rnn/"' not in page


def test_an_unwritten_lesson_says_so(signed_in, course):
    answer = signed_in.get("/small/rnn/")

    assert answer.status_code == 404 and "not written yet" in html(answer)
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("path", ["/nothing/", "/nothing/vectors/", "/small/nothing/"])
def test_what_is_nowhere_is_not_found(signed_in, course, path):
    assert signed_in.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/small/", "/small/vectors/"])
def test_a_visitor_signs_in_first_and_comes_back(client, course, path):
    answer = client.get(path)

    assert answer.status_code == 302 and answer.url == f"/accounts/login/?next={path}"


def test_a_lesson_has_its_text_its_questions_and_its_exercises(signed_in, course):
    page = html(signed_in.get("/small/attention/"))

    assert "The text of attention." in page
    assert page.count('class="question"') == 2
    assert 'href="/exercises/scaled/"' in page and "not tried yet" in page
    assert 'href="#what-attention-is"' in page


def test_a_lesson_in_chinese_is_in_chinese(signed_in, learner, course):
    learner.language = "zh-hans"
    learner.save()

    page = html(signed_in.get("/small/attention/"))

    assert "attention 的正文。" in page and "本页内容" in page
    assert "On this page" not in page


def test_reading_ahead_is_told_and_allowed(signed_in, course):
    page = html(signed_in.get("/small/attention/"))

    assert "It builds on lessons you have not finished:" in page
    assert 'href="/small/calculus/"' in page


def test_the_roadmap_leads_back_to_the_lesson_opened_last(signed_in, course):
    signed_in.get("/small/attention/")

    page = html(signed_in.get("/"))

    assert "Continue" in page
    assert re.search(r'<a href="/small/attention/" class="stop ahead here"', page)


def test_finishing_leads_on(signed_in, learner, course):
    answer = signed_in.post("/small/vectors/finish/", follow=True)

    page = html(answer)
    assert Finished.objects.get().topic == "vectors"
    assert "asked again before you forget it" in page
    assert re.search(r'class="lesson-next">.*?href="/small/calculus/"', page, re.DOTALL)


def test_looking_at_the_address_finishes_nothing(signed_in, course):
    assert signed_in.get("/small/vectors/finish/").status_code == 405
    assert not Finished.objects.exists()


def test_when_all_is_done_the_lesson_is_finished_by_itself(signed_in, learner, course, answer, pass_exercise):
    now = timezone.now()
    answer("attention-q0", now=now)
    answer("attention-q1", now=now)
    signed_in.get("/small/attention/")
    assert not Finished.objects.exists()

    pass_exercise(now=now)
    page = html(signed_in.get("/small/attention/"))

    assert Finished.objects.get().topic == "attention"
    assert "✓ passed" in page


def test_the_header_counts_what_is_due(signed_in, learner, course, answer):
    assert 'class="badge"' not in html(signed_in.get("/small/"))

    answer("vectors-q0", now=timezone.now() - timedelta(days=100))

    assert re.search(r'class="badge"[^>]*>1<', html(signed_in.get("/small/")))
    assert "1 item to recall" in html(signed_in.get("/small/"))


def test_the_roadmap_asks_the_database_as_often_for_a_large_course(signed_in, learner, course, edition):
    finishing.finish(learner, edition, "vectors", timezone.now())
    small = queries_of(signed_in, "/small/")

    topics = [tuple(topic(f"t{n}-{i}") for i in range(4)) for n in range(15)]
    publish(course_of(*(Module(f"m{n}", n, words(f"M{n}"), "base", topics=some) for n, some in enumerate(topics))))
    for key in ("t0-0", "t0-1", "t1-0", "t2-3"):
        finishing.finish(learner, library.live("small"), key, timezone.now())
    large = queries_of(signed_in, "/small/")

    assert len(large) == len(small) <= ROADMAP_QUERIES, [query["sql"] for query in large]


def queries_of(client, path):
    client.get(path)  # the edition is read once in each process
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return asked.captured_queries
