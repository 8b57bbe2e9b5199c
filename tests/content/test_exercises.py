"""What an exercise's folder must hold besides passing `python -m graders check`."""

import importlib.util
import re
from pathlib import Path

import pytest

from graders.package import Package

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

EXERCISES = sorted(path.parent for path in (Path(__file__).parents[2] / "exercises").glob("*/exercise.toml"))


@pytest.fixture(params=EXERCISES, ids=lambda path: path.name)
def package(request):
    return Package.read(request.param)


def cases_of(package):
    path = next(folder for folder in EXERCISES if folder.name == package.key) / "cases.py"
    spec = importlib.util.spec_from_file_location(f"cases_of_{package.key.replace('-', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [*module.samples(numpy.random.default_rng(1))], [*module.cases(numpy.random.default_rng(2))]


def names(cases):
    return list(dict.fromkeys(case.name for case in cases))


def test_rows_are_neither_few_nor_many(package):
    samples, hidden = cases_of(package)

    assert 1 <= len(names(samples)) <= 4
    assert 5 <= len(names(hidden)) <= 16


def test_every_row_has_a_chinese_name_and_no_name_is_left_over(package):
    samples, hidden = cases_of(package)

    assert set(package.names["zh-hans"]) == {*names(samples), *names(hidden)}


def test_at_least_four_known_mistakes_have_a_hint_in_both_languages(package):
    mistakes = {Path(file).stem for outcome, file in package.known_submissions() if outcome == "failed"}

    assert len(package.hints) >= 4
    assert set(package.hints) <= mistakes
    assert all(hint.get("en") and hint.get("zh-hans") for hint in package.hints.values())


def test_there_are_two_other_ways_to_be_right(package):
    right = [file for outcome, file in package.known_submissions() if outcome == "passed"]

    assert len(right) >= 2


def test_the_texts_are_there_in_both_languages(package):
    for words in (package.title, package.summary):
        assert words.get("en") and words.get("zh-hans")
    assert len(package.text("statement.md")) > 400
    assert re.search("[\u4e00-\u9fff]", package.text("statement.zh-hans.md"))


def test_the_reference_is_short_enough_to_read(package):
    assert len(package.text("reference.py").splitlines()) <= 60
