"""TeX to MathML: what is shown, what is refused, what cannot get through."""

from xml.etree import ElementTree

import pytest

from learn.courses.formulas import ELEMENTS, NAMESPACE, FormulaError, to_mathml

LESSON_FORMULAS = [
    r"\operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}} + M\right)V",
    r"\begin{aligned}y &= Wx \\ &= 2x\end{aligned}",
    r"\begin{cases}1 & x > 0\\0 & \text{otherwise}\end{cases}",
    r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}",
    r"\mathcal{L}(\theta) = -\mathbb{E}_{x \sim p}\left[\log p_\theta(x_t \mid x_{<t})\right]",
    r"\hat{x} = s \cdot (q - z), \quad q = \left\lfloor \frac{x}{s} \right\rceil",
    r"\boldsymbol{\theta} \leftarrow \boldsymbol{\theta} - \eta \nabla_\theta \mathcal{L}",
    r"\sum_{i=1}^{n} x_i^2 \ge 0, \; \|x\|_2, \; \arg\max_k",
    r"\text{loss} < 5\% \text{ & more}",
]


@pytest.mark.parametrize("tex", LESSON_FORMULAS)
def test_formulas_of_lessons_convert_to_mathml_that_parses(tex):
    root = ElementTree.fromstring(to_mathml(tex, block=True))

    assert root.tag == f"{{{NAMESPACE}}}math"
    assert root.get("display") == "block"
    assert root.get("alttext") == tex
    assert {element.tag.removeprefix(f"{{{NAMESPACE}}}") for element in root.iter()} <= ELEMENTS


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\foo{x}", r"the unknown command \foo"),
        (r"\frac", "no available tokens"),
        ("x_", "missing super script or subscript"),
        ("{x", "braces that do not pair"),
        ("a & b", "outside of an environment"),
        (r"a \\ b", "use aligned"),
        (r"\begin{tikzpicture}x\end{tikzpicture}", "unknown environment tikzpicture"),
        (r"\left( x", "missing right"),
        ("x" * 3000, "longer than"),
        ("", "no available tokens"),
    ],
)
def test_a_formula_that_cannot_be_shown_is_refused_with_the_reason(tex, said):
    with pytest.raises(FormulaError, match=said.replace("\\", "\\\\")):
        to_mathml(tex)


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        "<script>",
    ],
)
def test_nothing_but_mathml_gets_into_the_page(tex):
    html = to_mathml(tex)

    assert "<script" not in html
    assert "<img" not in html
    # The source is repeated in an attribute, for screen readers; it links to nothing there.
    assert "href=" not in html.replace("href{", "")


def words(tex: str, name: str) -> list[str]:
    root = ElementTree.fromstring(to_mathml(tex))
    return [element.text or "" for element in root.iter(f"{{{NAMESPACE}}}{name}")]


def test_alphabets_become_characters_since_browsers_know_no_other_mathvariant():
    assert words(r"\boldsymbol{\theta}", "mi") == ["𝜽"]
    assert words(r"\mathbf{W}", "mi") == ["𝐖"]
    assert words(r"\mathtt{ab}", "mi") == ["𝚊", "𝚋"]


def test_relations_are_operators_and_infinity_is_not():
    assert "∼" in words(r"x \sim p", "mo")
    assert words(r"\infty", "mo") == []


def test_a_sign_after_a_relation_is_no_difference():
    root = ElementTree.fromstring(to_mathml("a = -b - c"))
    minuses = [element.get("form") for element in root.iter() if element.text == "−"]

    assert minuses == ["prefix", None]


def test_a_named_function_stands_apart_from_a_letter_and_close_to_a_bracket():
    def spaces(tex):
        root = ElementTree.fromstring(to_mathml(tex))
        return next(element.get("rspace") for element in root.iter() if element.text == "log")

    assert spaces(r"\log p") == "0.167em"
    assert spaces(r"\log(p)") == "0"
    assert spaces(r"\log_2 (p)") == "0"
