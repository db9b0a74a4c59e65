"""Find the faults of the catalogue that explain all answers, the right ones included."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from reference.checker.call_plan import DIVISOR, Problem
from reference.checker.diagnosis.error_bounds import Terms
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.diagnosis.faults import CATALOGUE
from reference.checker.diagnosis.faults.fault import Estimate, Fault, Function
from reference.checker.diagnosis.faults.formulas import gradient, scale, step
from reference.checker.diagnosis.faults.scales import SCALES, Scale
from reference.checker.expected import CONVENTIONS, Expected, formula_of, precision_of
from reference.checker.trial import Trial

Formula = Callable[[Trial, Any], Any]  # the second argument makes arrays or Terms of the problem
LARGE, FAR = 20.0, 1e-3  # with numbers up to LARGE rounding is far less than FAR
GRADIENTS = ("gradient", "gradient_w", "gradient_b", "step")
OF_SEVERAL_FEATURES = (  # with one feature they are no mistake of their own
    "index-port",
    "divided-by-d",
    "collapsed-to-scalar",
)


def detected(
    evidence: Evidence, when: Literal["detect_first", "detect_last"], beside: str = ""
) -> str | None:
    """The first fault whose detector finds it in the evidence, `beside` another one."""
    for fault in CATALOGUE:
        detect = getattr(fault, when)
        if detect is not None and fault.name != beside and detect(evidence):
            return fault.name
    return None


def matching_faults(few: Sequence[Trial], everything: Sequence[Trial]) -> list[str]:
    """The faults with a formula that explains all answers: exactly one, at best.

    Parameters
    ----------
    few : sequence of Trial
        Answers that exclude most formulas: to the distinguishing problems, and wrong ones.
    everything : sequence of Trial
        All answers, for the formulas that are left.
    """
    if not any(t.has_wrong_values for t in few):
        return []
    for augmented in (False, True) if few[0].plan.theta else (False,):
        found = []
        for fault in CATALOGUE:
            if fault.name in OF_SEVERAL_FEATURES and all(len(t.case.w) == 1 for t in everything):
                continue
            formula = first_match(formulas(fault, few, augmented), few)
            if formula is not None and all(explains(formula, t) for t in everything):
                found.append(fault.name)
                if few[0].plan.kind in ("gradient_w", "gradient_b"):
                    return found  # of one part alone: a plain factor comes first
        if found:
            return found
    return []


def first_match(candidates: Iterable[Formula], trials: Sequence[Trial]) -> Formula | None:
    """The first of the formulas that explains all trials."""
    return next((f for f in candidates if all(explains(f, t) for t in trials)), None)


def explains(formula: Formula, e: Trial) -> bool:
    """Whether an answer is what the formula gives, within the rounding of both.

    Where the formula has no value, any answer that is right, raised or not finite is explained.
    """
    try:
        with np.errstate(all="ignore"):
            if is_far(formula(e, np.asarray), e):
                return False
            terms = formula(e, Terms)
            k = 4 * sum(e.case.X.shape) + 20
            dtypes = precisions(e, len(terms))
            bounds = [t.bound(k, dtype) for t, dtype in zip(terms, dtypes, strict=True)]
            bound = np.concatenate([np.ravel(b) for b in bounds])
    except (IndexError, ZeroDivisionError):
        return not e.finite or e.is_correct
    value = np.concatenate([np.ravel(t.value) for t in terms])
    got = as_many(e.reading.vector, value.shape)
    if not np.isfinite(value).all():
        return not e.finite or e.is_correct
    if got is None or got.shape != value.shape:
        return False
    return bool(((np.abs(got - value) <= bound) | (bound == np.inf)).all())


def as_many(got: Any, shape: tuple[int, ...]) -> Any:
    """An answer that is one number in place of several equal ones, as often as it is needed."""
    return np.broadcast_to(got, shape) if got is not None and got.shape == (1,) else got


def precisions(e: Trial, parts: int) -> list[Any]:
    """The precision of each part of an answer; none is finer than that of the arguments."""
    wide = precision_of(e.case.X)
    last = e.reading.dtype_b or e.reading.dtype
    found = [*[e.reading.dtype] * (parts - 1), last if parts > 1 else e.reading.dtype]
    return [max((dtype, wide), key=lambda t: np.finfo(t).eps) for dtype in found]


def is_far(found: Any, e: Trial) -> bool:
    """Whether an answer is certainly not what a formula gives, at the cost of a few operations.

    Of small problems with numbers of ordinary size, in float64, rounding is much less than `FAR`.
    """
    largest = max(np.abs(a).max() for a in e.case[:4])
    if e.reading.dtype != np.float64 or largest > LARGE or e.case.X.size > 200 or not e.finite:
        return False
    value = np.concatenate([np.ravel(v) for v in found])
    got = as_many(e.reading.vector, value.shape)
    if value.shape != got.shape or not np.isfinite(value).all():
        return False
    size = max(1.0, float(np.abs(value).max()))  # of weights stepped in turn, this may be large
    return bool((np.abs(got - value) > FAR * size).any())


def formulas(fault: Fault, trials: Sequence[Trial], augmented: bool) -> Iterator[Formula]:
    """The fault's formulas for this kind of answer, with every number that they may have.

    `augmented`: with the column of ones as a feature and b as its weight.
    """
    kind = formula_of(trials[0].plan)
    finite = [t for t in trials if t.finite and len(t.reading.vector) == len(t.expected.near)]
    find = partial(numbers, fault, fault.estimate, finite)
    if kind in GRADIENTS:
        for f in with_numbers(fault.gradient, 4, find):
            yield as_formula(kind, f, augmented)
    if kind == "step" and not augmented:
        for f in with_numbers(fault.step, 4, find):
            yield lambda e, of, f=f: f(*terms(e.case, of)[2:], e.case.lr, right_gradient(e, of))
    if kind == "given step":
        for f, c in given_steps(fault):
            yield lambda e, of, f=f, c=c: f(*terms(e.case, of)[2:], e.case.lr, given(e, c, of))
    if kind == "predict":
        for f in with_numbers(fault.predict, 3, find):
            yield as_formula(kind, lambda X, y, w, b, f=f: f(X, w, b))
    if "loss" in kind or kind == "sample":
        find = partial(numbers, fault, fault.estimate_for_loss or fault.estimate, finite)
        for f in with_numbers(fault.loss, 4, find):
            yield as_formula(kind, f)


def given_steps(fault: Fault) -> Iterator[tuple[Function, Scale]]:
    """The steps of a fault along the gradient that is given, or along a multiple of it."""
    if fault.name in SCALES:
        yield step, SCALES[fault.name]
    yield from ((f, lambda n, d: (1, 1)) for f in fault.step)


def given(e: Trial, c: Scale, of: Any = Terms) -> Any:
    """The gradient that a step is given at any w and b, each part times a factor."""
    X, y, _, _ = terms(e.case, of)
    return lambda *point: scale((X[0], y[0]), *c(DIVISOR, len(e.case.w)))


def as_formula(kind: str, f: Function, augmented: bool = False) -> Formula:
    """(X, y, w, b) → the parts of an answer, as a function of a trial."""
    if kind in GRADIENTS:
        return lambda e, of: as_answer(e, gradient_of(e, f, augmented, of), of)
    if kind == "predict":
        return lambda e, of: [f(*terms(e.case, of))]
    return lambda e, of: [e.expected.factor * f(*terms(c, of)) for c in loss_problems(e, kind)]


def parts_for(kind: str, pair: Any) -> Any:
    """The parts of a gradient that a function of this kind returns."""
    return {"gradient_w": pair[:1], "gradient_b": pair[1:]}.get(kind, pair)


def numbers(fault: Fault, estimate: Estimate | None, finite: Sequence[Trial]) -> list[Any]:
    """What the number of a fault may be: estimated from the answers, or any of its own."""
    if estimate is None:
        return list(fault.numbers)
    try:
        with np.errstate(all="ignore"):
            return list(estimate(finite)) if finite else []
    except ValueError:  # the answers are of one part alone, and it was to be the other
        return []


def with_numbers(
    functions: Sequence[Function], arity: int, numbers: Callable[[], list[Any]]
) -> Iterator[Function]:
    """Each function as it is; or with each of the numbers, if it takes one more argument."""
    for f in functions:
        if len(inspect.signature(f).parameters) == arity:
            yield f
        else:
            yield from ((lambda *a, f=f, c=c: f(*a, c)) for c in numbers())


def terms(case: Problem, of: Any = Terms) -> list[Any]:
    """X, y, w and b as Terms, or as arrays."""
    return [of(a) for a in case[:4]]


def gradient_of(e: Trial, f: Function, augmented: bool, of: Any) -> Any:
    """grad_w and grad_b by a formula."""
    X, y, w, b = e.case[:4]
    if not augmented:
        return f(*terms(e.case, of))
    ones = np.column_stack([np.ones(len(y)), X])
    grad, _ = f(of(ones), of(y), of(np.append(b, w)), of(0.0))
    return grad[1:], grad[0]


def as_answer(e: Trial, grad: Any, of: Any = Terms) -> Any:
    """A gradient or a part of it, or the step along it."""
    c, kind = e.expected.factor, formula_of(e.plan)
    if kind != "step":
        return [c * part for part in parts_for(kind, grad)]
    _, _, w, b = terms(e.case, of)
    return w - e.case.lr * c * grad[0], b - e.case.lr * c * grad[1]


def right_gradient(e: Trial, of: Any = Terms) -> Any:
    """The right gradient at any w and b, for formulas of steps."""
    X, y, _, _ = terms(e.case, of)
    return lambda w, b: scale(gradient(X, y, w, b), e.expected.factor)


def loss_problems(e: Trial, kind: str) -> list[Problem]:
    """The problems whose losses are the answer."""
    case = e.case
    if kind == "loss":
        return [case]
    given = case._replace(X=case.X[:, :1], w=np.ones(1), b=0.0)
    rows = range(len(case.y)) if kind == "sample" else ()
    each = [given._replace(X=given.X[i : i + 1], y=given.y[i : i + 1]) for i in rows]
    return each or [given]


def other_loss(trials: Sequence[Trial], declared: str) -> tuple[str, str] | None:
    """The name of the mistake and the loss, if the answers are right for another convention."""
    for loss in CONVENTIONS:
        if loss != declared and all(is_right_for(loss, t) for t in trials):
            n = 1 if trials[0].plan.kind == "sample" else 7
            ratio = CONVENTIONS[loss](n) / CONVENTIONS[declared](n)
            names = [f.name for f in CATALOGUE if f.ratio and f.ratio(n) == ratio]
            return (names or ["another-loss"])[0], loss
    return None


def is_right_for(loss: str, e: Trial) -> bool:
    """Whether an answer is right under a convention."""
    if e.reading.fault:
        return False
    errors = Expected(e.plan, e.case, loss).errors(*e.numbers)
    return bool((errors <= 1).all())
