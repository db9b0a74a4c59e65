"""Two mistakes at once: one in what is summed and one of size or sign, or one in each part.

A combination is a formula like those of the catalogue, made of its entries: a formula times a
factor for each part, a formula of changed arguments, the weights' part of one and the bias's part
of another, a step along a wrong gradient. Those with fewer names come first, and one is named only
if it explains all answers.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reference.checker.call_plan import DIVISOR
from reference.checker.diagnosis import match
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.diagnosis.faults.fault import Function
from reference.checker.diagnosis.faults.formulas import (
    add_decay,
    gradient,
    mask_out,
    scale,
    step,
)
from reference.checker.diagnosis.faults.scales import SCALES, Scale
from reference.checker.expected import formula_of
from reference.checker.trial import Trial

OF_LOSSES = ("factor-two", "missing-mean", "factor-two-sum", "factor-half", "divided-twice")
PLAIN = ("missing-mean", "factor-two", "factor-half")  # what a third mistake may be
CHANGES: tuple[tuple[str, Function], ...] = (  # mistakes that are a change of the arguments
    ("bias-omitted", lambda X, y, w, b: (X, y, w, 0 * b)),
    ("last-row-dropped", lambda X, y, w, b: (X[:-1], y[:-1], w, b)),
    ("last-row-dropped", lambda X, y, w, b: (X[1:], y[1:], w, b)),
    ("labels-off-by-one", lambda X, y, w, b: (X, y[np.arange(1, len(y) + 1) % len(y)], w, b)),
    ("labels-off-by-one", lambda X, y, w, b: (X, y[np.arange(-1, len(y) - 1)], w, b)),
    ("residual-parenthesis", lambda X, y, w, b: (X, y, w, -b)),
    ("feature-missing", lambda X, y, w, b: (X, y, w * mask_out(-1, len(w)), b)),
    ("feature-missing", lambda X, y, w, b: (X, y, w * mask_out(0, len(w)), b)),
)


class Candidate(NamedTuple):
    """The names of the mistakes, and what they give: (X, y, w, b) → the parts of an answer.

    Of a step: (w, b, lr, g, X, y) → (w, b), where g is not used unless the names say so.
    """

    names: tuple[str, ...]
    values: Function
    is_step: bool = False


def matching_pair(few: Sequence[Trial], everything: Sequence[Trial]) -> tuple[str, ...]:
    """The two mistakes, or three, that explain all answers together; () if none do.

    Parameters
    ----------
    few, everything : sequence of Trial
        As for `match.matching_faults`.
    """
    probes = probes_of(few)
    if not probes or not any(t.has_wrong_values for t in few):
        return ()
    kind = formula_of(few[0].plan)
    for candidate in candidates(kind, probes):
        if all(is_near(candidate, kind, t) for t in probes):
            formula = as_formula(candidate, kind)
            if all(match.explains(formula, t) for t in (*few, *everything)):
                return candidate.names
    return ()


def probes_of(trials: Sequence[Trial]) -> list[Trial]:
    """Three answers that most combinations do not give."""
    numeric = [t for t in trials if t.finite and not t.reading.fault and t.errors.size > 0]
    numeric.sort(key=lambda t: np.count_nonzero(t.gradient) == 0)  # noughts last
    telling = [t for t in numeric if len(t.case.y) > 2 and len(t.case.w) > 1]
    return (telling or [t for t in numeric if len(t.case.y) > 2] or numeric)[:3]


def is_near(candidate: Candidate, kind: str, t: Trial) -> bool:
    """Whether it is near one answer, in ordinary arithmetic."""
    found = quietly(plain_values, candidate, kind, t)
    if found is None:
        return False
    got = t.reading.vector
    tolerance = 1e-6 * (np.abs(got) + 1e-3 * np.abs(got).max())
    return found.shape == got.shape and bool((np.abs(found - got) <= tolerance).all())


def quietly(f: Function, *arguments: Any) -> Any:
    """What a function returns; None where it has no value, as of no rows."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no numbers
            return f(*arguments)
    except (IndexError, ZeroDivisionError):
        return None


