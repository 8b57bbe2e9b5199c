"""A question as it is put to one learner this time: fresh numbers and a fresh order, both from a seed; pure.

The seed decides everything by SHA-256 and not by a random generator, so that an answer from years
ago can be looked at again with the numbers it was given to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from learn.courses.content import Number, Option, Question, Text

from . import numbers
from .expressions import ExpressionError, evaluate

Value = TypeVar("Value")

# `{name}` or `{= expression}` in a question's text. Braces of TeX do not look so by chance: a name
# that was not drawn is left alone.
_FIELD = re.compile(r"\{(=[^{}]+|[A-Za-z_][A-Za-z_0-9]*)\}")


@dataclass(frozen=True)
class Asked:
    """A question with its numbers put in and its parts in the order shown."""

    question: Question  # texts filled in
    seed: str
    drawn: dict[str, Number] = field(default_factory=dict)
    options: tuple[Option, ...] = ()  # in the order shown
    items: tuple[int, ...] = ()  # of an ordering: positions in the right order, as shown


def ask(question: Question, seed: str) -> Asked:
    drawn = draw(question, seed)
    filled = fill(question, drawn) if drawn else question
    return Asked(
        question=filled,
        seed=seed,
        drawn=drawn,
        options=tuple(shuffled(filled.options, seed, key=lambda option: option.key)),
        items=_mixed(len(question.items), seed),
    )


def draw(question: Question, seed: str) -> dict[str, Number]:
    """One of the values of each name."""
    return {name: values[_number(seed, name) % len(values)] for name, values in question.draw.items()}


def shuffled(values: Iterable[Value], seed: str, key: Callable[[Value], object]) -> list[Value]:
    return sorted(values, key=lambda value: _number(seed, f"order {key(value)}"))


def _mixed(count: int, seed: str) -> tuple[int, ...]:
    """An order that is not the right one already."""
    order = tuple(shuffled(range(count), seed, key=str))
    return order[1:] + order[:1] if count > 1 and order == tuple(range(count)) else order


def _number(seed: str, purpose: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:8], "big")


def new_seed(*parts: object) -> str:
    """16 hex digits that the parts decide: who is asked what, for the how-many-th time."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:16]


def fill(question: Question, drawn: Mapping[str, Number]) -> Question:
    """The question with `{name}`, `{answer}` and `{= expression}` replaced by numbers in all its texts."""
    names = dict(drawn)
    if question.answer:
        names["answer"] = evaluate(question.answer, drawn)

    def in_text(words: Text) -> Text:
        return {locale: fill_text(text, names) for locale, text in words.items()}

    return replace(
        question,
        ask=in_text(question.ask),
        why=in_text(question.why),
        options=tuple(replace(o, text=in_text(o.text), why=in_text(o.why)) for o in question.options),
        mistakes=tuple(replace(m, why=in_text(m.why)) for m in question.mistakes),
    )


def fill_text(text: str, names: Mapping[str, Number]) -> str:
    """Raises ExpressionError for a `{= …}` that cannot be evaluated."""

    def value(match: re.Match[str]) -> str:
        inside = match[1]
        if inside.startswith("="):
            return numbers.shown(evaluate(inside[1:], names))
        return numbers.shown(names[inside]) if inside in names else match[0]

    return _FIELD.sub(value, text)


def problems_of(question: Question, limit: int = 400) -> list[str]:
    """What can go wrong with the numbers of a numeric question, over its draws (at most `limit` of them)."""
    found: dict[str, None] = {}
    told_apart = [False] * len(question.mistakes)
    for drawn in _draws(question, limit):
        try:
            answer = evaluate(question.answer, drawn)
            fill(question, drawn)
        except ExpressionError as error:
            found[f"answer or a {{= …}} in a text {error}" + _with(drawn)] = None
            continue
        for index, mistake in enumerate(question.mistakes):
            try:
                value = evaluate(mistake.value, drawn)
            except ExpressionError as error:
                found[f"the mistake {mistake.value} {error}" + _with(drawn)] = None
                told_apart[index] = True
                continue
            told_apart[index] |= abs(value - answer) > max(question.tolerance, 1e-9) * abs(answer)
    for mistake, is_apart in zip(question.mistakes, told_apart, strict=True):
        if not found and not is_apart:
            found[f"the mistake {mistake.value} is always within the tolerance of the right answer"] = None
    return list(found)[:5]


def _with(drawn: Mapping[str, Number]) -> str:
    return " with " + ", ".join(f"{name} = {value}" for name, value in drawn.items()) if drawn else ""


def _draws(question: Question, limit: int) -> Iterable[dict[str, Number]]:
    """All combinations of what can be drawn, or as many as `limit` where they are more."""
    total = 1
    for values in question.draw.values():
        total *= len(values)
    for index in range(min(total, limit)):
        rest = index * max(1, total // limit) if total > limit else index
        drawn: dict[str, Number] = {}
        for name, values in question.draw.items():
            rest, position = divmod(rest, len(values))
            drawn[name] = values[position]
        yield drawn
