"""Numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.quizzes import numbers
from learn.quizzes.numbers import NotANumber, Quantity, in_unit, parse


@pytest.mark.parametrize(
    ("typed", "value", "unit"),
    [
        ("4096", 4096, ""), ("4,096", 4096, ""), ("1,234,567.5", 1234567.5, ""), ("4 096", 4096, ""), ("-3", -3, ""),
        ("−3", -3, ""), ("1.5e-3", 0.0015, ""), ("2^20", 2**20, ""), ("2**10", 1024, ""), ("3/4", 0.75, ""),
        ("6.7×10^9", 6.7e9, ""), ("6.7 x 10^9", 6.7e9, ""), ("12*64*4", 3072, ""), ("sqrt(16)", 4, ""), ("≈ 3", 3, ""),
        ("１２．５", 12.5, ""), ("64 GB", 64, "GB"), ("64GB", 64, "GB"), ("7B", 7, "B"), ("50%", 50, "%"),
        ("1.2 万", 1.2, "万"), ("30 毫秒", 30, "毫秒"), ("2e5", 2e5, ""), ("(1+2) GB", 3, "GB"), (" 5 ", 5, ""),
    ],
)  # fmt: skip
def test_what_people_type_is_read(typed, value, unit):
    assert parse(typed) == Quantity(pytest.approx(value), unit)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "abc",
        "0,5",
        "1,02",
        "12,34,567",
        "2e",
        "1 2",
        "1..2",
        "five",
        "9**9**9",
        "1/0",
        "nan",
        "inf",
        "x" * 500,
    ],
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(NotANumber):
        parse(typed)


@pytest.mark.parametrize(
    ("typed", "unit", "value"),
    [
        ("64", "GB", 64), ("64 GB", "GB", 64), ("64 gb", "GB", 64), ("64000 MB", "GB", 64), ("1 GiB", "MiB", 1024),
        ("0.5 s", "ms", 500), ("7B", "", 7e9), ("7B", "parameters", 7e9), ("4k", "tokens", 4000), ("50%", "", 0.5),
        ("50%", "%", 50), ("12 tokens", "", 12), ("2 TFLOPs", "GFLOPs", 2000), ("3 秒", "s", 3), ("8 bits", "bit", 8),
    ],
)  # fmt: skip
def test_a_typed_unit_is_converted(typed, unit, value):
    assert in_unit(parse(typed), unit) == pytest.approx(value)


@pytest.mark.parametrize(("typed", "unit"), [("64 GB", ""), ("64 GB", "ms"), ("12 tokens", "GB"), ("3 s", "tokens")])
def test_a_unit_that_contradicts_is_no_value(typed, unit):
    assert in_unit(parse(typed), unit) is None


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_are_read_as_they_are_shown(value):
    assert parse(numbers.shown(value)).value == value
    assert parse(f"{value:,}").value == value


@given(st.floats(1e-9, 1e12))
def test_a_number_that_is_shown_is_right_to_six_digits(value):
    assert parse(numbers.shown(value)).value == pytest.approx(value, rel=1e-5)


@given(st.text(max_size=50))
def test_any_text_is_read_or_refused(text):
    try:
        quantity = parse(text)
    except NotANumber:
        return
    in_unit(quantity, "GB")
