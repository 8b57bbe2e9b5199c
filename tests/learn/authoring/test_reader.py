"""A course's folder, read: all of it, and each mistake at its path and line."""

# ruff: noqa: E501 (a table of mistakes is read by its rows)

import pytest

from learn.authoring.reader import read_course
from learn.courses.content import Option
from tests.learn.small_course import SMALL, change


def test_the_small_course_is_read_whole():
    reading = read_course(SMALL)
    course, lesson = reading.course, reading.course.lessons["doubling"]

    assert reading.sorted_problems() == ()
    assert (course.key, course.title["zh-hans"]) == ("small", "一门小课程")
    assert [(module.number, module.key, module.line) for module in course.modules] == [
        (1, "basics", "foundations"), (2, "further", "foundations"),
    ]  # fmt: skip
    assert course.topics["tripling"].needs == ("doubling", "halving")
    assert course.topics["tripling"].lesson is None
    assert (lesson.title, lesson.minutes, lesson.exercises) == ({"en": "Doubling", "zh-hans": "加倍"}, 8, ("double",))
    assert lesson.body["en"].startswith("Doubling a number")
    assert lesson.body["zh-hans"].startswith("把 $x$ 加倍")
    assert list(lesson.figures) == ["figures/growth.svg"]
    assert lesson.cards[0].front == {"en": "What factor are ten doublings?", "zh-hans": "十次加倍是多少倍？"}


def test_every_kind_of_question_is_read_with_its_translation():
    questions = read_course(SMALL).course.questions

    assert questions["thousand"].options[0] == Option(
        "ten", {"en": "Ten", "zh-hans": "十次"}, True, {"en": "Yes: 1024.", "zh-hans": "对：1024。"}
    )
    assert [option.right for option in questions["powers"].options] == [True, True, False]
    assert (questions["bytes"].answer, questions["bytes"].tolerance, questions["bytes"].unit) == (
        "n * bits / 8",
        0.01,
        "GB",
    )
    assert questions["bytes"].draw == {"n": (3, 7, 13), "bits": (16, 32)}
    assert questions["bytes"].mistakes[0].why["zh-hans"] == "这是吉比特：要除以 8。"
    assert questions["name"].accept == {"en": ("halving", "to halve"), "zh-hans": ("减半", "折半")}
    assert questions["steps"].items[3] == {"en": "sixteen", "zh-hans": "十六"}
    assert questions["prints"].code == "x = 3\nx *= 2\nprint(x, x * 2)"


def test_the_key_is_the_name_without_its_number(folder):
    (folder / "1-basics").rename(folder / "7-basics")

    assert [module.key for module in read_course(folder).course.modules] == ["further", "basics"]


def test_things_that_no_lesson_has_and_that_are_no_modules_are_told(folder, said):
    (folder / "notes").mkdir()
    (folder / "1-basics" / "09-unlisted.md").write_text("+++\nminutes = 3\n+++\nx")
    (folder / "1-basics" / "03-orphan.questions.toml").write_text("")

    assert {
        "1-basics/03-orphan.questions.toml:1: belongs to no lesson: no .md file here has that number and key",
        "1-basics/09-unlisted.md:1: module.toml has no [[topic]] with the key “unlisted”",
        "notes:1: a module's folder is named NUMBER-KEY, as in 21-llm-architecture",
    } <= set(said())


QUESTIONS = "1-basics/01-doubling.questions.toml"
CHINESE = "1-basics/01-doubling.questions.zh-hans.toml"
LESSON = "1-basics/01-doubling.md"
MODULE = "1-basics/module.toml"


