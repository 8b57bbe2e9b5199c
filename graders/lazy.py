"""The lazy eight: answers of the right form with nothing in them. Every exercise must fail each of them.

An absolute tolerance lets zeros pass where outputs are small (KernelBench issue 165 found 4 of 60 such
problems), so `check` puts these answers through the same judge as any submission.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graders import values
from graders.asking import Reply
from graders.candidate import Candidate


@dataclass(frozen=True)
class Lazy:
    """`fill(array, question)` replaces every array or number of the reference's answer."""

    name: str
    fill: Callable[[Any, dict[str, Any]], Any]

    def asker(self) -> LazyAsker:
        return LazyAsker(self)


class LazyAsker:
    """Answers as a lazy one does, in the judge cell itself."""

    def __init__(self, lazy: Lazy) -> None:
        self.lazy, self.reference = lazy, Candidate("reference.py")
        self.asked: deque[bytes] = deque()

    def put(self, question: bytes, *, sample: bool, seconds: float, load: bool = False) -> None:
        self.asked.append(question)

    def get(self) -> Reply:
        raw = self.asked.popleft()
        question = values.decode(raw)
        if "load" in question:
            return Reply("loaded", body={"missing": []})
        answer = self.reference.call(values.decode(raw))
        if self.lazy.name == "input":
            return Reply("answered", next(iter(question["args"]), None))
        return Reply("answered", replace(answer, self.lazy.fill, question))


def replace(answer: Any, fill: Callable[[Any, dict[str, Any]], Any], question: dict[str, Any]) -> Any:
    if isinstance(answer, dict):
        return {key: replace(item, fill, question) for key, item in answer.items()}
    if isinstance(answer, list | tuple):
        return type(answer)(replace(item, fill, question) for item in answer)
    if hasattr(answer, "dtype"):
        return _filled(answer, fill, question)
    if isinstance(answer, bool):
        return bool(_number(fill, question))
    if isinstance(answer, int | float):
        number = _number(fill, question)
        return number if isinstance(answer, float) else int(number) if number == number and abs(number) < 1e9 else 0
    return "" if isinstance(answer, str) else None


def _number(fill: Callable[[Any, dict[str, Any]], Any], question: dict[str, Any]) -> float:
    """For a number by itself. Its own mean would be the right answer, so it is filled as if it were zero."""
    import numpy as np

    return float(np.asarray(fill(np.zeros(1), question)).reshape(-1)[0])


def _filled(answer: Any, fill: Callable[[Any, dict[str, Any]], Any], question: dict[str, Any]) -> Any:
    import numpy as np

    is_tensor = type(answer).__module__.startswith("torch")
    plain = answer.double().numpy() if is_tensor else answer.astype(np.float64)
    filled = np.broadcast_to(fill(plain, question), plain.shape)
    if not is_tensor:
        with np.errstate(invalid="ignore"):
            return filled.astype(answer.dtype)
    import torch

    wanted = torch.from_numpy(np.array(filled))
    if not answer.dtype.is_floating_point:
        wanted = torch.nan_to_num(wanted, nan=0.0, posinf=1.0, neginf=0.0)
    return wanted.to(answer.dtype)


def _garbage(array: Any, question: dict[str, Any]) -> Any:
    """What uninitialised memory may hold. Random bits: real freed memory could hold the reference's answer."""
    import numpy as np

    count = max(array.size, 1)
    bits = np.random.default_rng().integers(0, 2**64, count, dtype=np.uint64)
    return bits.view(np.float64)[: array.size].reshape(array.shape)


def _mean(array: Any, question: dict[str, Any]) -> Any:
    import numpy as np

    return np.full(array.shape, array.mean() if array.size else 0.0)


def _constant(value: float) -> Callable[[Any, dict[str, Any]], Any]:
    def fill(array: Any, question: dict[str, Any]) -> Any:
        import numpy as np

        return np.full(array.shape, value)

    return fill


LAZY = {
    lazy.name: lazy
    for lazy in (
        Lazy("zeros", _constant(0.0)),
        Lazy("ones", _constant(1.0)),
        Lazy("input", _constant(0.0)),
        Lazy("constant", _constant(0.5)),
        Lazy("nan", _constant(float("nan"))),
        Lazy("inf", _constant(float("inf"))),
        Lazy("uninitialised", _garbage),
        Lazy("mean", _mean),
    )
}
