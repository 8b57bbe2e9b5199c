"""Keep the catalogues in step with the code: `python -m learn.translating [APP …]`, and no gettext programs needed.

Every app keeps its own texts in <app>/locale/zh_Hans/LC_MESSAGES/django.po, the base pages in
learn/locale. New texts are added without a translation, unused ones are dropped, and the command says
what is left to translate. `learn.starting.catalogues` compiles what stands here.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LEARN = Path(__file__).resolve().parent
LOCALE = "zh_Hans"
# Neither dates nor line numbers: a catalogue should change when its texts do.
HEADER = """\
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def folders() -> list[Path]:
    """Where catalogues live: each app, and the site itself."""
    return [LEARN, *sorted(path.parent for path in LEARN.glob("*/apps.py"))]


def catalogue_of(folder: Path) -> Path:
    return folder / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def used(folder: Path) -> Catalog:
    """Every text that the code and the templates of a folder ask to be translated."""
    found = Catalog(locale=LOCALE)
    for path in _sources(folder):
        source = path.read_text()
        if path.suffix != ".py":
            # Indentation means nothing in a template, and would be an error in what is read as Python.
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        for line, words, comments, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
            place = (str(path.relative_to(LEARN)), line)
            found.add(words, None, [place], auto_comments=comments, context=context)
    return found


def kept(folder: Path) -> Catalog:
    """What the catalogue of a folder holds; empty when there is none."""
    path = catalogue_of(folder)
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def untranslated(folder: Path) -> Iterator[Message]:
    """Texts in use that a reader of Chinese would meet in English."""
    have = kept(folder)
    for message in used(folder):
        translation = have.get(message.id, message.context) if message.id else None
        if message.id and (translation is None or translation.fuzzy or not _is_whole(translation)):
            yield message


def update(folder: Path) -> None:
    """Rewrite the catalogue: what is used, each with the translation it had."""
    have, fresh = kept(folder), Catalog(locale=LOCALE)
    for message in used(folder):
        if not message.id:
            continue
        before = have.get(message.id, message.context)
        string = before.string if before else None
        fresh.add(message.id, string, sorted(message.locations), context=message.context)
    path = catalogue_of(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = io.BytesIO()
    write_po(texts, fresh, width=0, include_lineno=False, omit_header=True, sort_output=False)
    path.write_text(HEADER + texts.getvalue().decode())


def _sources(folder: Path) -> list[Path]:
    patterns = ["*.py", "*.html"] if folder == LEARN else ["**/*.py", "**/*.html", "**/*.txt"]
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    if folder == LEARN:
        found += LEARN.glob("templates/**/*.html")
    return sorted(path for path in found if "migrations" not in path.parts)


def _is_whole(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def main(names: list[str]) -> int:
    """Of the apps named, or of all."""
    missing = 0
    for folder in folders():
        if (names and folder.name not in names) or not any(message.id for message in used(folder)):
            continue
        update(folder)
        for message in untranslated(folder):
            missing += 1
            print(f"{catalogue_of(folder).relative_to(LEARN)}: {message.id!r}")
    print(f"{missing} texts are not translated yet")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
