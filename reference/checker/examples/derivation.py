"""The derivation of one number: a small problem put into the equations, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from reference import exact
from reference.checker.call_plan import Problem
from reference.checker.expected import formula_of
from reference.checker.trial import Trial

ROWS = 4  # samples of a problem that are written out; more than that are "…"
END = "(1.1b to 1.3h are the equations of the derivation, as the README has them.)"


def explain_example(item: Trial, i: int, name: str, got: str) -> list[str]:
    """The lines from the data to the number that is wrong.

    Parameters
    ----------
    item : Trial
    i : int
        Which number of the answer.
    name, got : str
        What the program calls it, and what it gave.
    """
    lines = list(LINES[formula_of(item.plan)](item, i, name))
    lines[-1] += f"   ← yours is {got}"
    return [*lines, END]


def predictions(case: Problem) -> tuple[list[Any], list[str]]:
    """ŷ of each sample, and how it comes about   (1.1b)"""
    y_hat = exact.predict(case.X, case.w, case.b)
    lines = []
    for k, row in enumerate(case.X):
        terms = [product(x, w) for x, w in zip(row, case.w, strict=True)]
        lines.append(f"1.1b   ŷ[{k}] = {' + '.join([*terms, inner(case.b)])} = {short(y_hat[k])}")
    return y_hat, lines


def residuals(case: Problem) -> tuple[list[Any], list[str]]:
    """ŷ − y of each sample, and the lines up to there   (1.3b)"""
    y_hat, lines = predictions(case)
    r = [a - b for a, b in zip(y_hat, exact.rationals(case.y), strict=True)]
    shown = [
        f"1.3b   ŷ[{k}] − y[{k}] = {short(y_hat[k])} − {inner(t)} = {short(r[k])}"
        for k, t in enumerate(case.y)
    ]
    return r, [*few(lines), *few(shown)]


def predict_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """One prediction."""
    yield predictions(item.case)[1][i]


def gradient_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """One derivative: 1.3b, 1.3d, 1.3f."""
    case, loss = item.case, item.expected.loss
    d = len(case.w)
    j = d if item.plan.kind == "gradient_b" else i
    r, lines = residuals(case)
    yield from lines
    terms = r
    if j < d:
        xs = exact.rationals(case.X[:, j])
        terms = [e * x for e, x in zip(r, xs, strict=True)]
        yield from few(
            [
                f"1.3d   (ŷ[{k}] − y[{k}]) · x[{k}, {j}] = {product(r[k], xs[k])} = {short(t)}"
                for k, t in enumerate(terms)
            ]
        )
    twice, mean = "2 · " * loss.startswith(("mse", "sse")), f" / {len(r)}" * loss.endswith("mse")
    value = item.expected.factor * sum(terms) / len(r)
    symbol = f"∂L/∂w[{j}]" if j < d else "∂L/∂b"
    named = name if item.plan.kind.startswith("gradient") else symbol
    yield f"1.3f   {named} = {twice}{total(terms)}{mean} = {short(value)}"


def step_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """One new weight, or the new bias: the derivative, then 1.3g or 1.3h."""
    yield from gradient_lines(item, i, name)
    case = item.case
    d = len(case.w)
    grad_w, grad_b = exact.gradient(*case[:4])
    yield new_value(case, i, name, item.expected.factor * [*grad_w, grad_b][i], d)


def given_step_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """One new weight, or the new bias, from a gradient that is given."""
    case = item.case
    yield new_value(case, i, name, Fraction([*case.X[0], case.y[0]][i]), len(case.w))


def new_value(case: Problem, i: int, name: str, slope: Fraction, d: int) -> str:
    """1.3g for a weight, 1.3h for the bias."""
    old = Fraction([*case.w, case.b][i])
    new = old - Fraction(case.lr) * slope
    equation = "1.3h" if i == d else "1.3g"
    return f"{equation}   {name} = {short(old)} − {product(case.lr, slope)} = {short(new)}"


def loss_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """The loss of 1.2b: each 1.2a, then their mean or sum."""
    case, loss = item.case, item.expected.loss
    if formula_of(item.plan) == "given loss":
        case = case._replace(X=case.X[:, :1], w=case.w[:1] * 0 + 1, b=0.0)
    r, lines = residuals(case)
    values, shown = squares(r, loss)
    mean = f" / {len(r)}" * loss.endswith("mse")
    value = sum(values) / (len(r) if mean else 1)
    yield from [*lines, *few(shown)]
    yield f"1.2b   {name} = {total(values)}{mean} = {short(value)}"


def sample_lines(item: Trial, i: int, name: str) -> Iterator[str]:
    """The loss of one sample, of a prediction that is given."""
    case = item.case
    r = Fraction(case.X[i, 0]) - Fraction(case.y[i])
    yield f"1.3b   ŷ[{i}] − y[{i}] = {short(case.X[i, 0])} − {inner(case.y[i])} = {short(r)}"
    yield squares([r], item.expected.loss)[1][0].replace("[0]", f"[{i}]")


def squares(r: list[Any], loss: str) -> tuple[list[Any], list[str]]:
    """The loss of each sample, and how it comes about   (1.2a)"""
    half = loss.startswith("half")
    values = [e * e / (2 if half else 1) for e in r]
    sign = "½ · " * half
    return values, [
        f"1.2a   l[{k}] = {sign}{inner(e)}² = {short(v)}"
        for k, (e, v) in enumerate(zip(r, values, strict=True))
    ]


LINES = {
    "predict": predict_lines,
    "gradient": gradient_lines,
    "gradient_w": gradient_lines,
    "gradient_b": gradient_lines,
    "step": step_lines,
    "given step": given_step_lines,
    "loss": loss_lines,
    "given loss": loss_lines,
    "sample": sample_lines,
}


def few(lines: list[str]) -> list[str]:
    """The first lines of many."""
    if len(lines) <= ROWS:
        return lines
    return [*lines[: ROWS - 1], f"       … ({len(lines)} samples)"]


def total(values: list[Any]) -> str:
    """A sum, written out in parentheses; the first terms of many."""
    if len(values) == 1:
        return inner(values[0])
    shown = [short(values[0]), *(inner(v) for v in values[1:])]
    shown = shown if len(shown) <= ROWS else [*shown[: ROWS - 1], "…"]
    return f"({' + '.join(shown)})"


def product(a: Any, b: Any) -> str:
    """a · b"""
    return f"{inner(a)} · {inner(b)}"


def short(value: Any) -> str:
    """A number without what it does not need.

    Examples
    --------
    >>> short(Fraction(1, 2)), short(3.0), short(-1)
    ('0.5', '3', '-1')
    """
    try:
        return repr(float(value)).removesuffix(".0")
    except OverflowError:
        return f"{value.numerator // value.denominator:.3e}"


def inner(value: Any) -> str:
    """A number within a sum or product: a negative one in parentheses."""
    written = short(value)
    return f"({written})" if written.startswith("-") else written