def plain_values(candidate: Candidate, kind: str, t: Trial) -> Any:
    """What it gives for the problem of an answer."""
    X, y, w, b = t.case[:4]
    c = t.expected.factor
    if candidate.is_step:
        found = candidate.values(w, b, t.case.lr * c, X, y)
    elif kind in match.GRADIENTS:
        found = candidate.values(X, y, w, b)
        if kind == "step":
            found = (w - t.case.lr * c * found[0], b - t.case.lr * c * found[1])
        else:
            found = tuple(c * part for part in match.parts_for(kind, found))
    elif kind == "predict":
        found = (candidate.values(X, y, w, b),)
    else:
        found = [c * candidate.values(*p[:4]) for p in match.loss_problems(t, kind)]
    return np.concatenate([np.ravel(part) for part in found])


def as_formula(candidate: Candidate, kind: str) -> match.Formula:
    """A combination as the catalogue's formulas are compared with answers."""
    f = candidate.values
    if not candidate.is_step:
        return match.as_formula(kind, f)

    def of_step(e: Trial, of: Any) -> Any:
        X, y, w, b = match.terms(e.case, of)
        return f(w, b, e.case.lr * e.expected.factor, X, y)

    return of_step


def candidates(kind: str, probes: Sequence[Trial]) -> Iterator[Candidate]:
    """The combinations for this kind of answer, the likeliest first."""
    if kind in match.GRADIENTS:
        yield from of_factors()
        formulas = list(structural("gradient"))
        for name, f in formulas:
            yield from ((Candidate((name, s), scaled(f, c))) for s, c in SCALES.items())
        if kind != "gradient_b":
            yield from decayed(probes)
        yield from of_changes(formulas)
        yield from of_parts(kind, probes, formulas)
        if kind == "step":
            yield from of_steps(formulas)
    elif kind == "given step":
        yield from of_given()
    elif kind == "predict":
        yield from of_changes(
            [(n, lambda X, y, w, b, f=f: f(X, w, b)) for n, f in structural("predict")]
        )
    elif "loss" in kind or kind == "sample":
        formulas = list(structural("loss"))
        yield from of_changes(formulas)
        for name, f in formulas:
            yield from (Candidate((name, s), times(f, SCALES[s])) for s in OF_LOSSES)


def of_factors() -> Iterator[Candidate]:
    """The right gradient with two mistakes of size or sign, or with three."""
    pairs = list(itertools.combinations(SCALES, 2))
    triples = [(*p, third) for p in pairs for third in PLAIN if third not in p]
    for names in (*pairs, *triples):
        f = gradient
        for name in names:
            f = scaled(f, SCALES[name])
        yield Candidate(names, f)


def structural(kind: str) -> Iterator[tuple[str, Function]]:
    """The catalogue's formulas that are more than a factor, with every number of their own."""
    arity = 3 if kind == "predict" else 4
    for fault in CATALOGUE:
        if fault.name not in SCALES and fault.estimate is None:
            found = match.with_numbers(getattr(fault, kind), arity, lambda f=fault: list(f.numbers))
            yield from ((fault.name, f) for f in found)


def scaled(f: Function, c: Scale) -> Function:
    """A formula with each part times its factor."""
    return lambda X, y, w, b: scale(f(X, y, w, b), *c(len(y), len(w)))


def times(f: Function, c: Scale) -> Function:
    """A loss times a factor."""
    return lambda X, y, w, b: c(len(y), len(w))[0] * f(X, y, w, b)


