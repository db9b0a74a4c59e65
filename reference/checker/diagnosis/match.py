"""Which fault of the catalogue explains all the answers, the right ones included."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import Problem
from reference.checker.diagnosis import faults
from reference.checker.diagnosis.error_bounds import Terms
from reference.checker.diagnosis.faults import CATALOGUE, Fault
from reference.checker.expected import CONVENTIONS, Expected, formula_of
from reference.checker.trial import Trial

OF_SEVERAL_FEATURES = ("index-port",)
Formula = Callable[[Trial], Any]
RATIOS = {"missing-mean": lambda n: n, "factor-two": lambda n: 2, "factor-two-sum": lambda n: 2 * n}


def named(evidence: Sequence[Trial], everything: Sequence[Trial]) -> list[str]:
    """The faults that explain all of the evidence, and everything else: at best exactly one.

    Parameters
    ----------
    evidence : sequence of Trial
        Answers to the distinguishing problems, and the wrong ones: enough to exclude by.
    everything : sequence of Trial
        All answers: what is left must explain these too.
    """
    if not any(e.has_wrong_values for e in evidence):
        return []
    theta = evidence[0].plan.theta
    for view in (False, True) if theta else (False,):
        found = []
        for fault in CATALOGUE:
            if fault.name in OF_SEVERAL_FEATURES and all(len(e.case.w) == 1 for e in everything):
                continue
            formula = first(formulas(fault, evidence, view), evidence)
            if formula is not None and all(explains(formula, e) for e in everything):
                found.append(fault.name)
        if found:
            return found
    return []


def first(candidates: Iterable[Formula], evidence: Sequence[Trial]) -> Formula | None:
    """The first of the formulas that explains all the evidence."""
    return next((f for f in candidates if all(explains(f, e) for e in evidence)), None)


def explains(formula: Formula, e: Trial) -> bool:
    """Whether an answer is what the formula gives, within the rounding of both.

    Where the formula has no value, an exception, NaN and a right answer are all it can lead to.
    """
    try:
        with np.errstate(all="ignore"):
            terms = formula(e)
            k = 4 * sum(e.case.X.shape) + 20
            bound = np.concatenate([np.ravel(t.bound(k, e.reading.dtype)) for t in terms])
    except (IndexError, ZeroDivisionError):
        return not e.finite or e.is_correct
    value, got = np.concatenate([np.ravel(t.value) for t in terms]), e.reading.vector
    if not np.isfinite(value).all():
        return not e.finite or e.is_correct
    if got is None or got.shape != value.shape:
        return False
    return bool(((np.abs(got - value) <= bound) | (bound == np.inf)).all())


def formulas(fault: Fault, evidence: Sequence[Trial], augmented: bool) -> Iterator[Formula]:
    """The fault's formulas for this kind of answer, with every number that they may have.

    `augmented`: with the column of ones as a feature and b as its weight.
    """
    kind, usable = formula_of(evidence[0].plan), [e for e in evidence if e.finite]
    if kind in ("gradient", "step"):
        for f in chosen(fault.gradient, 4, fault.choices, usable):
            yield lambda e, f=f: as_answer(e, gradient_of(e, f, augmented))
    if kind == "step" and not augmented:
        for f in fault.step:
            yield lambda e, f=f: f(*terms(e.case)[2:], e.case.lr, right_gradient(e))
    if kind == "predict":
        for f in chosen(fault.predict, 3, fault.choices, usable):
            yield lambda e, f=f: [f(*(terms(e.case)[i] for i in (0, 2, 3)))]
    if "loss" in kind or kind == "sample":
        for f in chosen(fault.loss, 4, fault.loss_choices or fault.choices, usable):
            yield lambda e, f=f: [e.expected.factor * f(*terms(c)) for c in losses(e, kind)]


def chosen(
    functions: Sequence[Formula], arity: int, choices: Any, usable: Sequence[Trial]
) -> Iterator[Formula]:
    """Each function as it is, or with each of its choices."""
    for f in functions:
        if len(inspect.signature(f).parameters) == arity:
            yield f
        elif usable and choices is not None:
            with np.errstate(all="ignore"):
                found = list(choices(usable))
            yield from ((lambda *a, f=f, c=c: f(*a, c)) for c in found)


def terms(case: Problem) -> list[Any]:
    """X, y, w and b as Terms."""
    return [Terms(a) for a in case[:4]]


def gradient_of(e: Trial, f: Formula, augmented: bool) -> Any:
    """grad_w and grad_b by a formula."""
    X, y, w, b = e.case[:4]
    if not augmented:
        return f(*terms(e.case))
    ones = np.column_stack([np.ones(len(y)), X])
    grad, _ = f(Terms(ones), Terms(y), Terms(np.append(b, w)), Terms(0.0))
    return grad[1:], grad[0]


def as_answer(e: Trial, grad: Any) -> Any:
    """A gradient, or the step along it."""
    c = e.expected.factor
    if formula_of(e.plan) == "gradient":
        return c * grad[0], c * grad[1]
    _, _, w, b = terms(e.case)
    return w - e.case.lr * c * grad[0], b - e.case.lr * c * grad[1]


def right_gradient(e: Trial) -> Any:
    """The right gradient at any w and b, for formulas of steps."""
    X, y, _, _ = terms(e.case)
    return lambda w, b: faults.times(*[e.expected.factor] * 2, faults.gradient(X, y, w, b))


def losses(e: Trial, kind: str) -> list[Problem]:
    """The cases whose losses are the answer."""
    case = e.case
    if kind == "loss":
        return [case]
    given = case._replace(X=case.X[:, :1], w=np.ones(1), b=0.0)
    rows = range(len(case.y)) if kind == "sample" else ()
    each = [given._replace(X=given.X[i : i + 1], y=given.y[i : i + 1]) for i in rows]
    return each or [given]


def other_loss(evidence: Sequence[Trial], declared: str) -> tuple[str, str] | None:
    """The name of the mistake and the loss, if the answers are right for another convention."""
    for loss in CONVENTIONS:
        if loss != declared and all(right_for(loss, e) for e in evidence):
            n = 1 if evidence[0].plan.kind == "sample" else 7
            ratio = CONVENTIONS[loss](n) / CONVENTIONS[declared](n)
            names = [name for name, of in RATIOS.items() if of(n) == ratio]
            return (names or ["another-loss"])[0], loss
    return None


def right_for(loss: str, e: Trial) -> bool:
    """Whether an answer is right under a convention."""
    if e.reading.fault:
        return False
    errors = Expected(e.plan, e.case, loss).errors(e.reading.vector, e.reading.dtype)
    return bool((errors <= 1).all())
