"""The tree: `platform/` stays a source root, layers are kept, and no file grows out of hand."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv = ['lint-imports']; run()"
# The aim is 300; a table of sentences may need a few more.
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 320, 40


def tracked(*patterns: str) -> list[Path]:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in found.split("\0") if name and (ROOT / name).is_file()]


def code() -> list[Path]:
    """Python of ours; not what learners and attackers wrote."""
    found = tracked("platform/*.py", "graders/*.py", "sandbox/*.py", "bench/*.py", "containers/*.py", "manage.py")
    return [path for path in found if ROOT / "bench" / "course" not in path.parents]  # exercises are content


def test_platform_is_a_source_root():
    assert [path.name for path in (ROOT / "platform").iterdir() if path.name != "__pycache__"] == ["learn"]


def test_python_still_finds_its_own_platform():
    script = "import platform, uuid; print(platform.system())"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def test_content_is_no_package():
    assert not [path for path in tracked("courses/*", "exercises/*") if path.name == "__init__.py"]


def test_the_layers_are_kept():
    ended = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_a_forbidden_import_is_found(tmp_path):
    """The contracts bite: the same rules over a copy in which a grader imports Django."""
    import shutil

    for name in ("graders", "sandbox", "platform"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("static", "__pycache__", "images"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "graders" / "store.py").open("a") as file:
        file.write("\nimport django.db  # noqa\n")
    script = f"import sys; sys.path[:0] = ['platform', '.']; {LINT}"

    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode != 0 and "graders.store -> django" in ended.stdout, ended.stdout[-3000:]


def test_no_app_grows_a_drawer_for_everything():
    names = {"utils.py", "helpers.py", "services.py", "signals.py", "common.py", "misc.py"}
    assert not [path for path in code() if path.name in names]


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_readable(path):
    text = path.read_text()
    if "migrations" in path.parts:
        return
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if node.end_lineno - node.lineno >= MOST_LINES_OF_A_FUNCTION]

    assert text.count("\n") <= MOST_LINES
    assert not long


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path):
    if path.name in ("__init__.py", "apps.py") or "migrations" in path.parts or path.read_text().strip() == "":
        return
    assert ast.get_docstring(ast.parse(path.read_text())), "a module opens with a sentence on what it is"
