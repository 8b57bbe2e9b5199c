"""The geometry of the map: of the real course, and of odd ones."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from learn.authoring.reader import read_course
from learn.lessons import breaking, plan

from .conftest import Module, course_of, small_course, topic, words

ROADMAP = Path(__file__).resolve().parents[3] / "courses" / "llm-roadmap"


@pytest.fixture(scope="module")
def roadmap():
    return read_course(ROADMAP).course


def stations(drawn: plan.Plan) -> list[plan.Station]:
    return [s for track in drawn.tracks for district in track.districts for s in district.stations]


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_every_topic_of_the_roadmap_is_one_station(roadmap, locale):
    keys = [station.key for station in stations(plan.plan(roadmap, locale))]

    assert len(keys) == 72 and set(keys) == set(roadmap.topics)


def test_the_roadmap_has_three_lines_and_nineteen_districts(roadmap):
    drawn = plan.plan(roadmap, "en")

    assert [track.key for track in drawn.tracks] == ["foundations", "scientist", "engineer"]
    assert sum(len(track.districts) for track in drawn.tracks) == 19


def test_no_two_stations_lie_on_each_other(roadmap):
    for a, b in combinations(stations(plan.plan(roadmap, "en")), 2):
        assert abs(a.x - b.x) >= plan.PITCH or abs(a.y - b.y) >= plan.ROW


def test_every_station_lies_within_the_picture(roadmap):
    drawn = plan.plan(roadmap, "en")

    for station in stations(drawn):
        assert 0 < station.x < drawn.width and 0 < station.y < drawn.height


def test_every_station_lies_on_its_track(roadmap):
    for track in plan.plan(roadmap, "en").tracks:
        for district in track.districts:
            for station in district.stations:
                assert on_path(track.path, station.x, station.y), station.key


def test_the_branches_leave_where_the_trunk_ends(roadmap):
    trunk, *branches = plan.plan(roadmap, "en").tracks
    x, y = trunk.end

    for branch in branches:
        start_x, start_y = map(float, re.match(r"M([\d.]+) ([\d.]+)", branch.path).groups())
        assert start_x == x and 0 < abs(start_y - y) <= 2 * plan.PARALLEL


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_names_fit_their_place(roadmap, locale):
    drawn = plan.plan(roadmap, locale)

    assert all(len(station.name) <= 3 for station in stations(drawn))
    assert all(breaking.width(line) <= plan.STATION_NAME for station in stations(drawn) for line in station.name)
    assert all(len(district.name) <= 2 for track in drawn.tracks for district in track.districts)


def test_rows_are_as_few_and_as_even_as_can_be():
    modules = [
        Module(f"m{n}", n, words("M"), "base", topics=tuple(topic(f"t{n}-{i}") for i in range(5))) for n in range(6)
    ]

    rows = plan.split(modules)

    assert [len(row) for row in rows] == [3, 3]
    assert max(map(plan.extent, rows)) <= plan.ROOM


def test_a_district_too_wide_for_any_row_has_one_of_its_own():
    wide = Module("wide", 1, words("Wide"), "base", topics=tuple(topic(f"t{n}") for n in range(30)))
    narrow = Module("narrow", 2, words("Narrow"), "base", topics=(topic("t"),))

    assert plan.split([wide, narrow]) == ((wide,), (narrow,))


def test_a_trunk_of_two_rows_ends_on_the_left_and_branches_leave_there():
    many = [
        Module(f"m{n}", n, words("M"), "base", topics=tuple(topic(f"t{n}-{i}") for i in range(5))) for n in range(6)
    ]
    course = course_of(*many, Module("side", 21, words("Side"), "left", topics=(topic("s"),)))

    trunk, branch = plan.plan(course, "en").tracks

    assert trunk.end[0] == plan.LEFT
    assert branch.districts[0].stations[0].x == plan.LEFT


def test_a_course_without_modules_is_an_empty_picture():
    assert plan.plan(course_of(), "en") == plan.Plan(0, 0, ())


def test_a_course_of_one_line_needs_no_branch():
    course = course_of(small_course().modules[0])

    assert len(plan.plan(course, "en").tracks) == 1


@pytest.mark.parametrize(
    ("text", "longest", "lines"),
    [
        ("Calculus", 20, ("Calculus",)),
        ("Training and optimisation", 20, ("Training and", "optimisation")),
        ("Natural language processing", 20, ("Natural language", "processing")),
        ("Incomprehensibilities", 10, ("Incomprehensibilities",)),
        ("大语言模型科学家", 10, ("大语言模", "型科学家")),
        ("数值格式、absmax 与零点量化", 20, ("数值格式、absmax", "与零点量化")),
        ("", 10, ()),
    ],
)
def test_names_break_into_even_lines(text, longest, lines):
    assert breaking.lines(text, longest) == lines


def test_a_name_may_rather_fill_its_first_line():
    assert breaking.lines("大语言模型科学家", 10, even=False) == ("大语言模型", "科学家")


def test_punctuation_never_begins_a_line():
    assert not any(line[0] in "，。、：）" for line in breaking.lines("一二三四五，六七八九十。", 10))


def on_path(path: str, x: float, y: float) -> bool:
    """Whether a straight piece of the path runs through the point."""
    numbers = [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", path)]
    for (a, b), (c, d) in zip(numbers, numbers[1:], strict=False):
        if abs(b - y) < 1 and abs(d - y) < 1 and min(a, c) <= x <= max(a, c):
            return True
    return False
