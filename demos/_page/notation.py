"""Equations as MathML and code as HTML; the same quantity has the same mark in both.

The mark is the name in the code: `data-symbol="lr"` marks η in an equation and `lr` in the source.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from html import escape

# name: symbol, shape, names in the code, names in equations
NOTATION = {
    "X": ("X", "(n, d)", "X X_B x x_i area age dyhat_dw", "X x x_j area age ∂ŷ/∂w_j ∂ŷ/∂w"),
    "y": ("y", "(n,)", "y y_B y_i", "y"),
    "w": ("w", "(d,)", "w w_area w_age ws", "w w_j w_area w_age"),
    "b": ("b", "", "b bs", "b"),
    "y_hat": ("ŷ", "(n,)", "y_hat price predict predict_one", "ŷ price"),
    "residual": ("ŷ − y", "(n,)", "residual r dl_dyhat", "∂l/∂ŷ"),
    "n": ("n", "", "n len", "n"),
    "l": ("l", "(n,)", "l squared_loss", "l"),
    "L": ("L", "", "loss", "L L* L_B"),
    "dl_dw": ("∂l/∂w_j", "", "dl_dw", "∂l/∂w_j ∂l/∂w"),
    "dl_db": ("∂l/∂b", "", "dl_db", "∂l/∂b"),
    "grad_w": ("∇w L", "(d,)", "grad_w grads_w dL_dw", "∇w ∂L/∂w_j ∂L/∂w"),
    "grad_b": ("∂L/∂b", "", "grad_b grads_b dL_db", "∂L/∂b"),
    "lr": ("η", "", "lr", "η"),
    "batch_size": ("m", "", "batch_size", "m"),
    "H": ("H", "(d+1, d+1)", "H curvature", "H"),
}
IN_CODE = {name: symbol for symbol, row in NOTATION.items() for name in row[2].split()}
IN_MATHS = {name: symbol for symbol, row in NOTATION.items() for name in row[3].split()}

TOKEN = re.compile(
    r"(?P<derivative>∂\w/∂\w(_j)?)|\((?P<over>\w)/(?P<under>\w)\)|(?P<half>½)"
    r"|(?P<gradient>∇w L(_B)?)"
    r"|Σ(?P<index>ᵢ|_\{[^}]*\})|(?P<name>price|w_area|w_age|area|age|[^\W\d_ᵀ²](_[jB]|\*)?)"
    r"|(?P<raised>⁽ⁱ⁾|ᵀ|²)|(?P<number>\d)|(?P<open>[(\[])|(?P<sign>[^\s\w])|\s+"
)
RAISED = {
    "⁽ⁱ⁾": "<mrow><mi>(</mi><mi>i</mi><mi>)</mi></mrow>",
    "ᵀ": "<mi>⊤</mi>",
    "²": "<mn>2</mn>",
}
CLOSED = '<mo stretchy="false">)</mo>'
RESIDUAL = re.compile(r"^\(ŷ\S* − y\S*\)$|^\(wᵀ.* − y\S*\)$")  # in brackets, ŷ − y is one quantity


def mathml(equation: str) -> str:
    """The equation of a docstring as MathML; equations separated by commas become one line each.

    What stands between ⟦ and ⟧ is marked as changed.

    Examples
    --------
    >>> mathml("x²")
    '<math lang="en" display="block"><msup><mi data-symbol="X">x</mi><mn>2</mn></msup></math>'
    """
    parts = (_line(part) for part in equation.split(", "))
    return "".join(f'<math lang="en" display="block">{part}</math>' for part in parts)


def inline_mathml(equation: str) -> str:
    """The equation within a line of text."""
    return f'<math lang="en">{_line(equation)}</math>'


def _line(text: str) -> str:
    """One equation without its element; every second part is one that is marked as changed."""
    parts = ["".join(_terms(part)) for part in re.split("[⟦⟧]", text)]
    parts[1::2] = [f'<mrow class="changed">{part}</mrow>' for part in parts[1::2]]
    return "".join(parts)


def _terms(text: str) -> list[str]:
    """The MathML of each term; a bracket is one term."""
    terms: list[str] = []
    at = 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"an equation must consist of known signs, got {text[at:]!r}")
        at, kind = token.end(), token.lastgroup
        if kind == "open":
            at = _closing(text, token.start()) + 1
            terms.append(_bracket(text[token.start() : at]))
        elif kind == "raised":
            terms.append(_raised(terms.pop(), RAISED[token.group()]))
        elif kind:
            terms.append(_term(token))
    return terms


def _raised(term: str, above: str) -> str:
    """Add a superscript to a term, which may already have a subscript.

    Of a bracket, the sign that closes it: above the whole it would float a line too high.
    """
    if term.endswith(f"{CLOSED}</mrow>"):
        return f"{term.removesuffix(f'{CLOSED}</mrow>')}<msup>{CLOSED}{above}</msup></mrow>"
    if term.startswith("<msub"):
        return f"<msubsup{term.removeprefix('<msub').removesuffix('</msub>')}{above}</msubsup>"
    return f"<msup>{term}{above}</msup>"


def _closing(text: str, start: int) -> int:
    """The position at which the bracket that opens at `start` closes."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "([") - (text[at] in ")]")
        if depth == 0:
            return at
    raise ValueError(f"a bracket must close, got {text[start:]!r}")


