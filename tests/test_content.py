"""Every course in courses/: reads without a problem, and its programs print what it says they print."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from learn.authoring import surveying
from learn.courses import markdown
from learn.courses.content import Course
from learn.quizzes.grading import printed

COURSES = sorted(path.parent for path in Path(__file__).parents[1].glob("courses/*/course.toml"))
# One program at a time per core: torch alone takes two seconds to import.
WORKERS = max(1, (os.cpu_count() or 2) // 2)
SECONDS = 120


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_a_course_reads_without_a_problem(folder):
    assert [str(problem) for problem in surveying.survey(folder).problems] == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_programs_in_lessons_print_what_the_lesson_says(folder):
    course = surveying.read_course(folder).course
    programs = [program for lesson in course.lessons.values() for program in programs_of(lesson)]

    assert wrong(programs) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_what_does_it_print_has_the_real_answer_among_those_accepted(folder):
    programs = asked_programs(surveying.read_course(folder).course)

    assert wrong(programs) == []


def programs_of(lesson) -> list[tuple[str, str, list[str]]]:
    """(where, code, what it should print) of each `python run` with the `output` that follows it."""
    found = []
    for locale, body in lesson.body.items():
        fences = markdown.fences(body)
        for index, (line, info, code) in enumerate(fences):
            if info.split() == ["python", "run"]:
                following = fences[index + 1] if index + 1 < len(fences) else (0, "", "")
                outputs = [following[2]] if following[1] == "output" else []
                found.append((f"{lesson.key} ({locale}), line {line} of the text", code, outputs))
    return found


def asked_programs(course: Course) -> list[tuple[str, str, list[str]]]:
    return [
        (f"question {question.key}", question.code, [form for forms in question.accept.values() for form in forms])
        for question in course.questions.values()
        if question.kind == "output"
    ]


def wrong(programs: list[tuple[str, str, list[str]]]) -> list[str]:
    """What each program that does not print what is expected prints instead. The same code runs once."""
    codes = list(dict.fromkeys(code for _, code, _ in programs))
    with ThreadPoolExecutor(WORKERS) as pool:
        results = dict(zip(codes, pool.map(run, codes), strict=True))
    return [
        f"{where}: prints {results[code]!r}, expected {expected}"
        for where, code, expected in programs
        if printed(results[code]) not in {printed(one) for one in expected}
    ]


def run(code: str) -> str:
    """What a program prints, in a process of its own that cannot download anything."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=SECONDS, env=environment
    )
    return process.stdout if process.returncode == 0 else process.stdout + process.stderr


def test_a_program_that_prints_something_else_is_found():
    programs = [("a", "print(1)", ["1"]), ("b", "print(2)", ["1"]), ("c", "print(1)", [])]

    assert wrong(programs) == ["b: prints '2\\n', expected ['1']", "c: prints '1\\n', expected []"]
