"""TeX in, MathML out: what latex2mathml writes, checked and mended for browsers that know MathML Core only.

The result is trusted by the page, so it is parsed again and nothing but known elements and
attributes is let through: latex2mathml escapes neither `\\text{<b>}` nor the target of `\\href`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
MAX_LENGTH = 2000

ELEMENTS = set(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
    "mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts".split()
)
ATTRIBUTES = set(
    "display displaystyle scriptlevel stretchy fence form separator accent accentunder movablelimits minsize "
    "maxsize lspace rspace width height depth linethickness columnalign columnspacing rowspacing columnlines "
    "rowlines frame notation mathvariant largeop symmetric".split()
)
# latex2mathml knows these only under another name, or not at all.
REWRITES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\\(begin|end)\{aligned\}"), r"\\\1{split}"),
    (re.compile(r"\\(begin|end)\{align\}"), r"\\\1{align*}"),
    (re.compile(r"\\operatorname\*"), r"\\operatorname"),
    (re.compile(r"\\arg(?![a-zA-Z])"), r"\\operatorname{arg}"),
    (re.compile(r"\\sim(?![a-zA-Z])"), "∼"),
    # A thousands comma, as in 4{,}096, belongs to the number.
    (re.compile(r"(?<!\d)(\d{1,3}(?:\{,\}\d{3})+)"), lambda m: r"\text{" + m[1].replace("{,}", ",") + "}"),
]
# Relations and brackets that latex2mathml marks up as identifiers, and so without their spaces.
OPERATORS = set("∼±∓⌊⌋⌈⌉⟨⟩≪≫≜≡≢∥∣∖∘⋆∗∪∩⊂⊆∀∃¬∧∨↦")
ENVIRONMENTS = set(
    "align* split matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array cases gather* substack".split()
)
LETTERS = set("∞∅⊤⊥")  # and the other way round

# Marks that stand for `<`, `>` and `&` inside \text{…} until the MathML has been parsed.
_HIDDEN = {"<": "\ue020", ">": "\ue021", "&": "\ue022", r"\&": "\ue022", r"\_": "_", r"\%": "%", r"\#": "#", r"\$": "$"}
_SHOWN = {"\ue020": "<", "\ue021": ">", "\ue022": "&"}


class FormulaError(ValueError):
    """A formula that cannot be shown; the message says why, for its author."""


@lru_cache(maxsize=20_000)
def to_mathml(tex: str, *, block: bool = False) -> str:
    """MathML that is safe to put into a page. Raises FormulaError."""
    if len(tex) > MAX_LENGTH:
        raise FormulaError(f"longer than {MAX_LENGTH} characters")
    prepared = _prepare(tex)
    try:
        markup = convert(prepared, display="block" if block else "inline")
    except Exception as error:  # a dozen unrelated classes of latex2mathml, and plain IndexErrors
        reason = str(error).strip("' ") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
        raise FormulaError(reason) from error
    try:
        root = ElementTree.fromstring(markup)
    except ElementTree.ParseError as error:
        raise FormulaError("has a `&` or `<` outside of an environment that can take it") from error
    _mend(root)
    _space(root)
    root.set("alttext", tex.strip())
    ElementTree.register_namespace("", NAMESPACE)
    return ElementTree.tostring(root, encoding="unicode")


def _prepare(tex: str) -> str:
    for pattern, replacement in REWRITES:
        tex = pattern.sub(replacement, tex)
    for name in re.findall(r"\\begin\{([^}]*)\}", tex):
        if name not in ENVIRONMENTS:
            raise FormulaError(f"uses the unknown environment {name}")
    if _depth(tex) != 0:
        raise FormulaError("has braces that do not pair")
    return re.sub(r"(\\(?:text|textbf|textit|textrm|mbox)\{)([^{}]*)(\})", _hide, tex)


def _depth(tex: str) -> int:
    """Braces opened and not closed; -1 when one closes that was never opened."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return -1
    return depth


def _hide(match: re.Match[str]) -> str:
    words = re.sub(r"\\[&_%#$]|[<>&]", lambda found: _HIDDEN[found[0]], match[2])
    return match[1] + words + match[3]


