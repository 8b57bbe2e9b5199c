"""Every kind of mismatch is a sentence, in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import translation

from graders import kit
from graders.kit import Asked
from graders.protocol import CaseResult, Outcome, Verdict
from learn.exercises import messages, times
from learn.exercises.source import Refusal


def case_of(found: kit.Mismatch) -> CaseResult:
    return CaseResult("c", Outcome.FAILED, kind=found.kind, message=found.message, details=found.details)


def compared(got, want) -> CaseResult:
    """As the judge itself words it: these are its own mismatches and not ones made up here."""
    return case_of(kit.close()(got, want, Asked((), {})))


JUDGED = [
    (compared([1], (1,)), "The type is list; tuple was expected.", "类型是 list，应为 tuple。"),
    (compared(np.ones(2), None), "The type is numpy.ndarray; None was expected.", "类型是 numpy.ndarray，应为 None。"),
    (compared(None, 1), "The type is None; int was expected.", "类型是 None，应为 int。"),
    (compared([1], [1, 2]), "2 items were expected; 1 came back.", "应有 2 项，返回了 1 项。"),
    (compared({"a": 1}, {"a": 1, "b": 2}), "The dictionary lacks b.", "字典缺少 b。"),
    (compared({"a": 1, "c": 2}, {"a": 1}), "The dictionary has c, which was not asked for.", "字典多出了 c。"),
    (compared(np.ones((2, 3)), np.ones(2)), "The shape is (2, 3); (2,) was expected.", "形状是 (2, 3)，应为 (2,)。"),
    (
        compared(np.ones(1, "float32"), np.ones(1)),
        "The dtype is float32; float64 was expected.",
        "数据类型是 float32，应为 float64。",
    ),
    (compared(float("nan"), 1.0), "There is NaN where a number was expected.", "应为数字的位置出现了 NaN。"),
    (
        compared(np.array([1.0, 2.5]), np.array([1.0, 2.0])),
        "The largest difference is 0.5, at (1,); 2e-07 is allowed.",
        "最大差值为 0.5，位于 (1,)；允许的误差为 2e-07。",
    ),
    (compared(1.0, 2.0), "The difference is 1; 2e-07 is allowed.", "差值为 1；允许的误差为 2e-07。"),
    (
        compared(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 5])),
        "25 % of the values differ, the first at (3,).",
        "25 % 的值不同，第一处在 (3,)。",
    ),
    (compared("a", "b"), "The value is not the expected one.", "值与预期不符。"),
    (compared([1.0, [2.0]], [1.0, [3.0]]), "In answer[1][0]: the difference is 1; 3e-07 is allowed.",
     "在 answer[1][0] 处：差值为 1；允许的误差为 3e-07。"),
    (case_of(kit.mismatch("property", en="Rows sum to 1.", zh="每行之和为 1。")), "Rows sum to 1.", "每行之和为 1。"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "english", "chinese"), JUDGED, ids=lambda value: str(value)[:40])
def test_what_the_judge_found_is_said_in_the_readers_language(case, english, chinese):
    with translation.override("en"):
        assert messages.of_case(case) == english
    with translation.override("zh-hans"):
        assert messages.of_case(case) == chinese


OF_A_SAMPLE = {"type": "ValueError", "line": None, "text_raw": "ValueError: no"}
ENDED = [
    CaseResult("c", None),
    CaseResult("c", Outcome.ERROR, kind="raised", details={"type": "ValueError", "line": 3}),
    CaseResult("c", Outcome.ERROR, kind="raised", details=OF_A_SAMPLE),
    *(CaseResult("c", Outcome.TIME, kind=kind) for kind in ("time", "memory", "output", "exited", "protocol", "lost")),
]


@pytest.mark.parametrize("case", ENDED, ids=lambda case: case.kind)
def test_every_end_has_a_sentence_of_its_own_in_both_languages(case):
    said = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said.append(messages.of_case(case))

    assert all(said) and said[0] != said[1]


def test_the_type_and_line_of_an_exception_are_told():
    with translation.override("en"):
        assert messages.of_case(ENDED[1]) == "Line 3 raised ValueError."
        assert messages.of_case(ENDED[2]) == "Your code raised ValueError: no."


def test_a_kind_that_is_not_known_is_said_in_the_judges_words():
    case = CaseResult("c", Outcome.FAILED, kind="of next year", message="Something new.")

    assert messages.of_case(case) == "Something new."


def test_details_that_are_not_as_expected_do_not_break_the_page():
    for kind in messages.KINDS:
        assert messages.of_case(CaseResult("c", Outcome.FAILED, kind=kind, message="The judge's words."))


@pytest.mark.parametrize("kind", messages.REFUSALS)
def test_every_refusal_has_a_sentence_in_both_languages(kind):
    details = {"bytes": 2 << 20, "limit": 256 << 10, "text": "invalid syntax", "name": "sdpa", "near": "spda"}
    said = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said.append(messages.of_refusal(Refusal(kind, details=details)))

    assert all(said) and said[0] != said[1]


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(Outcome.BROKEN, message="the engine is gone"),
        Verdict(Outcome.TIME, message="While your file was loaded: It did not answer in time."),
        Verdict(Outcome.MEMORY),
        Verdict(Outcome.OUTPUT),
        Verdict(Outcome.ERROR, message="Your file does not define scale."),
        Verdict(Outcome.ERROR, message="While your file was loaded: Your code ended the process (status 1)."),
    ],
    ids=lambda verdict: verdict.message[:40] or verdict.outcome,
)
def test_a_verdict_without_cases_says_what_happened_in_both_languages(verdict):
    said = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            said.append(messages.of_verdict(verdict))

    assert all(said) and said[0] != said[1]


def test_the_text_of_an_exception_is_left_as_python_says_it():
    verdict = Verdict(Outcome.ERROR, message="NameError: name 'tensor' is not defined", line=4)

    assert messages.of_verdict(verdict) == "NameError: name 'tensor' is not defined"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0004, "< 1 ms"), (0.0836, "84 ms"), (0.0996, "0.1 s"), (1.234, "1.2 s"), (12.3, "12 s"), (130, "2 min")],
)
def test_a_time_is_said_as_one_says_it(seconds, said):
    assert times.duration(seconds) == said


def test_the_wait_is_said_in_words():
    assert times.wait(0, None) == "You are next."
    assert times.wait(1, 4.0) == "1 submission is before yours; about 4.0 s."
    assert times.wait(3, None) == "3 submissions are before yours."


@pytest.mark.parametrize("kind", ["value", "nan", "property"])
def test_the_authors_own_words_are_said_whatever_the_kind(kind):
    texts = {"en": "The weights must sum to 1.", "zh-hans": "权重之和应为 1。"}
    case = CaseResult("sum", Outcome.FAILED, kind=kind, message=texts["en"], details={"text": texts})

    assert messages.of_case(case) == texts["en"]
    with translation.override("zh-hans"):
        assert messages.of_case(case) == texts["zh-hans"]
