"""Answers that are cut: rounded to some digits, divided by //, or kept in whole numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults.formulas import gradient, loss, residual, sums
from reference.checker.expected import formula_of
from reference.checker.trial import Trial

Values = Callable[..., Any]
MOST_DIGITS = 12


def rounding_of(trials: Sequence[Trial]) -> str:
    """To how many decimals, or digits, all these numbers are rounded; "" if they are not."""
    if not trials or not all(t.finite and not t.reading.fault for t in trials):
        return ""
    units = (("decimal", decimals, of_decimals), ("digit", digits, of_digits))
    for k in range(MOST_DIGITS):
        for unit, rounded, spacing in units:
            if (unit == "decimal" or k) and all(is_rounded(t, k, rounded, spacing) for t in trials):
                return f"{k} {unit}{'s' * (k != 1)}"
    return ""


def decimals(v: Any, k: int) -> Any:
    """With k decimals."""
    return np.round(v, k)


def digits(v: Any, k: int) -> Any:
    """With k significant digits."""
    return np.array([float(f"{x:.{k - 1}e}") for x in v])


def of_decimals(v: Any, k: int) -> Any:
    """The spacing of numbers with k decimals."""
    return 10.0**-k + 0 * v


def of_digits(v: Any, k: int) -> Any:
    """The spacing of numbers with k significant digits, at v."""
    return 10.0 ** (np.floor(np.log10(np.abs(v) + 1e-300)) + 1 - k)


def is_rounded(t: Trial, k: int, rounded: Values, spacing: Values) -> bool:
    """Whether what is wrong of an answer, or the gradient of a step, is the exact one rounded."""
    pairs = [(t.reading.vector, t.expected.rounded, t.expected.bounds)]
    slack = 0.5
    if formula_of(t.plan) == "step":
        pairs.append((t.gradient, t.expected_gradient, 1e-12 / min(t.case.lr, 1.0)))
        slack = 10 if t.plan.kind == "trainer" else slack  # it may be rounded after all steps
    for got, exact, bound in pairs:
        near = np.abs(rounded(got, k) - got) <= 1e-12 * np.abs(got)
        close = np.abs(got - exact) <= slack * (1 + 1e-9) * spacing(exact, k) + bound
        if (near & close | (t.errors <= 1)).all():
            return True
    return False


def is_divided_in_whole_numbers(trials: Sequence[Trial]) -> bool:
    """Whether // stands where / should."""
    return is_one_of(FLOORED, trials)


def is_kept_in_whole_numbers(trials: Sequence[Trial]) -> bool:
    """Whether the fractions were cut off: by int(), or by an array of integers."""
    return is_one_of(TRUNCATED, trials)


def is_one_of(values: dict[str, Sequence[Values]], trials: Sequence[Trial]) -> bool:
    """Whether one of the formulas gives all answers."""
    from reference.checker.diagnosis.pairs import Candidate, is_near  # imports the catalogue

    kind = formula_of(trials[0].plan) if trials else ""
    if not trials or not all(t.finite and not t.reading.fault for t in trials):
        return False
    named = {"gradient_w": "gradient", "gradient_b": "gradient", "given loss": "loss"}
    found = [Candidate((), f) for f in values.get(named.get(kind, kind), ())]
    if kind == "step":
        found += [Candidate((), f) for f in values["gradient"]]
        found += [Candidate((), f, True) for f in values["of steps"]]
    return any(all(is_near(c, kind, t) for t in trials) for c in found)


def parts_cut(cut: Values) -> Iterator[Values]:
    """A gradient of any usual size with both parts cut, or one of them."""
    for size in (lambda n: 1, lambda n: 2, lambda n: 1 / 2, lambda n: n):
        for w, b in ((1, 1), (1, 0), (0, 1)):

            def f(X: Any, y: Any, *wb: Any, size: Any = size, w: int = w, b: int = b) -> Any:
                c = size(len(y))
                gw, gb = (c * part for part in gradient(X, y, *wb))
                return cut(gw) if w else gw, cut(gb) if b else gb

            yield f


def floored_rows(X: Any, y: Any, w: Any, b: Any) -> Any:
    """Xᵀ(r // n)"""
    return sums(X, np.floor(residual(X, y, w, b) / len(y)))


def truncated_sums(X: Any, y: Any, w: Any, b: Any) -> Any:
    """Sums that are cut after each sample, in arrays of integers."""
    r, grad_w = residual(X, y, w, b), np.zeros(len(w))
    for x_i, r_i in zip(X, r, strict=True):
        grad_w = np.trunc(grad_w + r_i * x_i)
    return grad_w, r.sum()


def over_n(f: Values) -> Values:
    """A gradient divided by n."""
    return lambda X, y, w, b: tuple(part / len(y) for part in f(X, y, w, b))


def truncated_step(both: bool) -> Values:
    """A step whose weights are kept in integers; and the bias, too."""

    def f(w: Any, b: Any, lr: float, X: Any, y: Any) -> Any:
        grad_w, grad_b = gradient(X, y, w, b)
        new_b = b - lr * grad_b
        return np.trunc(w - lr * grad_w), np.trunc(new_b) if both else new_b

    return f


FLOORED: dict[str, Sequence[Values]] = {
    "gradient": (*parts_cut(np.floor), floored_rows),
    "of steps": (),
    "loss": (
        lambda X, y, w, b: np.floor(loss(X, y, w, b)),
        lambda X, y, w, b: np.floor(2 * loss(X, y, w, b)) / 2,
        lambda X, y, w, b: np.floor(2 * loss(X, y, w, b)),
    ),
}
TRUNCATED: dict[str, Sequence[Values]] = {
    "gradient": (*parts_cut(np.trunc), truncated_sums, over_n(truncated_sums)),
    "of steps": (truncated_step(True), truncated_step(False)),
    "loss": (lambda X, y, w, b: np.trunc(loss(X, y, w, b)),),
    "predict": (lambda X, y, w, b: np.trunc(X @ w + b),),
}


def tell_rounding(evidence: Evidence) -> str:
    """To how many digits the answers are right, and where they are rounded; or ""."""
    found = rounding_of(evidence.inexact)
    if not found:
        return ""
    return f"Your numbers are right to {found}: they are rounded{place(evidence, is_rounding)}."


def tell_division(evidence: Evidence) -> str:
    """Where // stands; or ""."""
    where = place(evidence, lambda node: isinstance(getattr(node, "op", None), ast.FloorDiv))
    return f"You divide by //{where}, which cuts to whole numbers: use /." if where else ""


def is_rounding(node: Any) -> bool:
    """Whether a node rounds a number: round(), np.round, np.around, a format."""
    names = ("round", "around", "rint", "format", "quantize", "round_", "set_printoptions")
    if isinstance(node, ast.FormattedValue):
        return node.format_spec is not None
    if not isinstance(node, ast.Call):
        return False
    return getattr(node.func, "attr", getattr(node.func, "id", "")) in names


def place(evidence: Evidence, found: Callable[[Any], bool]) -> str:
    """Where in the source of the function, or else of its program, a node stands; or ""."""
    definition = evidence.definition
    if definition is None or definition.program is None:
        return ""
    for nodes in (definition.nodes, ast.walk(definition.program.tree)):
        lines = sorted({n.lineno for n in nodes if found(n)})[:3]
        if lines:
            return f" in {' and in '.join(map(definition.program.place, lines))}"
    return ""
