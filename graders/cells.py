"""The two kinds of cell a grading needs: a fresh one that answers, and a judge that already knows the package."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from graders.package import Package
from graders.protocol import QUEUE_GPU
from sandbox import Cell, CellEnded, Limits, Profile
from sandbox.images import GPU_IMAGE

HERE = Path(__file__).parent
JUDGE_FILES = ("__init__", "values", "kit", "protocol", "candidate", "asking", "heat", "lazy", "judge", "judge_cell")
START_SECONDS = 90.0


class Source(Protocol):
    """Where cells come from: a warm pool."""

    def take(self, profile: Profile, deadline: float) -> tuple[Cell, bool]:
        """A ready cell, and whether it was waiting warm."""


# Beside what the exercise allows, on the host: CUDA's libraries and its context, a compiler, what it builds.
CUDA_MB, CUDA_THREADS, BUILD_MB = 6144, 512, 512


def answer_profile(package: Package, queue: str = "") -> Profile:
    """The cell of the learner's code on `queue`; on one that is not the package's, such as regrade, as on its own."""
    name = "+".join(package.preload) or "plain"
    if (queue if queue in package.queues else package.queue) == QUEUE_GPU:
        limits = Limits(memory_mb=package.limits.memory_mb + CUDA_MB, processes=CUDA_THREADS, disk_mb=BUILD_MB)
        return Profile(f"gpu:{name}", GPU_IMAGE, package.preload, limits, gpu=True)
    return Profile(name, preload=package.preload, limits=Limits(memory_mb=package.limits.memory_mb))


def judge_profile(package: Package) -> Profile:
    """The judge is ours and the author's: more memory, and numpy always."""
    return Profile(
        name="judge:" + "+".join(package.preload),
        preload=("numpy", *package.preload),
        limits=Limits(memory_mb=4096, log_kb=1024, lifetime_seconds=7 * 24 * 3600),
    )


def answer_files(package: Package, source: str) -> dict[str, bytes]:
    """Everything that enters the answer cell. Nothing of the package but its adapter."""
    files = {
        "answer.py": (HERE / "answer.py").read_bytes(),
        "values.py": (HERE / "values.py").read_bytes(),
        "solution.py": source.encode("utf-8"),
    }
    if "adapter.py" in package.files:
        files["adapter.py"] = package.files["adapter.py"]
    return files


def judge_files(package: Package) -> dict[str, bytes]:
    files = {f"graders/{name}.py": (HERE / f"{name}.py").read_bytes() for name in JUDGE_FILES}
    wanted = ("reference.py", "cases.py", "adapter.py")
    for name, content in package.files.items():
        if name in wanted or name.startswith("submissions/failed/"):
            files[f"package/{name}"] = content
    manifest = {
        "functions": package.functions,
        "limits": asdict(package.limits),
        "hints": package.hints,
        "key": package.key,
    }
    return files | {"manifest.json": json.dumps(manifest).encode()}


class Cells:
    """Hands out both kinds. Judges are kept, the least recently used one goes when there are too many."""

    def __init__(self, source: Source, judges: int = 4) -> None:
        self.source, self.limit = source, judges
        self.idle: dict[str, list[Cell]] = {}  # digest → judges, least recently used digest first
        self.lock = threading.Lock()

    def answer(self, package: Package, queue: str = "") -> tuple[Cell, bool]:
        return self.source.take(answer_profile(package, queue), time.monotonic() + START_SECONDS)

    @contextmanager
    def judge(self, package: Package) -> Iterator[Cell]:
        """A judge of `package`, for one grading. One that fails is not used again."""
        cell = self._known_judge(package) or self._new_judge(package)
        try:
            yield cell
        except BaseException:
            cell.kill()
            raise
        self._give_back(package, cell)

    def _known_judge(self, package: Package) -> Cell | None:
        with self.lock:
            waiting = self.idle.get(package.digest, [])
            while waiting:
                cell = waiting.pop()
                if cell.alive():
                    return cell
                cell.kill()
        return None

    def _new_judge(self, package: Package) -> Cell:
        deadline = time.monotonic() + START_SECONDS
        cell, _ = self.source.take(judge_profile(package), deadline)
        try:
            cell.load(judge_files(package), "graders/judge_cell.py", deadline)
        except CellEnded:
            cell.kill()
            raise
        return cell

    def _give_back(self, package: Package, cell: Cell) -> None:
        dropped: list[Cell] = []
        with self.lock:
            cells = self.idle.pop(package.digest, [])
            self.idle[package.digest] = [*cells, cell]  # now the most recently used
            while sum(map(len, self.idle.values())) > self.limit:
                oldest = next(iter(self.idle))
                if self.idle[oldest]:
                    dropped.append(self.idle[oldest].pop(0))
                if not self.idle[oldest]:
                    del self.idle[oldest]
        for one in dropped:
            one.kill()

    def close(self) -> None:
        with self.lock:
            cells = [cell for found in self.idle.values() for cell in found]
            self.idle.clear()
        for cell in cells:
            cell.kill()
