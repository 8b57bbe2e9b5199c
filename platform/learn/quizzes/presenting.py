"""A question as `_question.html` shows it: asked anew, or marked and explained.

    questions = presenting.of_lesson(learner, edition, "attention", locale, now)   # key → Presented
    {% include "quizzes/_question.html" with asked=presented %}

The template needs nothing else. An answer is posted to `asked.url`, which gives the same fragment back,
marked; without JavaScript it gives a page of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from learn.courses import content, rendering
from learn.courses.content import Question, Text
from learn.courses.library import Edition
from learn.quizzes import answering, asking, grading, numbers, words
from learn.quizzes.expressions import evaluate
from learn.quizzes.models import Attempt
from learn.reviews.models import Card


@dataclass(frozen=True)
class Choice:
    """An option as shown; what is right about it only once it was answered."""

    key: str
    html: SafeString
    why: SafeString
    right: bool
    chosen: bool


@dataclass(frozen=True)
class Place:
    """An item of an ordering as shown: at `position` now, rightly at `number` (both from 1)."""

    index: int
    position: int
    html: SafeString

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def is_right(self) -> bool:
        return self.position == self.number


@dataclass(frozen=True)
class Presented:
    """Everything the fragment shows."""

    edition: Edition
    question: Question  # as in the edition
    locale: str
    learner_pk: int
    seed: str
    attempt: Attempt | None = None  # the one shown marked
    before: Attempt | None = None  # the last one, where it is asked anew
    card: Card | None = None
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what could not be read
    error: str = ""  # why: a word of `grading`
    for_practice: bool = False  # asked so that memory does not hear of it

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def item(self) -> str:
        return content.question_item(self.edition.course.key, self.key)

    @property
    def kind(self) -> str:
        return self.question.kind

    @property
    def url(self) -> str:
        url = reverse("quizzes:question", args=[self.edition.course.key, self.key])
        return f"{url}?practice=1" if self.for_practice else url

    @property
    def anchor(self) -> str:
        """The id of the fragment; names of its fields begin with it too."""
        return f"question-{self.key}"

    @property
    def token(self) -> str:
        """The seed, signed: an answer is marked by the numbers that were really asked."""
        return signer(self.learner_pk, self.item).sign(self.seed)

    @cached_property
    def asked(self) -> asking.Asked:
        return asking.ask(self.question, self.seed)

    @cached_property
    def mark(self) -> grading.Mark | None:
        return self.attempt.marked if self.attempt else None

    @property
    def is_untranslated(self) -> bool:
        return content.is_missing(self.question.ask, self.locale)

    @property
    def lang(self) -> str:
        """The language the question is written in."""
        return content.DEFAULT_LOCALE if self.is_untranslated else self.locale

    # ---- texts ----

    def html(self, text: Text) -> SafeString:
        if not text:
            return mark_safe("")
        lesson = self.edition.course.lesson_of.get(self.item)
        return rendering.render_text(self.edition, text, self.locale, f"{self.anchor}-", lesson.key if lesson else "")

    @property
    def ask(self) -> SafeString:
        return self.html(self.asked.question.ask)

    @property
    def why(self) -> SafeString:
        return self.html(self.asked.question.why)

    @property
    def code(self) -> SafeString:
        return rendering.highlight(self.question.code) if self.question.code else mark_safe("")

    @property
    def unit(self) -> str:
        return self.question.unit

    # ---- what is answered with ----

    @cached_property
    def choices(self) -> list[Choice]:
        chosen = set(self.attempt.given.get("choice", ())) if self.attempt else set(self.form.get("choice", ()))
        return [
            Choice(option.key, self.html(option.text), self.html(option.why), option.right, option.key in chosen)
            for option in self.asked.options
        ]

    @cached_property
    def places(self) -> list[Place]:
        order = self._order()
        items = self.asked.question.items
        return [Place(index, position, self.html(items[index])) for position, index in enumerate(order, 1)]

    @property
    def places_in_order(self) -> list[Place]:
        return sorted(self.places, key=lambda place: place.index)

    def _order(self) -> Sequence[int]:
        return self.attempt.given.get("order", ()) if self.attempt else self.asked.items

    @property
    def typed(self) -> str:
        if self.attempt:
            return str(self.attempt.given.get("number", self.attempt.given.get("text", "")))
        return next(iter(self.form.get("number") or self.form.get("text") or ()), "")

    # ---- what is said about the answer ----

    @property
    def mistake(self) -> SafeString:
        """The explanation of this very wrong number."""
        if self.mark is None or self.mark.mistake is None:
            return mark_safe("")
        mistakes = self.asked.question.mistakes
        return self.html(mistakes[self.mark.mistake].why) if self.mark.mistake < len(mistakes) else mark_safe("")

    @property
    def mistakes(self) -> list[tuple[str, SafeString]]:
        """Every known wrong number with its explanation, for the question's authors."""
        known = self.asked.question.mistakes
        return [(numbers.shown(evaluate(one.value, self.asked.drawn)), self.html(one.why)) for one in known]

    @property
    def right_answer(self) -> str:
        """What would have been right, where the options do not show it."""
        if self.kind == "numeric":
            value = numbers.shown(evaluate(self.question.answer, self.asked.drawn))
            return f"{value} {self.unit}".strip()
        return _first_form(self.question, self.locale) if self.question.accept else ""

    @property
    def verdict_in_words(self) -> str:
        return words.of_verdict(self.mark) if self.mark else ""

    @property
    def error_in_words(self) -> str:
        return words.of_error(self.error, self.kind, self.unit) if self.error else ""

    @property
    def return_in_words(self) -> str:
        return words.of_return(self.card, timezone.now()) if self.card and not self.card.is_new else ""

    @property
    def is_practice(self) -> bool:
        return self.attempt is not None and not self.attempt.review


