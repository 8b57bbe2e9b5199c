"""Numbers as learners type them and as texts show them; pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .expressions import ExpressionError, Number, evaluate

MAX_LENGTH = 200


class NotANumber(ValueError):
    """What was typed cannot be read as a number; costs nothing."""


@dataclass(frozen=True)
class Quantity:
    """A value as typed, and the unit behind it if one was typed."""

    value: Number
    unit: str = ""


# How many of the family's base each is. Units outside of these families are compared by name.
FAMILIES: list[dict[str, float]] = [
    {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
     "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40, "BYTE": 1, "BYTES": 1, "字节": 1},
    {"BIT": 1, "BITS": 1, "KBIT": 1e3, "MBIT": 1e6, "GBIT": 1e9, "比特": 1, "位": 1},
    {"NS": 1e-9, "US": 1e-6, "ΜS": 1e-6, "MS": 1e-3, "S": 1, "SEC": 1, "SECOND": 1, "SECONDS": 1, "秒": 1,
     "MIN": 60, "MINUTE": 60, "MINUTES": 60, "分钟": 60, "H": 3600, "HOUR": 3600, "HOURS": 3600, "小时": 3600,
     "D": 86400, "DAY": 86400, "DAYS": 86400, "天": 86400},
    {"FLOP": 1, "FLOPS": 1, "KFLOP": 1e3, "MFLOP": 1e6, "GFLOP": 1e9, "TFLOP": 1e12, "PFLOP": 1e15,
     "KFLOPS": 1e3, "MFLOPS": 1e6, "GFLOPS": 1e9, "TFLOPS": 1e12, "PFLOPS": 1e15},
]  # fmt: skip
# Behind a bare count: 7B parameters, 4k tokens, 1.2 万.
MULTIPLES = {
    "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12, "THOUSAND": 1e3, "MILLION": 1e6, "BILLION": 1e9,
    "TRILLION": 1e12, "万": 1e4, "亿": 1e8, "百万": 1e6, "十亿": 1e9, "%": 1e-2,
}  # fmt: skip

_UNIT = re.compile(r"([A-Za-zµμΜ%°√一-鿿][A-Za-zµμ%/·一-鿿 ]*)$")


def parse(typed: str) -> Quantity:
    """A number with an optional unit: 4,096 · 1.5e-3 · 2^20 · 3/4 · 6.7×10^9 · 64 GB. Raises NotANumber."""
    words = unicodedata.normalize("NFKC", typed).strip()
    if not words or len(words) > MAX_LENGTH:
        raise NotANumber(typed)
    words = words.translate({0x2212: "-", 0x2013: "-", 0xD7: "*", 0xF7: "/", 0x22C5: "*", 0xB7: "*"})
    words = re.sub(r"(?<=\d)\s*x\s*(?=\d)", "*", words).replace("^", "**").lstrip("≈~= ")
    # A space between digits can be a thousands separator, and nothing else.
    words = re.sub(r"(?<=\d)[ _'\u2009\u202f](?=\d{3}(?!\d))", "", words)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?(?![\d,]).*", words):
        words = words.replace(",", "")
    unit = ""
    match = _UNIT.search(words)
    if match and not re.fullmatch(r"[\d.]+[eE]", words[: match.end()]) and _is_unit(words, match):
        unit, words = match[1].strip(), words[: match.start()].strip()
    try:
        return Quantity(evaluate(words), unit)
    except ExpressionError:
        raise NotANumber(typed) from None


def _is_unit(words: str, match: re.Match[str]) -> bool:
    """Whether the letters at the end stand behind a number, and are no name inside an expression."""
    before = words[: match.start()].rstrip()
    return bool(before) and (before[-1].isdigit() or before[-1] in ".)")


def in_unit(quantity: Quantity, unit: str) -> Number | None:
    """The value counted in `unit`; None when the unit typed behind it contradicts."""
    typed, wanted = _key(quantity.unit), _key(unit)
    if not typed or typed == wanted:
        return quantity.value
    for family in FAMILIES:
        if typed in family and wanted in family:
            return quantity.value * family[typed] / family[wanted]
    if wanted != "%" and typed in MULTIPLES:
        return quantity.value * MULTIPLES[typed]
    # "12 tokens" where a plain number is asked for: the word adds nothing and contradicts nothing.
    is_measure = any(typed in family for family in FAMILIES)
    return None if wanted or is_measure or typed == "%" else quantity.value


def _key(unit: str) -> str:
    return re.sub(r"\s+", "", unit).upper()


def shown(value: Number) -> str:
    """A number as a text shows it: whole numbers in full, others to six significant digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else f"{float(value):.6g}"
    return f"{value:.6g}"
