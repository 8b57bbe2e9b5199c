"""Where a wrong array differs from the right one, small enough to be drawn: for the sample cases, which are shown.

The judge makes it, the site draws it (`learn/exercises/heat.py`).
"""

from __future__ import annotations

import math
from typing import Any

from graders import kit

MOST_ROWS, MOST_COLUMNS = 16, 32
LEVELS = 9  # 0: no difference to speak of; 9: the largest one
NOT_FINITE = "x"


def drawn(found: kit.Mismatch, got: Any, want: Any) -> dict[str, Any]:
    """The map as a detail of the mismatch, where its kind has a place in an array."""
    made = heat(got, want, found.details.get("where", "")) if found.kind in ("value", "nan", "inf") else None
    return {"heat": made} if made else {}


def heat(got: Any, want: Any, where: str) -> dict[str, Any] | None:
    """A map of |got - want| at the place `where` of the answers, such as "[0]"; None where there are no arrays.

    Of more than two dimensions it is the matrix (the last two) that holds the largest difference; what is
    larger than 16 × 32 is put together in blocks, each with the largest difference in it.
    """
    import numpy as np

    pair = _arrays(got, want, where)
    if pair is None:
        return None
    error = _error(*pair)
    if error.ndim == 0 or not error.size:
        return None
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    plane = np.atleast_2d(error[worst[:-2]])
    blocks = _pooled(plane)
    finite = blocks[np.isfinite(blocks)]
    top = float(finite.max()) if finite.size else 0.0
    return {
        "shape": list(error.shape),
        "plane": [int(i) for i in worst[:-2]],
        "covers": list(plane.shape),
        "rows": ["".join(_level(float(value), top) for value in row) for row in blocks],
    }


def _error(got: Any, want: Any) -> Any:
    """|got - want|, infinite where one of them is not finite and the other is not the same."""
    import numpy as np

    got, want = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got - want)
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    return np.where(same, 0.0, np.where(np.isfinite(error), error, np.inf))


def _pooled(plane: Any) -> Any:
    """`plane` in at most 16 × 32 blocks, each as its largest value."""
    import numpy as np

    rows = np.linspace(0, plane.shape[0], min(plane.shape[0], MOST_ROWS), endpoint=False).astype(int)
    columns = np.linspace(0, plane.shape[1], min(plane.shape[1], MOST_COLUMNS), endpoint=False).astype(int)
    return np.maximum.reduceat(np.maximum.reduceat(plane, rows, axis=0), columns, axis=1)


def _level(error: float, top: float) -> str:
    if not math.isfinite(error):
        return NOT_FINITE
    return str(math.ceil(LEVELS * error / top - 1e-3)) if error > 1e-3 * top else "0"


def _arrays(got: Any, want: Any, where: str) -> tuple[Any, Any] | None:
    """The two arrays at `where`, as numpy; None unless both are there and of one shape."""
    for place, one, other in _leaves(got, want, ""):
        if place == where and kit.is_array(one) and kit.is_array(other) and one.shape == other.shape:
            return kit.as_numpy(one), kit.as_numpy(other)
    return None


def _leaves(got: Any, want: Any, where: str) -> Any:
    """(place, got, want) of everything that stands at the same place of both answers."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want.keys() & got.keys():
            yield from _leaves(got[key], want[key], f"{where}[{key!r}]")
    elif isinstance(want, list | tuple) and isinstance(got, list | tuple):
        for index, (one, other) in enumerate(zip(got, want, strict=False)):
            yield from _leaves(one, other, f"{where}[{index}]")
    else:
        yield where, got, want
