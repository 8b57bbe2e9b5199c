"""Which checks `./test` makes, in the order in which a mistake is cheapest to learn of."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

# Modules without Django: there mypy is strict, elsewhere it checks what is annotated.
PLAIN = [
    "graders",
    "sandbox",
    "platform/learn/courses/content.py",
    "platform/learn/quizzes/expressions.py",
    "platform/learn/quizzes/numbers.py",
    "platform/learn/quizzes/asking.py",
    "platform/learn/quizzes/grading.py",
    "platform/learn/courses/markdown.py",
    "platform/learn/courses/fragments.py",
    "platform/learn/courses/walk.py",
    "platform/learn/courses/directives.py",
    "platform/learn/courses/figures.py",
    "platform/learn/courses/formulas.py",
    "platform/learn/reviews/rating.py",
    "platform/learn/reviews/days.py",
    "platform/learn/reviews/schedule.py",
    "platform/learn/lessons/sequence.py",
    "platform/learn/authoring/reader.py",
    "platform/learn/authoring/checks.py",
    "platform/learn/starting",
]

# Settings as a public site has them: what Django's deployment check is about.
DEPLOYED = {
    "ANNEAL_BASE_URL": "https://learn.example.org",
    "ANNEAL_SECRET_KEY": secrets.token_urlsafe(64),
    "DATABASE_URL": "sqlite://:memory:",
}


@dataclass(frozen=True)
class Check:
    title: str
    words: list[str]  # for the Python of .venv
    environment: dict[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = (0,)
    # Made one after another while this one is: what they say comes after it.
    beside: tuple[Check, ...] = ()


# What takes minutes and minds no neighbour, nor is one to those who watch the machine: cells of bwrap alone.
BESIDE = [
    *("tests/content", "tests/graders", "tests/learn", "tests/oracles", "tests/test_content.py"),
    *("tests/starting/test_backup.py", "tests/starting/test_chaos.py"),
]

CHECKS = [
    Check("style (ruff)", ["-m", "ruff", "check", "."]),
    Check("layers (import-linter)", ["-c", "from importlinter.cli import lint_imports_command as run; run()"]),
    Check("types (mypy)", ["-m", "mypy", *PLAIN]),
    Check("deployment", ["manage.py", "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    Check("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"], DEPLOYED),
]


def passes(environment: dict[str, str]) -> list[Check]:
    """The tests: side by side where that is safe, one at a time where they share an engine, and on PostgreSQL."""
    alone = "docker or browser or slow"
    beside = [Check("slow tests, beside them", ["-m", "pytest", "-m", alone, *BESIDE], fine=(0, 5))]
    if url := environment.get("ANNEAL_TEST_POSTGRES_URL"):
        words = ["-m", "pytest", "tests/learn", "-m", f"not ({alone})"]
        on_postgresql = {"DATABASE_URL": url, "ANNEAL_TEST_DATABASE": "1"}
        beside.append(Check("the site's tests on PostgreSQL, beside them", words, on_postgresql))
    rest = ["-m", "pytest", "-m", alone, *(f"--ignore={path}" for path in BESIDE)]
    return [
        Check("tests, side by side", ["-m", "pytest", "-n", "2", "-m", f"not ({alone})"]),
        Check("tests, one at a time", rest, fine=(0, 5), beside=tuple(beside)),
    ]
