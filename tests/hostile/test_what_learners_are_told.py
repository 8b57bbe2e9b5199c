"""Bad input of every kind, through the real path: each has its outcome, and a sentence in the learner's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from graders.protocol import Outcome, Verdict
from learn.exercises import messages, source
from learn.exercises.board import rows_of

BODY = "def double(numbers):\n    "
RIGHT = "def double(numbers):\n    return [2 * number for number in numbers]\n"

REFUSED = {
    "an empty file": (b" \n", "There is no code yet.", "还没有代码。"),
    "two megabytes": (b"#" * 2_000_000, "at most 256 kB can be graded", "最多"),
    "not UTF-8": ("# café\n".encode("latin-1"), "The file is not UTF-8 text", "UTF-8"),
    "a NUL": (b"x = '\x00'\n", "There is a NUL character here", "NUL 字符"),
    "a syntax error": (b"def double(numbers:\n", "Python cannot read this", "Python"),
    "a missing function": (b"def doubel(numbers): ...\n", "does not define “double”", "double"),
}

GRADED = {
    "a wrong signature": (
        "def double():\n    return 1\n",
        Outcome.ERROR,
        "double() takes 0 positional",
        "抛出了 TypeError",
    ),
    "an infinite loop": (BODY + "while True: pass\n", Outcome.TIME, "did not answer in time", "没有在限时内给出答案"),
    "a loop while loading": (
        RIGHT + "while True: pass\n",
        Outcome.TIME,
        "While your file was loaded: it did not answer in time",
        "加载你的文件时",
    ),
    "a memory hog": (
        BODY + "hog = []\n    while True: hog.append(bytearray(10**7))\n",
        Outcome.MEMORY,
        "used more memory than the exercise allows",
        "内存超过了本练习的上限",
    ),
    "a fork bomb": (
        "import os\n" + BODY + "while True: os.fork()\n",
        Outcome.ERROR,
        "more processes or threads than the exercise allows",
        "进程或线程超过了本练习的上限",
    ),
    "endless output": (
        BODY + "while True: print('x' * 1000)\n",
        Outcome.OUTPUT,
        "printed or returned more than the exercise allows",
        "超过了本练习的上限",
    ),
    "exit(0)": (BODY + "exit(0)\n", Outcome.ERROR, "Your code ended the process", "你的代码结束了进程"),
    "exit(0) while loading": (RIGHT + "exit(0)\n", Outcome.ERROR, "Your code ended the process", "你的代码结束了进程"),
    "an answer of the wrong type": (BODY + "return {}\n", Outcome.FAILED, "The type is dict", "类型是 dict"),
    "an answer that is no data": (
        "class Odd: ...\n" + BODY + "return Odd()\n",
        Outcome.FAILED,
        "The type is Odd",
        "类型是 Odd",
    ),
}


def said(verdict: Verdict, language: str) -> str:
    """All that the page says of it."""
    with translation.override(language):
        rows = rows_of(verdict.cases, {})
        return "\n".join([messages.of_verdict(verdict), *(row.message for row in rows)])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_graded_is_refused_with_a_sentence(name):
    raw, english, chinese = REFUSED[name]

    with pytest.raises(source.Refused) as refused:
        source.read(raw, ["double"])

    with translation.override("en"):
        assert english in messages.of_refusal(refused.value.refusal)
    with translation.override("zh-hans"):
        assert chinese in messages.of_refusal(refused.value.refusal)


@pytest.mark.parametrize("name", GRADED)
def test_what_goes_wrong_in_a_cell_has_its_outcome_and_a_sentence(ground, name):
    text, outcome, english, chinese = GRADED[name]
    if (ground.engine.name, name) == ("runsc", "a fork bomb"):
        pytest.skip("gVisor's own kernel runs out of the cell's memory first, and that is what is told")
    exercise = "roomy" if outcome is not Outcome.TIME else "plain"

    verdict = ground.grade(source.read(text, ["double"]).text, exercise)

    assert verdict.outcome is outcome, verdict
    assert english in said(verdict, "en")
    assert chinese in said(verdict, "zh-hans")
