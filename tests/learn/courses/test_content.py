"""The plain data of a course, there and back."""

import json
from pathlib import Path

from learn.authoring.reader import read_course
from learn.courses import content
from learn.courses.content import Course

SMALL = Path(__file__).parents[1] / "authoring" / "course_fixture" / "courses" / "small"


def test_a_course_survives_being_kept_as_json():
    course = read_course(SMALL).course

    assert Course.from_dict(json.loads(json.dumps(course.to_dict()))) == course


def test_a_field_of_a_later_version_is_passed_over():
    course = read_course(SMALL).course
    data = course.to_dict() | {"invented": 1}

    assert Course.from_dict(data) == course


def test_a_missing_translation_falls_back_and_is_known_to_be_missing():
    words = {"en": "Doubling"}

    assert content.text(words, "zh-hans") == "Doubling"
    assert content.is_missing(words, "zh-hans")
    assert not content.is_missing(words, "en")
    assert not content.is_missing({}, "zh-hans")


def test_topics_questions_and_items_are_found_by_key():
    course = read_course(SMALL).course

    assert list(course.topics) == ["doubling", "halving", "tripling"]
    assert list(course.lessons) == ["doubling", "halving"]
    assert course.module_of["tripling"].key == "further"
    assert course.exercises == ("double",)
    assert course.lesson_of["small/thousand"].key == "doubling"
    assert course.lesson_of["small/card:ten-doublings"].key == "doubling"
    assert course.lesson_of["small/exercise:double"].key == "doubling"
