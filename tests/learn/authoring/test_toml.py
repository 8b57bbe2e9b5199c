"""Where in a TOML file a key stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.authoring import toml

FILE = '''\
[[question]]
key = "a"
ask = """
[[question]]
key = "not one"
"""
accept = [
  "one", # ] no end
  'two]',
]
draw.h = [1, 2]
[[question.option]]
key = "x"
[[question.option]]
key = "y"  # = z
[[question]]
"key" = 'b'
[question.draw]
n = { a = 1, b = [
  2 ] }
[other."zh-hans"]
title = \'\'\'x\'\'\'
'''


def test_every_key_stands_where_it_is_written():
    lines = toml.read(FILE).lines

    written = FILE.split("\n")
    assert {path: written[line - 1].strip() for path, line in lines.items()} == {
        ("question", 0): "[[question]]",
        ("question", 0, "key"): 'key = "a"',
        ("question", 0, "ask"): 'ask = """',
        ("question", 0, "accept"): "accept = [",
        ("question", 0, "draw"): "draw.h = [1, 2]",
        ("question", 0, "draw", "h"): "draw.h = [1, 2]",
        ("question", 0, "option", 0): "[[question.option]]",
        ("question", 0, "option", 0, "key"): 'key = "x"',
        ("question", 0, "option", 1): "[[question.option]]",
        ("question", 0, "option", 1, "key"): 'key = "y"  # = z',
        ("question", 1): "[[question]]",
        ("question", 1, "key"): "\"key\" = 'b'",
        ("question", 1, "draw"): "[question.draw]",
        ("question", 1, "draw", "n"): "n = { a = 1, b = [",
        ("other", "zh-hans"): '[other."zh-hans"]',
        ("other", "zh-hans", "title"): "title = '''x'''",
    }


def test_a_key_that_is_not_there_stands_where_its_table_does():
    document = toml.read(FILE, first_line=10)

    assert document.line("question", 0, "why") == 10
    assert document.line("question", 1, "option", 3) == 25
    assert document.line("nothing") == 1


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = ", 2), ("a = 1\nb = x\nc = 1", 2), ('a = """\n\n', 3), ("a = 1\na = 2", 2)]
)
def test_what_is_not_toml_is_refused_at_its_line(text, line):
    with pytest.raises(toml.TomlError) as caught:
        toml.read(text)

    assert abs(caught.value.line - line) <= 1
    assert "(at" not in str(caught.value)


@given(st.text("ab=[]\"'#\n .{}1,\\", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        document = toml.read(text)
    except toml.TomlError:
        return
    assert document.data == tomllib.loads(text)
    for path in document.lines:
        assert path[0] in document.data
