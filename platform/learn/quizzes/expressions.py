"""Arithmetic from a course's files and from learners, evaluated without Python's `eval`; pure.

An expression is parsed to Python's syntax tree, and a walker knows numbers, names that were given,
+ - * / ** // %, and a dozen functions. Anything else, and anything too large, is an ExpressionError.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache

Number = int | float

MAX_LENGTH = 300
MAX_BITS = 4096  # of an integer: more than any count in a lesson, and little enough to be quick


class ExpressionError(ValueError):
    """Not an expression, or none with a finite value; the message says why."""


def evaluate(expression: str, names: Mapping[str, Number] | None = None) -> Number:
    """The value of an expression over the given names. Raises ExpressionError."""
    tree = _parse(expression)
    try:
        value = _walk(tree, names or {})
    except ZeroDivisionError:
        raise ExpressionError("divides by zero") from None
    except (OverflowError, ValueError, RecursionError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError("has no finite value") from None
    return _bounded(value)


def names_in(expression: str) -> set[str]:
    """The names an expression needs, without the functions it calls. Raises ExpressionError."""
    tree = _parse(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


@lru_cache(maxsize=4096)
def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"is longer than {MAX_LENGTH} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError("is not an expression") from None


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if base.bit_length() * exponent > MAX_BITS:
            raise ExpressionError("is too large")
        return base**exponent
    value = float(base) ** float(exponent)
    if isinstance(value, complex):
        raise ExpressionError("takes a root of a negative number")
    return value


def _round(value: Number, digits: Number = 0) -> Number:
    """Half away from zero, as people round, and not to even; `digits` of them after the point."""
    if not isinstance(digits, int) or abs(digits) > 300:
        raise ExpressionError("rounds to a number of digits that is not whole")
    if isinstance(value, int) and digits >= 0:
        return value
    scale = 10.0**digits
    rounded = math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale
    return int(rounded) if digits <= 0 else rounded


OPERATORS: dict[type[ast.AST], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
# How many arguments each takes, at least and at most.
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Number]]] = {
    "min": (1, 20, min),
    "max": (1, 20, max),
    "sqrt": (1, 1, math.sqrt),
    "log": (1, 2, math.log),
    "log2": (1, 1, math.log2),
    "log10": (1, 1, math.log10),
    "exp": (1, 1, math.exp),
    "abs": (1, 1, abs),
    "ceil": (1, 1, math.ceil),
    "floor": (1, 1, math.floor),
    "round": (1, 2, _round),
}
CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e}


def _walk(node: ast.AST, names: Mapping[str, Number]) -> Number:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _bounded(node.value)
    if isinstance(node, ast.Name):
        return _named(node.id, names)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _walk(node.operand, names)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return _bounded(OPERATORS[type(node.op)](_walk(node.left, names), _walk(node.right, names)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, [_walk(argument, names) for argument in node.args])
    raise ExpressionError("has something that is not arithmetic")


def _named(name: str, names: Mapping[str, Number]) -> Number:
    if name in names:
        return names[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    raise ExpressionError(f"does not know the name {name}")


def _call(name: str, arguments: list[Number]) -> Number:
    if name not in FUNCTIONS:
        raise ExpressionError(f"does not know the function {name}")
    least, most, function = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise ExpressionError(f"gives {name} {len(arguments)} arguments")
    return _bounded(function(*arguments))


def _bounded(value: Number) -> Number:
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise ExpressionError("is too large")
    elif not math.isfinite(value):
        raise ExpressionError("has no finite value")
    return value
