"""A lesson's questions and cards: one file in the default language, the others' texts by key; pure but for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from learn.courses.content import DEFAULT_LOCALE, LOCALES, Card, Mistake, Number, Option, Question, Text

from .fields import Table
from .files import Folder, localised

if TYPE_CHECKING:
    from .reader import Reading

KINDS = ("single", "multiple", "numeric", "text", "ordering", "output")
# Fields that only some kinds have: a field of another kind is a mistake worth telling.
FIELDS = {
    "single": ("option",),
    "multiple": ("option",),
    "numeric": ("answer", "tolerance", "unit", "mistake", "draw"),
    "text": ("accept",),
    "ordering": ("items",),
    "output": ("code", "accept"),
}
OTHER_LOCALES = tuple(locale for locale in LOCALES if locale != DEFAULT_LOCALE)

Translations = dict[str, Table]  # by locale: the table of one question or card


def read_questions(path: str, lesson: str, folder: Folder, reading: Reading) -> tuple[Question, ...]:
    table = folder.table(path)
    others = _other_files(path, folder)
    if table is None:
        return ()
    rows = table.tables("question", required=True)
    table.end()
    return tuple(_read_question(row, _translations(row, others), reading) for row in rows) + _end(others)


def read_cards(path: str, lesson: str, folder: Folder, reading: Reading) -> tuple[Card, ...]:
    table = folder.table(path)
    others = _other_files(path, folder)
    if table is None:
        return ()
    rows = table.tables("card", required=True)
    table.end()
    return tuple(_read_card(row, _translations(row, others), reading) for row in rows) + _end(others)


def _other_files(path: str, folder: Folder) -> dict[str, Table]:
    tables = {locale: folder.table(localised(path, locale)) for locale in OTHER_LOCALES}
    return {locale: table for locale, table in tables.items() if table is not None}


def _translations(row: Table, others: dict[str, Table]) -> Translations:
    key = row.data.get("key")
    found = {locale: table.table(key) for locale, table in others.items()} if isinstance(key, str) else {}
    return {locale: table for locale, table in found.items() if table is not None}


def _end(others: dict[str, Table]) -> tuple[()]:
    """Keys of a translation that the file in the default language does not have."""
    for table in others.values():
        table.end()
    return ()


def _text(row: Table, name: str, translations: Translations, *, required: bool = True) -> Text:
    """One text in every locale that has it."""
    words = {DEFAULT_LOCALE: row.string(name, required=required)}
    for locale, table in translations.items():
        words[locale] = table.string(name)
    return {locale: value for locale, value in words.items() if value}


def _read_card(row: Table, translations: Translations, reading: Reading) -> Card:
    card = Card(
        key=row.key(),
        front=_text(row, "front", translations),
        back=_text(row, "back", translations),
        formerly=row.strings("formerly"),
    )
    row.end()
    for table in translations.values():
        table.end()
    reading.note(row, "card", card.key)
    _note_translations(reading, translations, "card", card.key)
    return card


def _read_question(row: Table, translations: Translations, reading: Reading) -> Question:
    kind = row.string("kind", required=True)
    if kind and kind not in KINDS:
        row.problem("kind", f"“{kind}” is not a kind of question: {', '.join(KINDS)}")
    question = Question(
        key=row.key(),
        kind=kind,
        ask=_text(row, "ask", translations),
        why=_text(row, "why", translations),
        formerly=row.strings("formerly"),
        **_particulars(row, translations, FIELDS.get(kind, ())),
    )
    if kind in KINDS:
        row.end()
        for table in translations.values():
            table.end()
    reading.note(row, "question", question.key)
    _note_translations(reading, translations, "question", question.key)
    for option in row.data.get("option", ()) if question.options else ():
        index = row.data["option"].index(option)
        reading.places["question", question.key, "option", str(option.get("key"))] = row.place("option", index)
    return question


def _note_translations(reading: Reading, translations: Translations, *name: str) -> None:
    for locale, table in translations.items():
        for named in table.data:
            reading.places[(*name, named, locale)] = table.place(named)


def _particulars(row: Table, translations: Translations, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields that this kind of question has."""
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "option": lambda: {"options": _options(row, translations)},
        "answer": lambda: {"answer": _expression(row, "answer", required=True)},
        "tolerance": lambda: {"tolerance": float(row.number("tolerance", 0.0))},
        "unit": lambda: {"unit": row.string("unit")},
        "mistake": lambda: {"mistakes": _mistakes(row, translations)},
        "draw": lambda: {"draw": _draw(row)},
        "accept": lambda: {"accept": _accept(row, translations)},
        "items": lambda: {"items": _items(row, translations)},
        "code": lambda: {"code": row.string("code", required=True)},
    }
    found: dict[str, Any] = {}
    for name in names:
        found |= readers[name]()
    return found


def _expression(row: Table, name: str, *, required: bool = False) -> str:
    """A number, or an expression in quotes."""
    value = row.take(name, (int, float, str), "a number or an expression in quotes", "", required)
    return str(value)


def _options(row: Table, translations: Translations) -> tuple[Option, ...]:
    groups = {locale: group for locale, table in translations.items() if (group := table.table("option"))}
    options = []
    for option in row.tables("option", required=True):
        texts = _translations(option, groups)
        options.append(
            Option(
                key=option.key(),
                text=_text(option, "text", texts),
                right=option.boolean("right"),
                why=_text(option, "why", texts),
            )
        )
        option.end()
        for table in texts.values():
            table.end()
    _end(groups)
    return tuple(options)


def _mistakes(row: Table, translations: Translations) -> tuple[Mistake, ...]:
    """Translations name them by their number, from 1, as in [KEY.mistake.1]."""
    groups = {locale: group for locale, table in translations.items() if (group := table.table("mistake"))}
    mistakes = []
    for number, mistake in enumerate(row.tables("mistake"), 1):
        texts = {locale: table for locale, group in groups.items() if (table := group.table(str(number)))}
        mistakes.append(Mistake(_expression(mistake, "value", required=True), _text(mistake, "why", texts)))
        mistake.end()
    _end(groups)
    return tuple(mistakes)


def _draw(row: Table) -> dict[str, tuple[Number, ...]]:
    table = row.table("draw")
    if table is None:
        return {}
    drawn = {}
    for name, values in table.data.items():
        is_list = isinstance(values, list) and len(values) >= 2
        if not is_list or any(not isinstance(value, int | float) or isinstance(value, bool) for value in values):
            table.problem(name, f"“{name}” should be a list of at least two numbers to draw from")
        elif not name.isidentifier():
            table.problem(name, f"“{name}” cannot be a name in an expression")
        else:
            drawn[name] = tuple(values)
    return drawn


def _accept(row: Table, translations: Translations) -> dict[str, tuple[str, ...]]:
    forms = {DEFAULT_LOCALE: row.strings("accept", required=True)}
    for locale, table in translations.items():
        forms[locale] = table.strings("accept")
    return {locale: values for locale, values in forms.items() if values}


def _items(row: Table, translations: Translations) -> tuple[Text, ...]:
    items: list[Text] = [{DEFAULT_LOCALE: item} for item in row.strings("items", required=True)]
    for locale, table in translations.items():
        values = table.strings("items")
        if values and len(values) != len(items):
            table.problem("items", f"has {len(values)} items where the other language has {len(items)}")
            continue
        for item, value in zip(items, values, strict=False):
            item[locale] = value
    return tuple(items)
