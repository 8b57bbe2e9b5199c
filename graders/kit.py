"""What authors write cases with. Runs with the judge only; nothing here reaches the learner's code.

A case names a call and its arguments; the expected value is the same call on the reference. A check
compares the two and returns None, or the Mismatch that the learner is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.values import Unsupported

__all__ = ["Asked", "Case", "Check", "Mismatch", "Step", "all_of", "close", "equal", "mismatch", "show"]


@dataclass(frozen=True)
class Mismatch:
    """How an answer differs. `message` is English; the site words `kind` and `details` in other languages."""

    kind: str  # type, structure, shape, dtype, nan, value, property
    message: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """The question a check judges: the arguments as sent, and the steps that came before, as (got, want)."""

    args: Sequence[Any]
    kwargs: dict[str, Any]
    before: tuple[tuple[Any, Any], ...] = ()


Check = Callable[[Any, Any, Asked], Mismatch | None]


@dataclass(frozen=True)
class Step:
    """A call whose answer is asked for before the case's own, in a frame of its own."""

    call: str
    args: Sequence[Any] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One thing asked. Cases of the same name are one row for the learner: all of them must pass."""

    name: str
    call: str
    args: Sequence[Any] = ()
    check: Check | None = None  # None: close()
    kwargs: dict[str, Any] = field(default_factory=dict)
    points: float = 1.0
    before: Sequence[Step] = ()


def mismatch(kind: str, *, en: str, zh: str, **details: Any) -> Mismatch:
    """A mismatch in the author's own words, in both languages."""
    return Mismatch(kind, en, {**details, "text": {"en": en, "zh-hans": zh}})


# ------------------------------------------------------------------------------------------- checks

# Relative and absolute tolerance by dtype: those of torch.testing.assert_close.
TOLERANCES = {
    "float64": (1e-7, 1e-9),  # wider than torch's 1e-7/1e-7 on the absolute side: sums are small numbers too
    "float32": (1.3e-6, 1e-5),
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
}


def close(rtol: float | None = None, atol: float | None = None, *, dtype: bool = True) -> Check:
    """Same structure, shape and dtype; floats within `atol + rtol * |want|`, by default by the dtype of `want`.

    NaN equals NaN only where the reference has it; infinities must be equal. `dtype=False` accepts
    another floating dtype. Integers, booleans and text must be equal.
    """

    def check(got: Any, want: Any, asked: Asked) -> Mismatch | None:
        return _compare(got, want, rtol, atol, dtype, "")

    return check


def equal() -> Check:
    """Exactly the reference's answer: structure, shape, dtype and every value."""
    return close(0.0, 0.0)


def all_of(*checks: Check) -> Check:
    """The first mismatch of several checks."""

    def check(got: Any, want: Any, asked: Asked) -> Mismatch | None:
        for one in checks:
            found = one(got, want, asked)
            if found is not None:
                return found
        return None

    return check


# Two who make the same mistake in half precision may still round at different places.
ROUNDED_THEIR_WAY = {"float16": (5e-2, 5e-2), "bfloat16": (5e-2, 5e-2)}


