"""A figure's SVG, made fit to stand inside a page: known elements only, no scripts, no styles, no addresses.

It is put into the page and not shown as an image so that it takes the page's ink, paper and fonts
in light and dark: authors paint with `currentColor` and the classes of `lesson.css`
(`fig-accent`, `fig-quiet`, …). The pages' content security policy forbids `style` attributes, so
their declarations become presentation attributes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
MAX_BYTES = 400_000

ELEMENTS = set(
    "svg g path rect circle ellipse line polyline polygon text tspan textPath defs marker linearGradient "
    "radialGradient stop clipPath mask pattern use symbol title desc".split()
)
# Left out without a word: what drawing programs add for themselves.
IGNORED = {"metadata", "sodipodi:namedview", "namedview"}
GEOMETRY = set(
    "viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points transform dx dy rotate textLength lengthAdjust "
    "id class href preserveAspectRatio markerWidth markerHeight refX refY orient markerUnits offset fx fy "
    "gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits patternTransform "
    "clipPathUnits maskUnits maskContentUnits pathLength startOffset".split()
)
PAINT = set(
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin "
    "stroke-dasharray stroke-dashoffset stroke-miterlimit opacity color stop-color stop-opacity clip-path "
    "clip-rule mask marker-start marker-mid marker-end font-size font-weight font-style font-family "
    "font-variant-numeric text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing "
    "visibility display paint-order vector-effect writing-mode shape-rendering text-rendering".split()
)


class FigureError(ValueError):
    """A figure that cannot be shown; the message says why, for its author."""


@lru_cache(maxsize=2000)
def inline(source: str, alt: str, prefix: str) -> str:
    """The figure as an `<svg role="img">` whose ids start with `prefix`. Raises FigureError."""
    root = parse(source)
    names = {element.get("id", "") for element in root.iter()} - {""}
    for element in root.iter():
        _clean(element, names, prefix)
    root.set("role", "img")
    root.set("aria-label", alt)
    # The page's style sheet decides the width; the ratio comes from the viewBox.
    root.attrib.pop("height", None)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def parse(source: str) -> ElementTree.Element:
    """The tree of an SVG file without what a page does not need. Raises FigureError."""
    if len(source) > MAX_BYTES:
        raise FigureError(f"is larger than {MAX_BYTES // 1000} kB")
    if "<!ENTITY" in source:
        raise FigureError("declares entities")
    try:
        root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>\[]*>", "", source))
    except ElementTree.ParseError as error:
        raise FigureError(f"is not well-formed XML: {error}") from error
    if root.tag != f"{{{SVG}}}svg":
        raise FigureError('is not an SVG: its root is not <svg xmlns="http://www.w3.org/2000/svg">')
    if not root.get("viewBox"):
        raise FigureError("has no viewBox, so it cannot fit a phone")
    _drop_ignored(root)
    for child in list(root):
        if _local(child) == "title":  # the page would show it as a tooltip over the whole figure
            root.remove(child)
    for element in root.iter():
        _require_known(element)
    return root


def _drop_ignored(parent: ElementTree.Element) -> None:
    for child in list(parent):
        if _local(child) in IGNORED or (_local(child) == "style" and _is_harmless(child.text or "")):
            parent.remove(child)
        else:
            _drop_ignored(child)


def _is_harmless(css: str) -> bool:
    """The one rule matplotlib writes into each of its files."""
    return re.fullmatch(r"\s*\*\s*\{\s*stroke-linejoin:\s*round;\s*stroke-linecap:\s*butt;?\s*\}\s*", css) is not None


def _require_known(element: ElementTree.Element) -> None:
    name = _local(element)
    if name == "style":
        raise FigureError("has a <style>: paint with currentColor and the figure classes instead")
    if name not in ELEMENTS:
        raise FigureError(f"has a <{name}>, which figures may not use")
    for key in element.attrib:
        if re.match(r"(?i)on", key):
            raise FigureError(f"has a script in the attribute {key}")


def _clean(element: ElementTree.Element, names: set[str], prefix: str) -> None:
    attributes = dict(element.attrib)
    declarations = attributes.pop("style", "")
    for declaration in filter(str.strip, declarations.split(";")):
        key, _, value = declaration.partition(":")
        attributes[key.strip()] = value.strip()
    kept = {}
    for key, value in attributes.items():
        key = "href" if key == f"{{{XLINK}}}href" else key
        if key in GEOMETRY or key in PAINT:
            kept[key] = _localise(key, value, names, prefix)
    element.attrib.clear()
    element.attrib.update(kept)
    element.tag = f"{{{SVG}}}{_local(element)}"


def _localise(key: str, value: str, names: set[str], prefix: str) -> str:
    """References stay inside the figure, and its ids do not meet those of the page."""
    if key == "id":
        return prefix + value
    if key == "href":
        if value.removeprefix("#") not in names or not value.startswith("#"):
            raise FigureError(f"refers to {value}, which is not in the file")
        return "#" + prefix + value[1:]
    if "url(" in value:
        match = re.fullmatch(r"""url\(["']?#([^"')]+)["']?\)""", value.strip())
        if not match or match[1] not in names:
            raise FigureError(f"refers to {value}, which is not in the file")
        return f"url(#{prefix}{match[1]})"
    return value


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def missing(alt: str) -> str:
    """What stands in a figure's place when there is none to show."""
    return f'<p class="figure-missing">{escape(alt)}</p>'
