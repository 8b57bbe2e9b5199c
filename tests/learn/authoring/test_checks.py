"""What a course says, judged: each rule once, at its path and line."""

# ruff: noqa: E501 (a table of mistakes is read by its rows)

import pytest

from learn.authoring import surveying
from tests.learn.small_course import SMALL, change

QUESTIONS = "1-basics/01-doubling.questions.toml"
CARDS = "1-basics/01-doubling.cards.toml"
LESSON = "1-basics/01-doubling.md"
CHINESE = "1-basics/01-doubling.zh-hans.md"
MODULE = "1-basics/module.toml"
STATEMENT = "../../exercises/double/statement.md"

RULES = [
    # Structure.
    (MODULE, 'line = "foundations"', 'line = "nowhere"', 'line = "nowhere"', "course.toml has no [[line]] with the key “nowhere”"),
    (MODULE, 'needs = ["doubling"]', 'needs = ["sleeping"]', "needs", "needs “sleeping”, which is no topic of this course"),
    (MODULE, 'key = "doubling"\n', 'key = "doubling"\nneeds = ["tripling"]\n', "needs", "needs itself in the end"),
    (LESSON, "minutes = 8", "minutes = 0", "+++", "“minutes” should be between 1 and 240"),
    (LESSON, '["double"]', '["treble"]', "exercises", "there is no exercise treble in ../../exercises"),
    # Texts.
    (LESSON, "gives $2x$", "gives $\\foo$", "$\\foo$", "the formula “\\foo” uses the unknown command \\foo"),
    (LESSON, "](figures/growth.svg", "](figures/shrink.svg", "figures/shrink.svg", "the figure figures/shrink.svg is not there"),
    (LESSON, "![A line that bends upwards from one to sixteen]", "![]", "![]", "the figure figures/growth.svg has no alternative text"),
    (LESSON, "(02-halving.md)", "(02-sleeping.md)", "(02-sleeping.md)", "the link to 02-sleeping.md leads nowhere"),
    (LESSON, "exercise:double", "exercise:treble", "exercise:treble", "the link to exercise:treble leads nowhere"),
    (LESSON, "::: question thousand", "::: question million", "::: question", "the question million is not in this lesson's questions file"),
    (LESSON, "## A program", "::: plot of-nothing\n\n## A program", "::: plot", "no plot is called of-nothing"),
    (CHINESE, "得到 $2x$", "得到 $\\foo$", "$\\foo$", "the formula “\\foo” uses the unknown command \\foo"),
    ("1-basics/figures/growth.svg", "<defs>", "<script/><defs>", None, "the figure figures/growth.svg has a <script>, which figures may not use"),
    (STATEMENT, "$2x$", "$\\foo$", "$\\foo$", "the formula “\\foo” uses the unknown command \\foo"),
    # Questions.
    (QUESTIONS, 'text = "Three"', 'text = "Three"\nright = true', "[[question]]", "has 2 right options; of a single choice exactly one is right"),
    (QUESTIONS, 'text = "Ten"\nright = true', 'text = "Ten"', "[[question]]", "has 0 right options"),
    (QUESTIONS, 'key = "three"', 'key = "ten"', '[[question.option]]\nkey = "ten"\ntext = "Three"', "has 2 options with the key “ten”"),
    (QUESTIONS, 'why = "Yes: 1024."', "", '[[question.option]]\nkey = "ten"', "“why” is missing"),
    (QUESTIONS, 'answer = "n * bits / 8"', 'answer = "n * bit / 8"', "answer =", "does not know the name bit with n = 3, bits = 16"),
    (QUESTIONS, 'answer = "n * bits / 8"', 'answer = "import os"', "answer =", "is not an expression"),
    (QUESTIONS, "tolerance = 0.01", "tolerance = 1.5", "tolerance", "“tolerance” is a part of the answer, from 0 to below 1"),
    (QUESTIONS, 'answer = "n * bits / 8"\ntolerance = 0.01', 'answer = "n * bits / 7"', "answer =", "the answer is not a whole number: say a “tolerance”"),
    (QUESTIONS, 'value = "n * bits"', 'value = "n * bits / 8"', "answer =", "the mistake n * bits / 8 is always within the tolerance"),
    (QUESTIONS, '["halving", "to halve"]', '["halving", " . "]', "accept = [\"halving", "“accept” has a form of which nothing is left"),
    (QUESTIONS, '["halving", "to halve"]', "[]", "accept = []", "“accept” is empty: nothing would be right"),
    (QUESTIONS, '["two", "four", "eight", "sixteen"]', '["two", "two", "four", "eight"]', "items =", "has the same item twice"),
    (QUESTIONS, 'why = "$2^6$."', 'why = "$\\\\foo$."', '[[question.option]]\nkey = "sixty-four"', "the formula “\\foo” uses the unknown command \\foo"),
    (QUESTIONS, 'key = "name"', 'key = "name"\nformerly = ["thousand"]', "formerly", "was formerly “thousand”, but that key is still there"),
    (CARDS, "$2^{10} = 1024$", "$2^{10$", "back =", "the formula “2^{10” has braces that do not pair"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "old", "new", "at", "message"), RULES, ids=[f"{rule[0]}: {rule[4]}"[:70] for rule in RULES]
)
def test_a_rule_is_told_at_its_path_and_line(folder, said, path, old, new, at, message):
    change(folder / path, old, new)

    found = said()
    if at is None:
        assert any(message in line for line in found)
        return
    text = (folder / path).read_text()
    line = text[: text.index(at)].count("\n") + 1
    assert any(one.startswith(f"{path}:{line}: ") and message in one for one in found), found


def test_the_small_course_has_one_note_and_no_problem():
    surveyed = surveying.survey(SMALL)

    assert surveyed.blocking == ()
    assert [str(problem) for problem in surveyed.problems] == [
        "1-basics/02-halving.md:1: note: the lesson is not in zh-hans yet"
    ]


def test_a_missing_translation_is_a_note_and_does_not_hinder(folder, said):
    (folder / "1-basics" / "01-doubling.questions.zh-hans.toml").unlink()

    notes = [line for line in said() if "is not in zh-hans yet" in line]
    assert "1-basics/01-doubling.questions.toml:1: note: “ask” of thousand is not in zh-hans yet" in notes
    assert surveying.survey(folder).blocking == ()


def test_a_cycle_is_told_as_a_way_around(folder, said):
    change(folder / MODULE, 'key = "doubling"\n', 'key = "doubling"\nneeds = ["tripling"]\n')

    (line,) = [line for line in said() if "needs itself" in line]
    assert line.count("→") >= 2


def test_an_exercise_that_cannot_be_read_is_told(folder, said):
    (folder / "../../exercises/double/reference.py").unlink()

    assert any("the exercise double cannot be used: double: reference.py is missing" in line for line in said())


def test_an_exercise_without_a_chinese_statement_is_a_note(folder, said):
    (folder / "../../exercises/double/statement.zh-hans.md").unlink()

    assert "1-basics/01-doubling.md:4: note: the statement of double is not in zh-hans yet" in said()


def test_a_former_name_claimed_twice_is_told(folder, said):
    change(folder / QUESTIONS, 'key = "name"', 'key = "name"\nformerly = ["old"]')
    change(folder / QUESTIONS, 'key = "steps"', 'key = "steps"\nformerly = ["old"]')

    assert any("was formerly “old”, which name says as well" in line for line in said())