def _first_form(question: Question, locale: str) -> str:
    """The accepted form that stands first in this language."""
    forms = question.accept.get(locale) or question.accept.get(content.DEFAULT_LOCALE, ("",))
    return forms[0]


def signer(learner_pk: int, item: str) -> signing.Signer:
    return signing.Signer(salt=f"learn.quizzes/{learner_pk}/{item}")


def of_lesson(learner, edition: Edition, topic: str, locale: str, now: datetime) -> dict[str, Presented]:
    """Every question of a lesson for this learner, in a fixed number of queries."""
    questions = edition.course.lessons[topic].questions
    items = {question.key: content.question_item(edition.course.key, question.key) for question in questions}
    attempts = Attempt.objects.latest_of(learner, items.values())
    counts = Attempt.objects.count_of(learner, items.values())
    cards = {card.item: card for card in Card.objects.filter(learner=learner, item__in=items.values())}
    for card in cards.values():
        card.learner = learner
    presented = {}
    for question in questions:
        item = items[question.key]
        last, card = attempts.get(item), cards.get(item)
        common: dict[str, Any] = {
            "edition": edition,
            "question": question,
            "locale": locale,
            "learner_pk": learner.pk,
            "card": card,
        }
        if last is not None and last.edition == edition.number and last.is_recent(now):
            presented[question.key] = Presented(seed=last.seed, attempt=last, **common)
        else:
            seed = answering.seed_after(learner, item, counts.get(item, 0))
            presented[question.key] = Presented(seed=seed, before=last, **common)
    return presented


def anew(learner, edition: Edition, question: Question, locale: str, **more: Any) -> Presented:
    """One question, asked anew."""
    item = content.question_item(edition.course.key, question.key)
    return Presented(
        edition=edition,
        question=question,
        locale=locale,
        learner_pk=learner.pk,
        seed=more.pop("seed", None) or answering.next_seed(learner, item),
        before=Attempt.objects.latest_of(learner, [item]).get(item),
        card=Card.objects.filter(learner=learner, item=item).select_related("learner").first(),
        **more,
    )


def marked(
    learner, edition: Edition, question: Question, locale: str, answered: answering.Answered, for_practice: bool = False
) -> Presented:
    """One question with the answer that was just given."""
    return Presented(
        edition=edition,
        question=question,
        locale=locale,
        learner_pk=learner.pk,
        seed=answered.attempt.seed,
        attempt=answered.attempt,
        card=answered.card,
        for_practice=for_practice,
    )


def of_attempt(edition: Edition, question: Question, locale: str, attempt: Attempt) -> Presented:
    """An earlier answer as it was marked then. The seed asks again what was asked."""
    return Presented(
        edition=edition,
        question=question,
        locale=locale,
        learner_pk=attempt.learner_id,
        seed=attempt.seed,
        attempt=attempt,
    )


def solved(edition: Edition, question: Question, locale: str, seed: str = "key") -> Presented:
    """One question with its right answer and every explanation, for its authors; nothing is kept."""
    right = {
        "single": lambda: {"choice": [option.key for option in question.options if option.right]},
        "multiple": lambda: {"choice": [option.key for option in question.options if option.right]},
        "ordering": lambda: {"order": list(range(len(question.items)))},
        "numeric": lambda: {"number": numbers.shown(evaluate(question.answer, asking.draw(question, seed)))},
    }.get(question.kind, lambda: {"text": _first_form(question, locale)})
    attempt = Attempt(seed=seed, given=right(), mark=grading.Mark(True, 1.0).to_dict(), right=True, review="-")
    return Presented(edition=edition, question=question, locale=locale, learner_pk=0, seed=seed, attempt=attempt)
