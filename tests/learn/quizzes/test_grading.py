"""Whether an answer is right, and which explanation fits."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from learn.courses.content import Mistake, Option, Question
from learn.quizzes import grading, numbers
from learn.quizzes.asking import ask
from learn.quizzes.grading import Mark, Unreadable, grade, is_close, normalised, printed, read

W = {"en": "x"}
SINGLE = Question("q", "single", W, W, options=(Option("a", W, True), Option("b", W), Option("c", W)))
MULTIPLE = Question(
    "q", "multiple", W, W, options=(Option("a", W, True), Option("b", W, True), Option("c", W), Option("d", W))
)
NUMERIC = Question(
    "q", "numeric", W, W, answer="n * bits / 8", tolerance=0.01, unit="GB", draw={"n": (7, 13), "bits": (16, 32)},
    mistakes=(Mistake("n * bits", W), Mistake("n * bits / 4", W), Mistake("1 / (bits - bits)", W)),
)  # fmt: skip
TEXT = Question("q", "text", W, W, accept={"en": ("query", "key-value cache"), "zh-hans": ("查询", "KV 缓存")})
ORDER = Question("q", "ordering", W, W, items=tuple({"en": letter} for letter in "abcd"))
OUTPUT = Question("q", "output", W, W, code="print(1)", accept={"en": ("6 12\nTrue",)})


def mark(question: Question, seed: str = "1", **form) -> Mark:
    given = read(question, {key: value if isinstance(value, list) else [value] for key, value in form.items()})
    return grade(ask(question, seed), given)


def test_a_single_choice_is_right_or_wrong():
    assert mark(SINGLE, choice="a") == Mark(True, 1.0)
    assert mark(SINGLE, choice="b") == Mark(False, 0.0)


@pytest.mark.parametrize(
    ("chosen", "right", "score"),
    [(["a", "b"], True, 1.0), (["a"], False, 0.5), (["a", "b", "c"], False, 0.5), (["c"], False, 0.0),
     (["a", "c"], False, 0.0), (["a", "b", "c", "d"], False, 0.0)],
)  # fmt: skip
def test_a_wrong_tick_costs_what_a_right_one_earns(chosen, right, score):
    assert mark(MULTIPLE, choice=chosen) == Mark(right, score)


@given(st.sampled_from([7, 13]), st.sampled_from([16, 32]), st.floats(-0.0099, 0.0099), st.integers(0, 40))
def test_a_number_within_the_tolerance_is_right(n, bits, error, seed):
    drawn = ask(NUMERIC, str(seed)).drawn
    answer = drawn["n"] * drawn["bits"] / 8

    assert mark(NUMERIC, str(seed), number=repr(answer * (1 + error))).right


@given(st.floats(0.0101, 10), st.booleans(), st.integers(0, 40))
def test_a_number_outside_of_the_tolerance_is_wrong(error, is_more, seed):
    drawn = ask(NUMERIC, str(seed)).drawn
    answer = drawn["n"] * drawn["bits"] / 8

    assert not mark(NUMERIC, str(seed), number=repr(answer * (1 + error if is_more else 1 - error))).right


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.floats(0, 0.5))
def test_being_close_is_symmetric_about_the_answer_and_never_true_of_nan(value, answer, tolerance):
    assume(abs(answer) > 1e-6)

    assert is_close(answer, answer, tolerance)
    assert is_close(value, answer, tolerance) == is_close(2 * answer - value, answer, tolerance) or (
        abs(abs(value - answer) - tolerance * abs(answer)) < 1e-6 * abs(answer) + 1e-3
    )
    assert not is_close(float("nan"), answer, tolerance)


def test_an_answer_of_zero_must_be_met_nearly():
    assert is_close(0.0, 0.0, 0.0)
    assert is_close(0.009, 0.0, 0.01)
    assert not is_close(0.02, 0.0, 0.01)


@given(st.integers(0, 40))
def test_a_known_mistake_is_known(seed):
    drawn = ask(NUMERIC, str(seed)).drawn

    assert mark(NUMERIC, str(seed), number=str(drawn["n"] * drawn["bits"])).mistake == 0
    assert mark(NUMERIC, str(seed), number=str(drawn["n"] * drawn["bits"] / 4)).mistake == 1


def test_the_right_digits_with_the_wrong_prefix_are_told_apart():
    drawn = ask(NUMERIC, "1").drawn
    answer = drawn["n"] * drawn["bits"] / 8

    wrong = mark(NUMERIC, number=f"{answer} MB")
    assert (wrong.right, wrong.off_by_unit, wrong.mistake) == (False, True, None)
    assert mark(NUMERIC, number=f"{answer * 1000} MB").right


def test_words_are_right_in_either_language_and_any_dress():
    for typed in (
        "query",
        "  Query. ",
        "ＱＵＥＲＹ",
        "“query”",
        "查询",
        "查 询",
        "key value cache",
        "kv缓存",
        "KV 缓存。",
    ):
        assert mark(TEXT, text=typed).right, typed
    for typed in ("queries", "keyvalue", "查"):
        assert not mark(TEXT, text=typed).right, typed


@given(st.text("aZé ß12查询 ＡＢ-.,;:'\"“”’。，！\t\u3000", min_size=1, max_size=30))
def test_normalising_twice_is_normalising_once(text):
    assert normalised(normalised(text)) == normalised(text)


def test_what_is_printed_counts_case_but_not_blanks_at_the_ends():
    assert mark(OUTPUT, text="6 12  \r\nTrue\n\n").right
    assert not mark(OUTPUT, text="6 12\ntrue").right
    assert not mark(OUTPUT, text="6  12\nTrue").right
    assert printed(" a \n\n b\n") == "a\n\n b"


def places(order: list[int]) -> dict[str, str]:
    return {f"position-{item}": str(position) for position, item in enumerate(order, 1)}


@given(st.permutations([0, 1, 2, 3]))
def test_only_the_right_order_is_right(order):
    found = mark(ORDER, **places(order))

    assert found.right == (order == [0, 1, 2, 3])
    assert found.is_inverse == (order == [3, 2, 1, 0])
    assert 0 <= found.score <= 1


@pytest.mark.parametrize(
    ("question", "form", "reason"),
    [
        (SINGLE, {}, grading.NOTHING),
        (SINGLE, {"choice": ["a", "b"]}, grading.NOTHING),
        (SINGLE, {"choice": ["nobody"]}, grading.NOTHING),
        (MULTIPLE, {"choice": []}, grading.NOTHING),
        (NUMERIC, {"number": ["  "]}, grading.NOTHING),
        (NUMERIC, {"number": ["a lot"]}, grading.NUMBER),
        (NUMERIC, {"number": ["0,5"]}, grading.NUMBER),
        (NUMERIC, {"number": ["14 ms"]}, grading.UNIT),
        (TEXT, {"text": [""]}, grading.NOTHING),
        (TEXT, {"text": ["x" * 5000]}, grading.TOO_LONG),
        (
            ORDER,
            {"position-0": ["1"], "position-1": ["1"], "position-2": ["2"], "position-3": ["3"]},
            grading.POSITIONS,
        ),
        (ORDER, {"position-0": ["1"]}, grading.POSITIONS),
        (ORDER, {f"position-{i}": [str(i)] for i in range(4)}, grading.POSITIONS),
    ],
)
def test_what_is_no_answer_is_not_marked(question, form, reason):
    with pytest.raises(Unreadable) as caught:
        read(question, form)

    assert caught.value.reason == reason


def test_what_no_database_keeps_is_left_out():
    assert read(TEXT, {"text": ["que\x00ry"]}) == {"text": "query"}


def test_a_mark_is_kept_as_json_and_read_back():
    assert Mark.from_dict(Mark(False, 0.5, 2, True, True).to_dict() | {"later": 1}) == Mark(False, 0.5, 2, True, True)


def test_the_unit_of_the_question_may_be_typed():
    drawn = ask(NUMERIC, "1").drawn

    assert mark(NUMERIC, number=f"{numbers.shown(drawn['n'] * drawn['bits'] / 8)} GB").right
