"""What is refused at once, with a reason and a line."""

from __future__ import annotations

import pytest

from graders.protocol import MAX_SOURCE_BYTES
from learn.exercises.source import Refused, read


@pytest.mark.parametrize(
    ("raw", "kind", "line"),
    [
        ("", "empty", None),
        (" \n\t\n", "empty", None),
        (b"x = 1\ny = '\xff'\n", "encoding", 2),
        ("x = 1\ny = '\ufffd'\n", "encoding", 2),
        ("x = 1\n\x00", "nul", 2),
        ("x = '\ud83d'", "encoding", None),
        ("#" * (MAX_SOURCE_BYTES + 1), "size", None),
        ("é" * (MAX_SOURCE_BYTES // 2 + 1), "size", None),
        (bytes(2 * 1024 * 1024), "size", None),
        ("x = 1\ndef f(:\n    pass\n", "syntax", 2),
        ("def f():\npass\n", "syntax", 2),
        ("x = '''never closed\n", "syntax", 1),
        ("1" * 5000, "syntax", 1),
        ("(" * 1000, "syntax", 1),
        ("-" * 100_000 + "1", "nested", None),
        ("1" + "+1" * 100_000, "nested", None),
        ("a" + ".a" * 100_000, "nested", None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_text_that_cannot_be_graded_is_refused(raw, kind, line):
    with pytest.raises(Refused) as caught:
        read(raw)

    assert (caught.value.refusal.kind, caught.value.refusal.line) == (kind, line)


@pytest.mark.parametrize(
    "text",
    [
        "def scale(x, by):\n    return x * by\n",
        "async def scale(x, by): ...",
        "class scale: ...",
        "scale = lambda x, by: x * by",
        "other, scale = 1, print",
        "from numpy import multiply as scale",
        "import scale",
        "if True:\n    def scale(): ...",
        "try:\n    from a import scale\nexcept ImportError:\n    scale = None",
        "with open('x') as scale: ...",
        "(scale := print)",
        "from somewhere import *",
        "globals()['scale'] = print",
        "\ufeffdef scale(): ...",
        "def scale():\r\n    pass\r\n",
    ],
)
def test_a_text_that_defines_what_is_called_is_taken(text):
    assert read(text, ["scale"]).text


@pytest.mark.parametrize("text", ["x = 1", "def f():\n    scale = 1", "class A:\n    def scale(self): ...", "scale"])
def test_a_text_that_does_not_define_what_is_called_is_refused(text):
    with pytest.raises(Refused) as caught:
        read(text, ["scale"])

    assert caught.value.refusal.details["name"] == "scale"


def test_a_near_miss_is_named():
    with pytest.raises(Refused) as caught:
        read("def scael(x, by): ...", ["scale"])

    assert caught.value.refusal.details["near"] == "scael"


def test_a_file_may_be_as_large_as_allowed():
    text = "#" * MAX_SOURCE_BYTES

    assert read(text).text == text
    assert read(text.encode()).text == text


def test_comments_spaces_and_docstrings_do_not_make_another_try():
    plain = read("def scale(x, by):\n    return x * by\n")
    dressed = read('def scale(x,by):\n    """Scale."""\n    # now\n\n    return (x*by)\n')

    assert plain.meaning == dressed.meaning
    assert plain.meaning != read("def scale(x, by):\n    return x + by\n").meaning


def test_lines_end_as_on_one_system():
    assert read(b"a = 1\r\nb = 2\rc = 3\n").text == "a = 1\nb = 2\nc = 3\n"
