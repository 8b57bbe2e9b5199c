"""An author's mistakes in an exercise's folder are named with file, field and remedy."""

from __future__ import annotations

import shutil

import pytest

from graders.package import Package, PackageError
from graders.store import Store
from tests.graders.conftest import EXERCISES


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(EXERCISES / "scaled", tmp_path / "scaled")


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('size = "drill"', 'size = "huge"', "size is 'huge', not one of drill"),
        ('functions = ["scale"]', "", "functions must name"),
        ("seconds = 6", "seconds = -1", "limits.seconds must be a number above 0"),
        ("seconds = 6", "second = 6", "limits.second is no limit"),
        ("[hints.adds]", "[hints.added]", "hints.added has no submissions/failed/added.py"),
        ('[title]\nen = "Scale"', "", "[title] needs at least en"),
        ("[limits]", "[limits", "exercise.toml"),
    ],
)
def test_a_mistake_in_the_manifest_is_named(folder, old, new, words):
    edit(folder, "exercise.toml", old, new)

    with pytest.raises(PackageError) as error:
        Package.read(folder)
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["exercise.toml", "statement.md", "starter.py", "reference.py", "cases.py"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(PackageError, match=name):
        Package.read(folder)


def test_the_digest_changes_with_any_byte_and_with_nothing_else(folder):
    before = Package.read(folder).digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "cases.pyc").write_bytes(b"x")
    assert Package.read(folder).digest == before

    (folder / "cases.py").write_bytes((folder / "cases.py").read_bytes() + b"\n")
    assert Package.read(folder).digest != before


def test_a_store_gives_back_what_was_put_and_notices_a_change(folder, tmp_path):
    package, store = Package.read(folder), Store(tmp_path / "store")
    store.put(package)
    store.put(package)

    assert store.get(package.digest) == package
    (tmp_path / "store" / package.digest / "scaled" / "cases.py").write_text("changed")
    with pytest.raises(PackageError, match="changed on disk"):
        store.get(package.digest)


def test_a_store_refuses_a_digest_that_is_a_path(tmp_path):
    with pytest.raises(PackageError, match="no digest"):
        Store(tmp_path).get("../etc")
