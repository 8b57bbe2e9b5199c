"""Lessons say what is so: their programs print what they show, and their languages have the same parts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

COURSES = Path(__file__).parents[2] / "courses"
LESSONS = sorted(COURSES.glob("*/*/[0-9]*.md"))
PROGRAM = re.compile(r"^```python run\n(.*?)^```\n(?:\s*^```output\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
PARTS = re.compile(r"^::: \w+ [\w-]+|^!\[.*?\]\(([^) ]+)|^## |^```\w+", re.MULTILINE)
PROGRAMS = [(path, index) for path in LESSONS for index in range(len(PROGRAM.findall(path.read_text("utf-8"))))]


def name(value):
    return f"{value.parent.name}/{value.name}" if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("path", "index"), PROGRAMS, ids=name)
def test_a_program_prints_what_the_lesson_shows(path, index):
    code, shown = PROGRAM.findall(path.read_text("utf-8"))[index]
    # One thread, since a sum may round differently over several; nothing may be fetched.
    quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8"}

    ran = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, encoding="utf-8", env=os.environ | quiet, timeout=120
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout == shown


def outline(path):
    """Headings, figures, plots, questions and programs of a lesson, in order, without words."""
    return [match[1] or match[0] for match in PARTS.finditer(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", [path for path in LESSONS if path.name.count(".") == 1], ids=name)
def test_a_lesson_has_the_same_parts_in_chinese(path):
    chinese = path.with_suffix(".zh-hans.md")

    assert chinese.exists(), f"{chinese.name} is not written yet"
    assert outline(chinese) == outline(path)