def decayed(probes: Sequence[Trial]) -> Iterator[Candidate]:
    """A gradient of another size or sign, and a penalty on the weights, or on the bias too."""
    t = max(probes, key=lambda t: float(np.abs(t.case.w).max()))
    j, n = int(np.abs(t.case.w).argmax()), len(t.case.y)
    for name, c in SCALES.items():
        f = scaled(gradient, c)
        with np.errstate(all="ignore"):
            rest = float((t.gradient[j] - f(*t.case[:4])[0][j]) / t.case.w[j])
        if np.isfinite(rest) and abs(rest) > 1e-9:
            for power in (0, 1):
                k = float(f"{rest * n**power:.6g}")
                yield Candidate((name, "weight-decay"), penalised(f, k, power, 0))
                yield Candidate((name, "bias-penalised"), penalised(f, k, power, 1))


def penalised(f: Function, k: float, power: int, of_bias: int) -> Function:
    """A gradient plus k/nᵖ times the weights, and times the bias if `of_bias` is 1."""

    def values(X: Any, y: Any, w: Any, b: Any) -> Any:
        c = k / len(y) ** power
        return add_decay(f(X, y, w, b), c * w, of_bias * c * b)

    return values


def of_changes(formulas: Sequence[tuple[str, Function]]) -> Iterator[Candidate]:
    """A formula of the catalogue, of arguments that another mistake has changed."""
    for changed, change in CHANGES:
        for name, f in formulas:
            if name != changed:
                yield Candidate(
                    (changed, name), lambda X, y, w, b, f=f, t=change: f(*t(X, y, w, b))
                )


def of_parts(
    kind: str, probes: Sequence[Trial], formulas: Sequence[tuple[str, Function]]
) -> Iterator[Candidate]:
    """The weights' part with one mistake, the bias's part with another."""
    if kind not in ("gradient", "step"):
        return
    of_right = [((n,), scaled(gradient, c)) for n, c in SCALES.items()]
    known = [((name,), f) for name, f in formulas] + of_right
    first, second = (
        [(names, f) for names, f in known if all(part_is_near(f, t, part) for t in probes)]
        for part in (0, 1)
    )
    for (a, f), (c, g) in itertools.product(first, second):
        names = tuple(dict.fromkeys((*a, *c)))
        if len(names) == 2:
            yield Candidate(
                names, lambda X, y, w, b, f=f, g=g: (f(X, y, w, b)[0], g(X, y, w, b)[1])
            )


def part_is_near(f: Function, t: Trial, part: int) -> bool:
    """Whether a formula gives the weights' part (0) or the bias's part (1) of an answer."""
    got = t.gradient[:-1] if part == 0 else t.gradient[-1:]
    pair = quietly(f, *t.case[:4])
    if pair is None:
        return False
    found = np.ravel(pair[part])
    near = 1e-6 * np.abs(t.gradient).max()
    return found.shape == got.shape and bool((np.abs(found - got) <= near).all())


def of_steps(formulas: Sequence[tuple[str, Function]]) -> Iterator[Candidate]:
    """A mistake of the step, along a gradient with a mistake of its own."""
    scales = [(name, scaled(gradient, c)) for name, c in SCALES.items()]
    for fault in CATALOGUE:
        for wrong_step in fault.step:
            for name, f in (*scales, *formulas):
                yield Candidate((fault.name, name), stepping(wrong_step, f), is_step=True)


def of_given() -> Iterator[Candidate]:
    """Two mistakes of a step along a gradient that is given."""
    for (a, c), (b, k) in itertools.combinations(SCALES.items(), 2):
        yield Candidate((a, b), stepping(step, multiple(c, k)), is_step=True)
    for fault in CATALOGUE:
        for wrong_step in fault.step:
            for name, c in SCALES.items():
                yield Candidate((fault.name, name), stepping(wrong_step, multiple(c)), is_step=True)


def multiple(*factors: Scale) -> Function:
    """The gradient that is given, times factors."""

    def values(X: Any, y: Any, w: Any, b: Any) -> Any:
        found = X[0], y[0]
        for c in factors:
            found = scale(found, *c(DIVISOR, len(w)))
        return found

    return values


def stepping(step: Function, f: Function) -> Function:
    """A step along the gradient that a formula gives, at any w and b."""
    return lambda w, b, lr, X, y: step(w, b, lr, lambda w, b: f(X, y, w, b))