@pytest.mark.parametrize(
    ("path", "old", "new", "at", "message"),
    [
        (QUESTIONS, 'right = true\nwhy = "Yes', 'rigth = true\nwhy = "Yes', "rigth", "“rigth” is not a field here: did you mean “right”?"),
        (QUESTIONS, 'kind = "single"', 'kind = "choice"', 'kind = "choice"', "“choice” is not a kind of question: single, multiple, numeric, text, ordering, output"),
        (QUESTIONS, 'key = "powers"', 'key = "Two powers"', 'key = "Two powers"', "the key “Two powers” should be small letters, digits and single hyphens"),
        (QUESTIONS, 'kind = "multiple"', 'kind = "multiple"\nright = true', "right = true\nask", "“right” is not a field here"),
        (QUESTIONS, 'unit = "GB"', "unit = 3", "unit = 3", "“unit” should be text in quotes"),
        (QUESTIONS, "tolerance = 0.01", "tolerance = true", "tolerance", "“tolerance” should be a number"),
        (QUESTIONS, "n = [3, 7, 13]", 'n = ["three"]', "n = [", "“n” should be a list of at least two numbers to draw from"),
        (QUESTIONS, "n = [3, 7, 13]", '"n-1" = [1, 2]', '"n-1"', "“n-1” cannot be a name in an expression"),
        (QUESTIONS, 'items = ["two", "four", "eight", "sixteen"]', "", '[[question]]\nkey = "steps"', "“items” is missing"),
        (QUESTIONS, 'accept = ["6 12"]', 'accept = ["6 12", 3]', "accept = [\"6", "“accept” should be a list of texts"),
        (QUESTIONS, 'accept = ["6 12"]', 'accept = ["6 12"]\nunit = "x"', 'unit = "x"', "“unit” is not a field here"),
        (QUESTIONS, 'ask = "Order by size, the smallest first."', 'ask = ""', 'ask = ""', "“ask” is empty"),
        (QUESTIONS, '[[question]]\nkey = "powers"', '[[question]\nkey = "powers"', '[[question]\n', "is not TOML: Expected ']]' at the end of an array declaration"),
        (CHINESE, "[thousand.option.ten]", "[thousand.option.tem]", "[thousand.option.tem]", "“tem” is not a field here: did you mean “ten”?"),
        (CHINESE, "[powers]", "[power]", "[power]", "“power” is not a field here: did you mean “powers”?"),
        (CHINESE, '"八", "十六"]', '"八"]', "items", "has 3 items where the other language has 4"),
        (CHINESE, "[bytes.mistake.1]", "[bytes.mistake.2]", "[bytes.mistake.2]", "“2” is not a field here"),
        (LESSON, "minutes = 8", 'minutes = "8"', "minutes", "“minutes” should be a number"),
        (LESSON, "+++\ntitle", "---\ntitle", "---", "should begin with its fields between two lines of +++"),
        (LESSON, "]\n+++\nDoubling", "]\nDoubling", "+++", "the fields at the top do not end: a line +++ is missing"),
        (MODULE, 'line = "foundations"', "", "\n", "“line” is missing"),
        (MODULE, 'zh-hans = "加倍"', 'zh = "加倍"', "zh = ", "“zh” is no language here: en, zh-hans"),
        ("course.toml", 'en = "A small course"', "", "[title]", "“title” lacks “en”"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_path_and_line(folder, said, path, old, new, at, message):
    change(folder / path, old, new)
    text = (folder / path).read_text()

    line = text[: text.index(at)].count("\n") + 1
    assert f"{path}:{line}: {message}" in said()


def test_the_same_key_twice_is_told_with_both_places(folder, said):
    change(folder / QUESTIONS, 'key = "powers"', 'key = "thousand"')

    assert any(line.endswith(f"the question “thousand” is already in {QUESTIONS}:1") for line in said())


def test_a_file_that_is_not_utf8_is_told(folder, said):
    (folder / "1-basics" / "02-halving.md").write_bytes(b"+++\n\xff+++\n")

    assert "1-basics/02-halving.md:1: is not UTF-8: byte 4 cannot be read" in said()


def test_a_folder_without_a_course_is_told(tmp_path):
    reading = read_course(tmp_path)

    assert reading.course is None
    assert [str(problem) for problem in reading.sorted_problems()] == [
        "course.toml:1: is missing: a course's folder has one"
    ]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(folder):
    for path in folder.rglob("*.*"):
        if path.suffix in (".md", ".toml"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert read_course(folder).course == read_course(SMALL).course