def _bracket(text: str) -> str:
    inner = "".join(_terms(text[1:-1]))
    if text[0] == "[":  # [X 1]: columns side by side
        inner = inner.replace("<mn>", '<mspace width="0.5em"></mspace><mn>')
    mark = ' data-symbol="residual"' if RESIDUAL.match(text) else ""
    return (
        f'<mrow{mark}><mo stretchy="false">{text[0]}</mo>{inner}'
        f'<mo stretchy="false">{text[-1]}</mo></mrow>'
    )


def _term(token: re.Match[str]) -> str:
    text = token.group()
    if token["derivative"]:
        over, under = (f"<mrow><mo>∂</mo>{_name(part[1:])}</mrow>" for part in text.split("/"))
        return f'<mfrac data-symbol="{IN_MATHS.get(text, "one")}">{over}{under}</mfrac>'
    if token["under"]:
        return f"<mfrac>{''.join(_terms(token['over']))}{_name(token['under'])}</mfrac>"
    if token["half"]:
        return "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
    if token["gradient"]:
        loss = _name(text.removeprefix("∇w "))
        return f'<mrow data-symbol="grad_w"><msub><mo>∇</mo><mi>w</mi></msub>{loss}</mrow>'
    if token["index"]:
        index = token["index"].strip("_{}").replace("ᵢ", "i")
        signs = "".join(f"<mo>{c}</mo>" if c == "∈" else f"<mi>{c}</mi>" for c in index)
        return f"<munder><mo>∑</mo><mrow>{signs}</mrow></munder>"
    if token["number"]:
        return f"<mn>{text}</mn>"
    return _name(text) if token["name"] else f"<mo>{text}</mo>"


def _name(name: str) -> str:
    """A letter or a word, with its accent or index."""
    mark = f' data-symbol="{IN_MATHS[name]}"' if name in IN_MATHS else ""
    letter, _, index = name.partition("_")
    if index:
        return f"<msub{mark}><mi>{letter}</mi><mi>{index}</mi></msub>"
    if name == "ŷ":
        return f'<mover{mark} accent="true"><mi>y</mi><mo>^</mo></mover>'
    if name.endswith("*"):
        return f"<msup{mark}><mi>{name[:-1]}</mi><mo>*</mo></msup>"
    return f"<mi{mark}>{name}</mi>"


def code(source: str) -> str:
    """Python as HTML: keywords, strings and comments in classes, names with their symbols."""
    lines, html, at = source.splitlines(keepends=True), "", (1, 0)
    for token in _tokens(source):
        html += escape(_between(lines, at, token.start)) + _marked(token)
        at = token.end
    return html


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    skipped = {tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER}
    return (
        t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in skipped
    )


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """The white space between two tokens, line breaks included."""
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    whole = "".join(lines[start[0] : end[0] - 1])
    return lines[start[0] - 1][start[1] :] + whole + lines[end[0] - 1][: end[1]]


def _marked(token: tokenize.TokenInfo) -> str:
    text = escape(token.string)
    if token.type == tokenize.NAME and token.string in IN_CODE:
        return f'<span data-symbol="{IN_CODE[token.string]}">{text}</span>'
    kind = {tokenize.STRING: "string", tokenize.COMMENT: "comment"}.get(token.type)
    if keyword.iskeyword(token.string):
        kind = "keyword"
    return f'<span class="{kind}">{text}</span>' if kind else text
