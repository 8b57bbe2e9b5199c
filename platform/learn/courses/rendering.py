"""Texts of an edition as HTML for a page, rendered once per process and kept.

    page = render_lesson(edition, "attention", "zh-hans")
    {% for part in page.parts %}
      {% if part.question %} … the question with this key (quizzes/_question.html) …
      {% else %}{{ part.html }}{% endif %}
    {% endfor %}
    {{ page.footnotes }}
    {% for heading in page.contents %}<a href="#{{ heading.id }}">{{ heading.html }}</a>{% endfor %}

All HTML in it is safe (a SafeString). Every question of the lesson has a part: those that the text
does not place come after it, under a heading of their own. `page.is_fallback` says that the text is
shown in the default language, since nobody has written it in this one; `page.locale` is what it is
written in, for a `lang` attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override

from learn.courses import content, fragments, markdown
from learn.courses.library import Edition
from learn.courses.pages import Heading, Part, Surroundings

CHECK_YOURSELF = "check-yourself"


@dataclass(frozen=True)
class LessonPage:
    """A lesson in one locale, ready for its template."""

    parts: tuple[Part, ...]
    footnotes: str
    contents: tuple[Heading, ...]
    locale: str  # of the text
    is_fallback: bool
    has_plots: bool  # the page needs static/dist/plots.js
    problems: tuple[markdown.Problem, ...]


@lru_cache(maxsize=512)
def render_lesson(edition: Edition, key: str, locale: str) -> LessonPage:
    """The lesson of topic `key`. Raises KeyError when the edition has no such lesson."""
    lesson = edition.course.lessons[key]
    is_fallback = content.is_missing(lesson.body, locale)
    written_in = content.DEFAULT_LOCALE if is_fallback else locale
    around = replace(
        surroundings(edition, written_in),
        figures=lesson.figures,
        questions=frozenset(question.key for question in lesson.questions),
    )
    rendered = markdown.render(content.text(lesson.body, written_in), around)
    parts, contents = _with_the_rest(rendered, lesson, locale)
    return LessonPage(
        parts=tuple(Part(mark_safe(part.html), part.question) for part in parts),
        footnotes=mark_safe(rendered.footnotes),
        contents=tuple(replace(heading, html=mark_safe(heading.html)) for heading in contents),
        locale=written_in,
        is_fallback=is_fallback,
        has_plots=any("data-plot=" in part.html for part in parts),
        problems=rendered.problems,
    )


def _with_the_rest(
    rendered: markdown.Rendered, lesson: content.Lesson, locale: str
) -> tuple[tuple[Part, ...], tuple[Heading, ...]]:
    """Questions that the text does not place follow it."""
    placed = {part.question for part in rendered.parts}
    rest = [question.key for question in lesson.questions if question.key not in placed]
    if not rest:
        return rendered.parts, rendered.contents
    with override(locale):
        title = gettext("Check yourself")
    heading = Heading(2, CHECK_YOURSELF, title)
    parts = (Part(html=f'<h2 id="{heading.id}">{title}</h2>'), *(Part(question=key) for key in rest))
    return (*rendered.parts, *parts), (*rendered.contents, heading)


def render_text(
    edition: Edition, words: Mapping[str, str], locale: str, prefix: str = "", lesson: str = ""
) -> SafeString:
    """Markdown of a question, card or exercise of this edition, in the locale or the default one.

    `prefix` begins every id in it, where several such texts share a page; `lesson` is the key of the
    lesson whose figures it may show.
    """
    return _text(edition, content.text(words, locale), locale, prefix, lesson)


@lru_cache(maxsize=4096)
def _text(edition: Edition, source: str, locale: str, prefix: str, lesson: str) -> SafeString:
    figures = edition.course.lessons[lesson].figures if lesson else {}
    html, _ = markdown.render_text(source, replace(surroundings(edition, locale), prefix=prefix, figures=figures))
    return mark_safe(html)


@lru_cache(maxsize=64)
def render_markdown(source: str, locale: str = content.DEFAULT_LOCALE, prefix: str = "") -> SafeString:
    """Markdown that belongs to no edition."""
    html, _ = markdown.render_text(source, Surroundings(locale=locale, prefix=prefix))
    return mark_safe(html)


@lru_cache(maxsize=32)
def surroundings(edition: Edition, locale: str) -> Surroundings:
    """Addresses of everything a text of this edition may link to."""
    course = edition.course
    return Surroundings(
        locale=locale,
        topics={key: reverse("lessons:lesson", args=[course.key, key]) for key in course.topics},
        exercises={key: reverse("exercises:workbench", args=[key]) for key in edition.packages},
    )


def highlight(code: str, language: str = "python") -> SafeString:
    """A program as `<span>`s with Pygments' class names, to stand in `<code class="highlight">`."""
    return mark_safe(fragments.highlighted(code, language))