def alike(one: Any, other: Any) -> bool:
    """Whether two programs that compute the same thing may have given these answers: a wider `close`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(alike, one, other))
    kind = _dtype(one) if is_array(one) else "float64"
    rtol, atol = TOLERANCES.get(kind, TOLERANCES["float64"])
    return _compare(one, other, *ROUNDED_THEIR_WAY.get(kind, (10 * rtol, 10 * atol)), True, "") is None


def _compare(got: Any, want: Any, rtol: float | None, atol: float | None, dtype: bool, where: str) -> Mismatch | None:
    if is_array(want) or is_array(got):
        return _compare_arrays(got, want, rtol, atol, dtype, where)
    if isinstance(want, float) and isinstance(got, float | int) and not isinstance(got, bool):
        return _compare_floats(float(got), want, rtol, atol, where)
    if type(got) is not type(want):
        return _types(got, want, where)
    if isinstance(want, dict):
        if got.keys() != want.keys():
            missing, extra = sorted(want.keys() - got.keys()), sorted(got.keys() - want.keys())
            message = f"{_at(where)}the dictionary should have the keys {sorted(want)}, not {sorted(got)[:20]}."
            return Mismatch("structure", message, {"missing": missing, "extra": extra[:20], "where": where})
        pairs = [(got[key], want[key], f"{where}[{key!r}]") for key in want]
    elif isinstance(want, list | tuple):
        if len(got) != len(want):
            message = f"{_at(where)}{len(want)} items were expected, {len(got)} came back."
            return Mismatch("structure", message, {"got": len(got), "expected": len(want), "where": where})
        pairs = [(got[i], want[i], f"{where}[{i}]") for i in range(len(want))]
    elif got != want:
        return Mismatch("value", f"{_at(where)}the value is not the expected one.", {"where": where})
    else:
        return None
    for one, other, place in pairs:
        found = _compare(one, other, rtol, atol, dtype, place)
        if found is not None:
            return found
    return None


def _compare_floats(got: float, want: float, rtol: float | None, atol: float | None, where: str) -> Mismatch | None:
    default_rtol, default_atol = TOLERANCES["float64"]
    allowed = (default_atol if atol is None else atol) + (default_rtol if rtol is None else rtol) * abs(want)
    if got == want or (math.isnan(got) and math.isnan(want)):
        return None
    if math.isnan(got):
        return Mismatch("nan", f"{_at(where)}the answer is NaN.", {"where": where})
    # An infinite value allows nothing near it: only itself is equal, which was asked above.
    if not (math.isfinite(want) and abs(got - want) <= allowed):
        return _value(abs(got - want), allowed, where)
    return None


def _compare_arrays(
    got: Any, want: Any, rtol: float | None, atol: float | None, dtype: bool, where: str
) -> Mismatch | None:
    if not is_array(got) or not is_array(want) or type(got) is not type(want):
        return _types(got, want, where)
    if tuple(got.shape) != tuple(want.shape):
        shapes = {"got": list(got.shape), "expected": list(want.shape), "where": where}
        message = f"{_at(where)}the shape is {shapes['got']}, expected {shapes['expected']}."
        return Mismatch("shape", message, shapes)
    names = (_dtype(got), _dtype(want))
    if names[0] != names[1] and (dtype or not ("float" in names[0] and "float" in names[1])):
        message = f"{_at(where)}the dtype is {names[0]}, expected {names[1]}."
        return Mismatch("dtype", message, {"got": names[0], "expected": names[1], "where": where})
    return _compare_elements(as_numpy(got), as_numpy(want), names[1], rtol, atol, where)


def _compare_elements(
    got: Any, want: Any, dtype: str, rtol: float | None, atol: float | None, where: str
) -> Mismatch | None:
    import numpy as np

    if not got.size:
        return None
    if "float" not in dtype:
        wrong = got != want
        if not wrong.any():
            return None
        place = [int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape)]
        share = float(wrong.mean())
        message = f"{_at(where)}{int(wrong.sum())} of {wrong.size} values differ, the first at {place}."
        return Mismatch("value", message, {"where": where, "at": place, "share": share})
    default_rtol, default_atol = TOLERANCES[dtype]
    allowed = (default_atol if atol is None else atol) + (default_rtol if rtol is None else rtol) * np.abs(want)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got - want)
    # An infinity equals only itself; a NaN only where the reference has one.
    fine = (got == want) | (np.isnan(got) & np.isnan(want)) | (np.isfinite(want) & (error <= allowed))
    if fine.all():
        return None
    if (np.isnan(got) & ~np.isnan(want)).any():
        return Mismatch("nan", f"{_at(where)}the answer contains NaN.", {"where": where})
    worst = int(np.argmax(np.where(fine, -1.0, np.where(np.isfinite(error), error, np.inf))))
    place = [int(i) for i in np.unravel_index(worst, error.shape)]
    limit = float(np.broadcast_to(allowed, error.shape).reshape(-1)[worst])
    found = _value(float(error.reshape(-1)[worst]), limit, where, place)
    found.details["share"] = float((~fine).mean())
    return found


def _value(error: float, allowed: float, where: str, place: list[int] | None = None) -> Mismatch:
    at = f" at {place}" if place else ""
    shown = "not finite" if not math.isfinite(error) else f"{error:.3g}"
    message = f"{_at(where)}the largest difference is {shown}{at}; {allowed:.2g} is allowed."
    details: dict[str, Any] = {"where": where, "max_error": shown, "allowed": f"{allowed:.2g}"}
    return Mismatch("value", message, details | ({"at": place} if place else {}))


def _types(got: Any, want: Any, where: str) -> Mismatch:
    names = {"got": type_name(got), "expected": type_name(want), "where": where}
    return Mismatch("type", f"{_at(where)}{names['got']} came back, expected {names['expected']}.", names)


def _at(where: str) -> str:
    return f"In the answer{where}: " if where else ""


def is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _dtype(array: Any) -> str:
    return str(array.dtype).removeprefix("torch.")


def as_numpy(array: Any) -> Any:
    """As numpy; the half precisions as float64, because they are compared by their exact values."""
    import numpy as np

    if type(array).__module__.startswith("torch"):
        array = (array.double() if array.dtype.is_floating_point else array).numpy()
    return array.astype(np.float64) if array.dtype.kind == "f" else array


# ------------------------------------------------------------------------------- for the learner's eye


def type_name(value: Any) -> str:
    """A type as a learner says it: "a tensor", "a list", "None"."""
    if value is None:
        return "None"
    if isinstance(value, Unsupported):
        return f"a {value.name}"
    module, name = type(value).__module__, type(value).__name__
    known = {"Tensor": "a torch tensor", "ndarray": "a numpy array"}
    return known.get(name, f"a {name}") if module.startswith(("torch", "numpy")) else f"a {name}"


def show(value: Any, limit: int = 1200) -> str:
    """`value` for reading: arrays with their shape and dtype, everything cut at `limit` characters."""
    if is_array(value):
        import numpy as np

        body = np.array2string(as_numpy(value), precision=4, suppress_small=True, threshold=80, edgeitems=3)
        kind = "tensor" if type(value).__module__.startswith("torch") else "array"
        text = f"{kind} {list(value.shape)} {_dtype(value)}\n{body}"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key!r}: {show(item, limit)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        inner = ", ".join(show(item, limit // 2) for item in value[:20]) + (", …" if len(value) > 20 else "")
        text = f"[{inner}]" if isinstance(value, list) else f"({inner})"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
