"""The reference of an exercise as a module."""

import importlib.util
from pathlib import Path
from types import ModuleType

EXERCISES = Path(__file__).parents[2] / "exercises"


def reference(key: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"reference_of_{key.replace('-', '_')}", EXERCISES / key / "reference.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
