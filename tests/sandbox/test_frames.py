"""The bundle of `load`: packed outside the cell, unpacked inside it by `boot.py`."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox
from sandbox import frames

PATH = Path(sandbox.__file__).parent / "cell" / "boot.py"
SPEC = importlib.util.spec_from_file_location("boot", PATH)
boot = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(boot)

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0."), min_size=1)


def test_both_sides_use_the_same_words():
    assert (boot.READY, boot.LOADED) == (frames.READY, frames.LOADED)


@given(st.dictionaries(NAMES, st.binary()), NAMES)
def test_what_is_packed_is_unpacked(files, entry):
    assert boot.unpack(frames.pack(files, entry)) == (entry, files)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "a\0b"])
def test_a_name_that_leaves_the_folder_is_refused(name):
    with pytest.raises(ValueError, match="not a file name"):
        frames.pack({name: b""}, "main.py")
