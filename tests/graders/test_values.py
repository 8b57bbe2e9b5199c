"""The wire between the cells: what goes in comes out, and hostile bytes are refused before they cost memory."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graders import values

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_data_survives_the_wire(value):
    try:
        raw = values.encode(value)
    except values.Malformed:
        return  # lone surrogates and the like are told by another test
    back = values.decode(raw)
    assert back == value or any(0xD800 <= ord(c) < 0xE000 for c in repr(value))


@pytest.mark.parametrize("name", [name for name, _ in values.DTYPES])
@pytest.mark.parametrize("shape", [(), (3,), (0, 4), (2, 3, 5)])
def test_a_tensor_keeps_dtype_shape_and_bits(name, shape):
    tensor = (torch.rand(shape) * 9 - 4).to(getattr(torch, name))

    back = values.decode(values.encode(tensor))

    assert back.dtype == tensor.dtype and back.shape == tensor.shape
    assert torch.equal(back, tensor)


def test_a_view_that_is_not_contiguous_arrives_as_it_looks():
    tensor = torch.arange(12.0).reshape(3, 4).t()[1:]

    assert torch.equal(values.decode(values.encode(tensor)), tensor)


def test_nan_and_infinities_arrive():
    back = values.decode(values.encode(np.array([np.nan, np.inf, -np.inf])))

    assert np.isnan(back[0]) and back[1] == np.inf and back[2] == -np.inf


def test_what_is_no_plain_data_says_its_type():
    assert values.decode(values.encode({"a": [object()]})) == {"a": [values.Unsupported("object")]}
    assert values.decode(values.encode({1: 2})) == values.Unsupported("dict")
    assert values.decode(values.encode(torch.zeros(2, dtype=torch.complex64))) == values.Unsupported(
        "tensor of complex64"
    )


def test_a_list_that_contains_itself_is_refused():
    loop: list = []
    loop.append(loop)

    with pytest.raises(values.Malformed):
        values.encode(loop)


def u32(number: int) -> bytes:
    return struct.pack(">I", number)


HOSTILE = {
    "nothing": b"",
    "no such tag": b"?",
    "a list of four billion": b"l" + u32(2**32 - 1),
    "lists of lists of lists": (b"l" + u32(1)) * 1000 + b"N",
    "a text cut off": b"s" + u32(10) + b"abc",
    "a text that is no UTF-8": b"s" + u32(2) + b"\xff\xfe",
    "bytes after the value": b"NN",
    "a dictionary with a key twice": b"m" + u32(2) + (u32(1) + b"k" + b"N") * 2,
    "dimensions whose product overflows": b"A" + bytes([1, 4]) + struct.pack(">4Q", *[2**62] * 4),
    "an empty tensor that is huge": b"A" + bytes([1, 3]) + struct.pack(">3Q", 0, 2**60, 2**60),
    "a tensor larger than its frame": b"A" + bytes([1, 1]) + struct.pack(">Q", 1000) + b"\0" * 8,
    "a tensor of no known dtype": b"A" + bytes([99, 0]),
    "a tensor of 200 dimensions": b"A" + bytes([1, 200]),
    "a bfloat16 for numpy": b"a" + bytes([3, 0]) + b"\0\0",
    "an integer of a gigabyte": b"I" + u32(2**30),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_malformed(raw):
    with pytest.raises(values.Malformed):
        values.decode(raw)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_malformed_and_nothing_else(raw):
    try:
        values.decode(raw)
    except values.Malformed:
        pass


def test_a_bool_tensor_of_odd_bytes_becomes_true():
    back = values.decode(b"A" + bytes([9, 1]) + struct.pack(">Q", 3) + b"\x00\x02\xff")

    assert back.tolist() == [False, True, True]
