"""What can be said of a learner's text at once, without running it. Pure.

A text that cannot be graded is refused here: it never reaches a grader and costs no attempt.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graders.protocol import MAX_SOURCE_BYTES

Body = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module
BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


@dataclass(frozen=True)
class Refusal:
    """Why a text is not gradable. `messages.py` words `kind` and `details`."""

    kind: str  # encoding, nul, size, empty, syntax, nested, missing
    line: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.kind)
        self.refusal = refusal


@dataclass(frozen=True)
class Source:
    """A text that can be graded."""

    text: str
    meaning: str  # a name for its syntax tree


def read(raw: str | bytes, functions: Iterable[str] = ()) -> Source:
    """The source in `raw`, which must define `functions` at its top level. Raises Refused."""
    text = _decode(raw)
    if not text.strip():
        raise Refused(Refusal("empty"))
    tree = _parse(text)
    _require(tree, functions)
    return Source(text, _meaning(tree, text))


def _decode(raw: str | bytes) -> str:
    size = len(raw.encode("utf-8", "surrogatepass")) if isinstance(raw, str) else len(raw)
    if size > MAX_SOURCE_BYTES:
        raise Refused(Refusal("size", details={"bytes": size, "limit": MAX_SOURCE_BYTES}))
    if isinstance(raw, bytes):
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(Refusal("encoding", raw.count(b"\n", 0, error.start) + 1)) from None
    else:
        text = raw.removeprefix("\ufeff")
    # A form that was sent in another encoding arrives with U+FFFD in place of what could not be read.
    for bad, kind in (("\ufffd", "encoding"), ("\x00", "nul")):
        if bad in text:
            raise Refused(Refusal(kind, text.count("\n", 0, text.index(bad)) + 1))
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(Refusal("encoding"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise Refused(Refusal("syntax", error.lineno, {"text": error.msg})) from None
    except (RecursionError, MemoryError, ValueError):
        raise Refused(Refusal("nested")) from None


def _require(tree: ast.Module, functions: Iterable[str]) -> None:
    names = set(_defined(tree.body))
    if "*" in names:
        return
    for wanted in functions:
        if wanted not in names:
            near = difflib.get_close_matches(wanted, sorted(names), n=1, cutoff=0.6)
            raise Refused(Refusal("missing", details={"name": wanted, "near": near[0] if near else ""}))


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    """Names that top-level statements may define; "*" where that cannot be told without running them."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.TryStar | ast.Match):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    yield from _defined([child])
                elif isinstance(child, ast.ExceptHandler | ast.match_case):
                    yield from _defined(child.body)
                else:
                    yield from _assigned(child)
        else:
            yield from _assigned(node)


def _assigned(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.Name) and child.id in ("globals", "vars", "exec", "setattr"):
            yield "*"


def _meaning(tree: ast.Module, text: str) -> str:
    """Equal for texts that differ only in comments, blank lines, docstrings and spaces."""
    for node in ast.walk(tree):
        if isinstance(node, BODIES) and _opens_with_text(node):
            node.body = node.body[1:] or [ast.Pass()]
    try:
        described = ast.dump(tree)
    except RecursionError:
        described = text
    return hashlib.sha256(described.encode("utf-8", "surrogatepass")).hexdigest()


def _opens_with_text(node: Body) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
