"""Documentation that cannot rot: every setting and command has its heading, every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_layout import ROOT, tracked

OPERATOR = ROOT / "docs" / "operator"
SETTINGS = (OPERATOR / "settings.md").read_text()
COMMANDS = (OPERATOR / "commands.md").read_text()

# Names of ours, and those of others that we read as settings.
SETTING = re.compile(r"\b(ANNEAL_[A-Z_]+[A-Z]|DATABASE_URL|REDIS_URL|EMAIL_URL|DEFAULT_FROM_EMAIL)\b")
COMPOSE_ONLY = re.compile(r"\$\{([A-Z_]+)")
# How cells and the doctor know their own: set by us for us.
INTERNAL = {"ANNEAL_CELL", "ANNEAL_DOCTOR_SECRET", "ANNEAL_CANARY"}

MODULES = {
    "graders": ("grade", "check", "replay", "worker"),
    "sandbox": ("setup", "doctor", "keeper", "sweep"),
}


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", text, re.M)


def settings_in_code() -> set[str]:
    files = tracked("platform/*.py", "graders/*.py", "sandbox/*.py", "tests/*.py", "tests/*/*.py", "run", "test")
    found = {name for path in files for name in SETTING.findall(path.read_text(errors="replace"))}
    return (found | set(COMPOSE_ONLY.findall((ROOT / "docker-compose.yml").read_text()))) - INTERNAL


def test_every_setting_that_the_code_reads_has_a_heading():
    assert settings_in_code() - set(headings(SETTINGS)) == set()


def test_no_heading_is_left_of_a_setting_that_is_gone():
    named = {name for name in headings(SETTINGS) if SETTING.fullmatch(name)}
    assert named - settings_in_code() == set()


def test_every_variable_of_compose_is_in_its_example_or_has_a_default():
    text, example = (ROOT / "docker-compose.yml").read_text(), (ROOT / ".env.example").read_text()
    for name in re.findall(r"\$\{([A-Z_]+):\?", text):
        assert f"\n{name}=" in example
    assert set(re.findall(r"^([A-Z_]+)=", example, re.M)) <= set(COMPOSE_ONLY.findall(text))


def test_every_management_command_has_a_heading():
    commands = {path.stem for path in tracked("platform/*/management/commands/*.py")} - {"__init__"}
    assert {f"manage.py {name}" for name in commands} - set(headings(COMMANDS)) == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_command_of_a_module_has_a_heading_and_says_how_it_is_used(module):
    said = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    found = set(re.search(r"\{([a-z,]+)\}", said)[1].split(",")) if "{" in said else set(MODULES[module])

    assert found == set(MODULES[module])
    assert {f"python -m {module} {name}" for name in found} - set(headings(COMMANDS)) == set()


def test_the_two_scripts_have_a_heading():
    assert {"./run", "./test"} <= set(headings(COMMANDS))


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in headings(path.read_text())}


@pytest.mark.parametrize("path", tracked("*.md", "docs/*.md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(path):
    if "courses" in path.parts or "exercises" in path.parts:
        return  # content has tests of its own
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{path.name} links to {target}"
        assert not anchor or anchor in anchors(file), f"{path.name} links to {target}"
