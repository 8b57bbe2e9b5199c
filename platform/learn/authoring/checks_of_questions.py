"""Whether each question and card of a lesson can be asked and marked; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from learn.courses.content import DEFAULT_LOCALE, Lesson, Question
from learn.quizzes import asking, grading
from learn.quizzes.expressions import ExpressionError, evaluate

if TYPE_CHECKING:
    from .checks import Checked


def check_questions(lesson: Lesson, checked: Checked) -> None:
    for question in lesson.questions:
        CHECKS.get(question.kind, lambda *_: None)(question, checked)
        _check_texts(question, lesson, checked)
    for card in lesson.cards:
        for name, words in (("front", card.front), ("back", card.back)):
            checked.text(words, lesson, "card", card.key, name)
            checked.missing(words, f"the {name} of {card.key}", "card", card.key)


def _check_texts(question: Question, lesson: Lesson, checked: Checked) -> None:
    """Formulas, links and figures, with the first of the numbers that can be drawn."""
    name = ("question", question.key)
    try:
        question = asking.fill(question, asking.draw(question, "check")) if question.draw else question
    except ExpressionError:
        return  # said already, by the check of its numbers
    for part, words in (("ask", question.ask), ("why", question.why)):
        checked.text(words, lesson, *name, part)
        checked.missing(words, f"“{part}” of {question.key}", *name)
    for option in question.options:
        for words in (option.text, option.why):
            checked.text(words, lesson, *name, "option", option.key)
            checked.missing(words, f"the option {option.key} of {question.key}", *name, "option", option.key)
    for mistake in question.mistakes:
        checked.text(mistake.why, lesson, *name, "mistake")
        checked.missing(mistake.why, f"a mistake of {question.key}", *name, "mistake")
    for item in question.items:
        checked.text(item, lesson, *name, "items")
        checked.missing(item, f"an item of {question.key}", *name, "items")


def _check_choice(question: Question, checked: Checked) -> None:
    name = ("question", question.key)
    rights = sum(option.right for option in question.options)
    if len(question.options) < 2:
        checked.problem("needs at least two options", *name)
    elif question.kind == "single" and rights != 1:
        checked.problem(f"has {rights} right options; of a single choice exactly one is right", *name)
    elif rights == 0:
        checked.problem("has no right option", *name)
    for key, count in Counter(option.key for option in question.options).items():
        if count > 1:
            checked.problem(f"has {count} options with the key “{key}”", *name, "option", key)


def _check_numeric(question: Question, checked: Checked) -> None:
    name = ("question", question.key)
    if not 0 <= question.tolerance < 1:
        checked.problem("“tolerance” is a part of the answer, from 0 to below 1", *name, "tolerance")
    if not question.answer:
        return
    found = asking.problems_of(question)
    for message in found:
        checked.problem(message, *name, "answer")
    if not found and question.tolerance == 0 and not _is_whole(question):
        message = "the answer is not a whole number: say a “tolerance”, such as 0.01, that rounding stays within"
        checked.problem(message, *name, "answer")


def _is_whole(question: Question) -> bool:
    value = evaluate(question.answer, asking.draw(question, "check"))
    return float(value).is_integer()


def _check_text(question: Question, checked: Checked) -> None:
    if any(not grading.normalised(form) for forms in question.accept.values() for form in forms):
        checked.problem("“accept” has a form of which nothing is left to compare", "question", question.key, "accept")
    if not question.accept.get(DEFAULT_LOCALE):
        checked.problem("“accept” is empty: nothing would be right", "question", question.key, "accept")


def _check_ordering(question: Question, checked: Checked) -> None:
    texts = [item.get("en", "") for item in question.items]
    if len(texts) < 3:
        checked.problem("needs at least three items to order", "question", question.key, "items")
    if len(set(texts)) != len(texts):
        checked.problem("has the same item twice: no order of the two is wrong", "question", question.key, "items")


CHECKS = {
    "single": _check_choice,
    "multiple": _check_choice,
    "numeric": _check_numeric,
    "text": _check_text,
    "output": _check_text,
    "ordering": _check_ordering,
}
