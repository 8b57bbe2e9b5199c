import pytest

from learn.reviews.cloze import answered, asked, has_gap


def test_a_gap_is_asked_and_then_filled():
    card = "Softmax divides by ==the sum of the exponentials==, so rows sum to ==1==."

    assert asked(card) == "Softmax divides by **[…]**, so rows sum to **[…]**."
    assert answered(card) == "Softmax divides by **the sum of the exponentials**, so rows sum to **1**."


@pytest.mark.parametrize("card", ["a == b == c", "`x==1==y`", "```\nif a==b==c:\n```", "====", "plain"])
def test_comparing_is_no_gap(card):
    assert not has_gap(card)
    assert asked(card) == answered(card) == card


def test_a_gap_beside_code_is_one():
    assert asked("`a==b==c` is ==chained==") == "`a==b==c` is **[…]**"
