"""A solution that the judge runs itself: the reference, or a known mistake. Judge cell only."""

from __future__ import annotations

import importlib.util
import sys
import time
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from graders import values

PACKAGE = Path("package")


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look their module up
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=1)
def cases_module() -> ModuleType:
    return load(PACKAGE / "cases.py", "package_cases")


class Candidate:
    """`name` is a file of the package. Answers questions exactly as the answer cell does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.module = load(PACKAGE / name, "candidate_" + name.replace("/", "_").removesuffix(".py"))
        self.adapter: ModuleType | None = None
        self.seconds = 0.0  # spent in calls
        self.reset()

    @property
    def cases(self) -> ModuleType:
        return cases_module()

    def reset(self) -> None:
        """A fresh adapter, once: what it keeps between steps is then this candidate's own."""
        if self.adapter is None and (PACKAGE / "adapter.py").exists():
            self.adapter = load(PACKAGE / "adapter.py", f"adapter_of_{self.module.__name__}")

    def call(self, question: dict[str, Any]) -> Any:
        """The answer, through the wire's encoding and back, so that it is compared like with like."""
        began = time.perf_counter()
        function = getattr(self.adapter, question["call"], None)
        if function is not None:
            value = function(self.module, *question["args"], **question["kwargs"])
        else:
            value = getattr(self.module, question["call"])(*question["args"], **question["kwargs"])
        self.seconds += time.perf_counter() - began
        return values.decode(values.encode(value))
