"""What the editor opens with: the learner's draft, the starter, or what a review asks for.

A review never opens with a solution that only has to be sent once more. How deep it asks is the memory's
to say (`reviews.depth`): an empty file, the reference without its key lines, or a mistake to repair. Who is
stuck may ask for one step easier.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.conf import settings

from graders.package import Package, PackageError
from graders.protocol import Outcome
from graders.store import Store
from learn.exercises.models import Draft, Submission
from learn.reviews import depth
from learn.reviews.models import Card

LEFT_OUT = "...  # ?"
# Of the statements that compute something, this share is left out.
SHARE = 0.4


@dataclass(frozen=True)
class Opening:
    text: str
    depth: str = ""  # of a review; empty when it is none


def opening(learner, exercise, draft: Draft | None, wanted: str | None, now: datetime) -> Opening:
    """`wanted` is None, or a review was asked for: of a depth by name, or of the one that memory says."""
    card = Card.objects.select_related("learner").filter(learner=learner, item=exercise.item).first()
    if card is None or card.is_new or not _starts_afresh(card, draft, wanted is not None, now):
        return Opening(draft.text if draft else exercise.starter)
    asked = depth.CLOZE if wanted == depth.CLOZE else depth.of(card.memory, card.reps)
    text = {depth.CLOZE: with_gaps, depth.REPAIR: mistaken}.get(asked, lambda *_: "")(learner, exercise, card)
    return Opening(text, asked) if text else Opening(exercise.starter, depth.EMPTY)


def _starts_afresh(card: Card, draft: Draft | None, wants_review: bool, now: datetime) -> bool:
    """When it is due and the draft is from before; or as practice, where no unsent text would be lost."""
    if draft is None or (card.due <= now and draft.saved_at < card.due):
        return wants_review or card.due <= now
    if not wants_review:
        return False
    last = Submission.objects.of(card.learner, draft.exercise).latest_first().first()
    return last is not None and last.text == draft.text


def with_gaps(learner, exercise, card: Card) -> str:
    """The reference without its key lines; empty where the package is gone."""
    package = _package(exercise)
    return leave_out(package.text("reference.py"), _rng(learner, exercise, card)) if package else ""


def mistaken(learner, exercise, card: Card) -> str:
    """A known mistake, without what its author says of it; empty where none is known."""
    package = _package(exercise)
    known = package.known_submissions() if package else []
    names = [name for outcome, name in known if outcome == Outcome.FAILED]
    return unsaid(package.text(_rng(learner, exercise, card).choice(names))) if package and names else ""


def _package(exercise) -> Package | None:
    try:
        return Store(settings.PACKAGES).get(exercise.digest)
    except PackageError:
        return None


def _rng(learner, exercise, card: Card) -> Random:
    """The same until the next review: a page loaded again leaves out the same lines."""
    return Random(f"{learner.pk}:{exercise.key}:{card.reps}")


def leave_out(source: str, rng: Random) -> str:
    """`source` with two fifths of the statements inside its functions replaced, of those that compute something
    where there are any; a comment stays where it was."""
    simple = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    inside = {id(node): node for function in functions for node in ast.walk(function)}
    found = sorted(
        (node for node in inside.values() if isinstance(node, simple) and not _is_text(node)),
        key=lambda node: node.lineno,
    )
    found = [node for node in found if _computes(node)] or found
    chosen = rng.sample(found, max(1, round(SHARE * len(found)))) if found else []
    lines = source.splitlines()
    for node in sorted(chosen, key=lambda node: -node.lineno):
        lines[node.lineno - 1 : node.end_lineno] = [" " * node.col_offset + LEFT_OUT]
    return "\n".join(lines) + "\n"


def _computes(node: ast.stmt) -> bool:
    return any(isinstance(part, ast.Call | ast.BinOp | ast.BoolOp | ast.Compare) for part in ast.walk(node))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def unsaid(source: str) -> str:
    """`source` without its comments and its first docstring, which would give the mistake away."""
    lines = source.splitlines(keepends=True)
    body = ast.parse(source).body
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        row, column = token.start
        kept = lines[row - 1][:column].rstrip()
        lines[row - 1] = f"{kept}\n" if kept else ""
    if body and _is_text(body[0]):
        for row in range(body[0].lineno - 1, body[0].end_lineno or 0):
            lines[row] = ""
    return "".join(lines).lstrip("\n")