def _mend(root: ElementTree.Element) -> None:
    for element in root.iter():
        name = _name(element)
        if name not in ELEMENTS:
            raise FormulaError(f"makes the element <{name}>, which a page does not show")
        if element.get("linebreak"):
            raise FormulaError(r"breaks a line with \\ outside of an environment: use aligned")
        element.attrib = {key: value for key, value in element.attrib.items() if key in ATTRIBUTES}
        words = element.text or ""
        if words.startswith("\\") and len(words) > 1:
            raise FormulaError(f"uses the unknown command {words}")
        words = "".join(_SHOWN.get(letter, letter) for letter in words)
        if name == "mi" and words in OPERATORS:
            element.tag = f"{{{NAMESPACE}}}mo"
        elif name == "mo" and words in LETTERS:
            element.tag = f"{{{NAMESPACE}}}mi"
            element.set("mathvariant", "normal")
        element.text = _restyle(element, words) or None
        if element.get("width", "").startswith("negative"):
            element.set("width", "-0.167em")


SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
THIN = "0.167em"


def _space(root: ElementTree.Element) -> None:
    """Spaces as TeX sets them, where a browser would guess others."""
    for parent in root.iter():
        children = list(parent)
        is_scripted = _name(parent) in SCRIPTED
        for index, child in enumerate(children):
            if is_scripted and index:
                for operator in child.iter(f"{{{NAMESPACE}}}mo"):  # inside of scripts there are none
                    operator.set("lspace", "0")
                    operator.set("rspace", "0")
            elif not is_scripted:
                before = children[index - 1] if index else None
                after = children[index + 1] if index + 1 < len(children) else None
                _space_one(_core(child), before, after)


def _space_one(
    core: ElementTree.Element, before: ElementTree.Element | None, after: ElementTree.Element | None
) -> None:
    words = core.text or ""
    is_named = len(words) > 1 and words.isalpha() and _name(core) in ("mo", "mi")
    if is_named and "mathvariant" not in core.attrib:  # log, max, softmax
        core.tag = f"{{{NAMESPACE}}}mo"
        begins = before is None or (_name(_core(before)) == "mo" and not _closes(before))
        core.set("lspace", "0" if begins else THIN)
        core.set("rspace", "0" if after is None or _core(after).text in ("(", "[", "{") or _is_row(after) else THIN)
        core.set("form", "prefix")
    elif words in ("−", "-", "+", "±", "∓") and before is not None and _is_open(before):
        core.set("form", "prefix")  # a sign, and no difference


def _core(element: ElementTree.Element) -> ElementTree.Element:
    """The operator at the heart of log_2 or max_x."""
    while _name(element) in SCRIPTED and len(element):
        element = element[0]
    return element


def _is_open(element: ElementTree.Element) -> bool:
    """Whether what follows begins something new: after a relation, an operator, an opening bracket."""
    return _name(_core(element)) == "mo" and not _closes(element)


def _closes(element: ElementTree.Element) -> bool:
    return (_core(element).text or "") in set(")]}⟩‖|!⌋⌉′⊤")


def _is_row(element: ElementTree.Element) -> bool:
    """A bracketed row, as \\left( … \\right) makes it."""
    return _name(element) == "mrow" and len(element) > 0 and element[0].get("fence") == "true"


def _name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


# MathML Core has one `mathvariant` left, `normal`. The other alphabets are characters of their own.
_ALPHABETS = {
    # upper-case A, lower-case a, digit 0, Greek capital alpha, Greek small alpha
    "bold": (0x1D400, 0x1D41A, 0x1D7CE, 0x1D6A8, 0x1D6C2),
    "bold-italic": (0x1D468, 0x1D482, 0x1D7CE, 0x1D71C, 0x1D736),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6, None, None),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2, None, None),
    "double-struck": (None, 0x1D552, 0x1D7D8, None, None),
}


def _restyle(element: ElementTree.Element, words: str) -> str:
    variant = element.get("mathvariant", "")
    if not variant or variant == "normal":
        return words
    del element.attrib["mathvariant"]
    if variant not in _ALPHABETS:
        return words
    if element.tag.endswith("}mtext"):
        element.set("class", f"math-{variant}")
        return words
    return "".join(_in_alphabet(letter, _ALPHABETS[variant]) for letter in words)


def _in_alphabet(letter: str, starts: tuple[int | None, ...]) -> str:
    ranges = zip((("A", 26), ("a", 26), ("0", 10), ("Α", 25), ("α", 25)), starts, strict=True)
    for (first, size), start in ranges:
        offset = ord(letter) - ord(first)
        if start is not None and 0 <= offset < size:
            return chr(start + offset)
    return letter
