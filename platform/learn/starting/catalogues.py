"""Compile the translations with Babel, so that no gettext programs are needed."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

LEARN = Path(__file__).resolve().parents[1]


def sources() -> list[Path]:
    return sorted(LEARN.glob("**/locale/*/LC_MESSAGES/*.po"))


def compile_all() -> list[str]:
    """Write each catalogue beside its source; the problems found, with file and line."""
    problems: list[str] = []
    for source in sources():
        with source.open("rb") as file:
            try:
                catalogue = read_po(file, locale=source.parents[1].name, abort_invalid=True)
            except PoFileError as error:
                problems.append(f"{source}:{error.lineno}: {error}")
                continue
        problems += [f"{source}:{message.lineno}: {error}" for message, errors in catalogue.check() for error in errors]
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        print(f"{source.relative_to(LEARN)}: {len(catalogue)} texts")
    return problems


def main() -> int:
    problems = compile_all()
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
