"""What grading is compared with: the cases in a plain warm process, pytest, and pytest in a cold container."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.docker_config import PYTHON

ROOT = Path(__file__).resolve().parent.parent

# Runs the cases of an exercise directly, again and again: no sandbox, no wire, no judge.
WARM = """
import importlib.util, json, sys, time
import numpy, torch
torch.set_num_threads(1)
from pathlib import Path
folder = Path(sys.argv[1])

def load(name):
    spec = importlib.util.spec_from_file_location(name, folder / (name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

cases, adapter = load("cases"), load("adapter") if (folder / "adapter.py").exists() else None
for seed in range(int(sys.argv[2])):
    asked = [*cases.samples(numpy.random.default_rng(1)), *cases.cases(numpy.random.default_rng(seed))]
    began = time.perf_counter()
    solution = load("reference")
    for case in asked:
        function = getattr(adapter, case.call, None)
        if function is not None:
            function(solution, *case.args, **case.kwargs)
        else:
            getattr(solution, case.call)(*case.args, **case.kwargs)
    print(json.dumps((time.perf_counter() - began) * 1000), flush=True)
"""

# The usual way: tests, reference and submission together in one container that is started for the purpose.
COLD_TEST = """
import importlib.util
from pathlib import Path

import numpy
import pytest

from graders import values
from graders.kit import Asked, close

HERE = Path(__file__).parent


def load(name, alias):
    spec = importlib.util.spec_from_file_location(alias, HERE / (name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases, adapter = load("cases", "cases"), load("adapter", "adapter") if (HERE / "adapter.py").exists() else None
solution, reference = load("reference", "solution"), load("reference", "reference")
ASKED = [*cases.samples(numpy.random.default_rng(1)), *cases.cases(numpy.random.default_rng(2))]


def answer(module, case):
    function = getattr(adapter, case.call, None)
    arguments = [getattr(value, "clone", lambda value=value: value)() for value in case.args]
    if function is not None:
        value = function(module, *arguments, **case.kwargs)
    else:
        value = getattr(module, case.call)(*arguments, **case.kwargs)
    return values.decode(values.encode(value))  # plain tensors, without their history


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.name)
def test_case(case):
    check = case.check or close()
    assert check(answer(solution, case), answer(reference, case), Asked(case.args, case.kwargs)) is None
"""


def warm_times(exercise: Path, count: int) -> list[float]:
    """Milliseconds of all cases on the reference in a process that has torch imported; the first run is dropped."""
    command = [sys.executable, "-c", WARM, str(exercise), str(count + 1)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()][1:]


@contextmanager
def tests_of(exercise: Path) -> Iterator[Path]:
    """A folder with an exercise's files and its cases as tests, the usual way."""
    with tempfile.TemporaryDirectory(prefix="anneal-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path in exercise.glob("*.py"):
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "test_cases.py").write_text(COLD_TEST)
        yield folder


def pytest_times(exercise: Path, count: int) -> list[float]:
    """Milliseconds of `python -m pytest` for the same cases: a process of its own, and no sandbox."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cases.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with tests_of(exercise) as folder:
        return [_timed(command, cwd=folder, env=environment) for _ in range(count)]


def cold_times(exercise: Path, image: str, count: int) -> list[float]:
    """Milliseconds of `docker run` with pytest and torch for the same cases, from nothing to its exit."""
    import iniconfig
    import packaging
    import pluggy
    import pygments
    import pytest

    with tests_of(exercise) as folder:
        site = Path(pytest.__file__).parent.parent
        mounts = [f"{folder}:/work:ro", f"{ROOT / 'graders'}:/lib-ours/graders:ro"]
        for module in (iniconfig, packaging, pluggy, pygments, pytest):
            part = Path(module.__file__).parent
            mounts.append(f"{part}:/lib-ours/{part.name}:ro")
        mounts += [f"{site / name}:/lib-ours/{name}:ro" for name in ("_pytest", "py.py")]
        return [_docker_run(image, mounts) for _ in range(count)]


def _docker_run(image: str, mounts: list[str]) -> float:
    command = ["docker", "run", "--rm", "--network", "none", "-e", "PYTHONPATH=/lib-ours", "-e", "OMP_NUM_THREADS=1"]
    for mount in mounts:
        command += ["-v", mount]
    command += ["--workdir", "/work", "--entrypoint", PYTHON, image]
    command += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cases.py"]
    return _timed(command)


def _timed(command: list[str], **how: object) -> float:
    began = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, **how)
    if run.returncode:
        raise RuntimeError(f"{command[:4]} failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return (time.perf_counter() - began) * 1000
