"""What an answer should be, exactly, and how far from that it may be.

An answer is a vector here: grad_w and then grad_b, or w and then b, or ŷ, or the loss alone.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from reference import exact, rounding
from reference.checker.call_plan import CallPlan, Problem

CONVENTIONS = {  # what the gradient and the loss of 1.2b are multiplied with
    "half-mse": lambda n: 1,
    "mse": lambda n: 2,
    "half-sse": lambda n: n,
    "sse": lambda n: 2 * n,
}
FORMULAS = {
    "half-mse": "(1/2n) Σ (ŷ − y)²",
    "mse": "(1/n) Σ (ŷ − y)²",
    "half-sse": "½ Σ (ŷ − y)²",
    "sse": "Σ (ŷ − y)²",
}


def precision_of(X: Any) -> Any:
    """The precision of data; whole numbers have that of float64."""
    return X.dtype if X.dtype.kind == "f" else np.dtype(float)


class Expected:
    """The exact answer of one call, and its bounds; each is computed when it is needed.

    Attributes
    ----------
    exact : list of Fraction
    rounded : (k,) float64
        The nearest floats.
    near : (k,) float64
        The answer in extended precision, where there is one: quicker, and nearly as exact.
    """

    def __init__(self, plan: CallPlan, case: Problem, loss: str, sizes: Any = None) -> None:
        self.plan, self.case, self.loss, self.sizes = plan, case, loss, sizes
        n = 1 if plan.kind == "sample" else len(case.y)
        self.factor = 1 if plan.given else CONVENTIONS[loss](n)

    @cached_property
    def exact(self) -> list[Fraction]:
        """The exact answer."""
        return VALUES[formula_of(self.plan)](self.case, self.factor)

    @cached_property
    def near(self) -> Any:
        """As exact as the bounds are decided with: within a third of each."""
        if not HAS_EXTENDED:
            return self.rounded
        with np.errstate(all="ignore"):
            return NEAR[formula_of(self.plan)](*extended(self.case), self.factor).astype(float)

    @cached_property
    def rounded(self) -> Any:
        """The nearest floats; infinite where there is none."""
        return np.array([nearest(v) for v in self.exact])

    @cached_property
    def bounds(self) -> Any:
        """For answers in the precision of X."""
        return self.bounds_in(self.case.X.dtype)

    def bounds_in(self, dtype: Any) -> Any:
        """How far from `exact` an answer of this precision may be.

        In a narrower one than that of X each argument is rounded before anything else: x_j, x_k,
        w_k and y of a product, 4 roundings more. With k ≥ 3 roundings before, γ_{k+4} ≤ 7/3 · γ_k;
        a square has twice as many of both. Of so many terms that there is no bound, it is infinite.
        """
        wide = precision_of(self.case.X)
        if np.finfo(dtype).eps < np.finfo(wide).eps:
            dtype = wide
        try:
            bounds = BOUNDS[formula_of(self.plan)](self.problem, self.case, self.factor, dtype)
        except ValueError:
            return np.full(len(self.near), np.inf)
        return bounds * (1 if np.dtype(dtype) == wide else 7 / 3)

    @property
    def problem(self) -> tuple[Any, ...]:
        """X, y, w, b as the subject sees them: with a column of ones for b, if it does."""
        X, y, w, b = self.case[:4]
        X = X if self.sizes is None else self.sizes
        if not self.plan.theta:
            return X, y, w, b
        return np.column_stack([X, np.ones(len(y), X.dtype)]), y, np.append(w, b), 0.0

    def errors(self, got: Any, dtype: Any, dtype_b: Any = None) -> Any:
        """|got − exact| / bound of each component: more than 1 is wrong, decided exactly.

        `dtype_b` is the precision of the last component, where it has one of its own.
        """
        bounds = self.bounds if dtype == self.case.X.dtype else self.bounds_in(dtype)
        if dtype_b is not None and dtype_b != dtype:
            bounds = np.append(bounds[:-1], self.bounds_in(dtype_b)[-1])
        with np.errstate(all="ignore"):
            errors = np.abs(got - self.near) / bounds
        decided = (errors < 0.6) | ((errors > 1.4) & (errors < np.inf))  # `near` is off by 1/3
        for i in () if decided.all() else np.flatnonzero(~decided):
            if rounding.within(got[i], self.exact[i], bounds[i]):
                errors[i] = min(1.0, errors[i]) if np.isfinite(errors[i]) else 0.0
            else:
                errors[i] = max(errors[i], np.nextafter(1, 2)) if errors[i] > 0 else np.inf
        return errors

    def component(self, i: int) -> str:
        """The name of the i-th number."""
        if self.plan.kind in ("predict", "sample"):
            return f"{'ŷ' if self.plan.kind == 'predict' else 'l'}[{i}]"
        if self.plan.kind == "loss":
            return "loss"
        if self.plan.kind == "gradient_b":
            return "grad_b"
        prefix = "new " if self.plan.kind in ("step", "trainer") else "grad_"
        return f"{prefix}b" if i == len(self.case.w) else f"{prefix}w[{i}]"


def formula_of(plan: CallPlan) -> str:
    """The key of its formula: the kind, apart from what is given as a residual or a gradient."""
    if plan.given:
        return "given step"
    if plan.kind == "loss" and "y_hat" in plan.uses:
        return "given loss"
    return "step" if plan.kind == "trainer" else plan.kind


def nearest(value: Fraction) -> float:
    """The nearest float.

    Examples
    --------
    >>> nearest(Fraction(1, 2)), nearest(Fraction(-(10**400)))
    (0.5, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def gradient(case: Problem, c: int) -> list[Fraction]:
    """c ∇L   (1.3f)"""
    grad_w, grad_b = exact.gradient(*case[:4])
    return [c * g for g in (*grad_w, grad_b)]


def step(case: Problem, c: int) -> list[Fraction]:
    """θ − η c ∇L   (1.3g, 1.3h)"""
    lr, theta = Fraction(case.lr), exact.rationals([*case.w, case.b])
    return [t - lr * g for t, g in zip(theta, gradient(case, c), strict=True)]


def given_step(case: Problem, c: int) -> list[Fraction]:
    """θ − η g, for the gradient g that is the first row of X and y"""
    theta, g = exact.rationals([*case.w, case.b]), exact.rationals([*case.X[0], case.y[0]])
    return [t - Fraction(case.lr) * g_j for t, g_j in zip(theta, g, strict=True)]


def as_predictions(case: Problem) -> tuple[Any, ...]:
    """The problem whose ŷ is the first column of X."""
    return case.X[:, :1], case.y, np.ones(1, case.X.dtype), 0.0


VALUES = {
    "gradient": gradient,
    "gradient_w": lambda case, c: gradient(case, c)[:-1],
    "gradient_b": lambda case, c: gradient(case, c)[-1:],
    "step": step,
    "given step": given_step,
    "predict": lambda case, c: exact.predict(case.X, case.w, case.b),
    "loss": lambda case, c: [c * exact.loss(*case[:4])],
    "given loss": lambda case, c: [c * exact.loss(*as_predictions(case))],
    "sample": lambda case, c: [c * v for v in exact.squared_loss(case.X[:, 0], case.y)],
}


# The same formulas in a precision with eleven bits or more beyond float64: 2⁻¹¹ of a bound, and one
# rounding to float64, of at most a seventh of it.
HAS_EXTENDED = np.finfo(np.longdouble).nmant >= np.finfo(float).nmant + 11


def extended(case: Problem) -> tuple[Any, ...]:
    """X, y, w, b and the learning rate in extended precision."""
    return tuple(np.asarray(a, dtype=np.longdouble) for a in case[:5])


def near_gradient(X: Any, y: Any, w: Any, b: Any, lr: Any, c: int) -> Any:
    """c ∇L   (1.3f)"""
    residual = X @ w + b - y
    return c * np.append(residual @ X, residual.sum()) / len(y)


def near_loss(y_hat: Any, y: Any, c: int) -> Any:
    """c L   (1.2b)"""
    residual = y_hat - y
    return np.array([c * (residual @ residual) / (2 * len(y))])


NEAR = {
    "gradient": near_gradient,
    "gradient_w": lambda *problem: near_gradient(*problem)[:-1],
    "gradient_b": lambda *problem: near_gradient(*problem)[-1:],
    "step": lambda X, y, w, b, lr, c: np.append(w, b) - lr * near_gradient(X, y, w, b, lr, c),
    "given step": lambda X, y, w, b, lr, c: np.append(w, b) - lr * np.append(X[0], y[0]),
    "predict": lambda X, y, w, b, lr, c: X @ w + b,
    "loss": lambda X, y, w, b, lr, c: near_loss(X @ w + b, y, c),
    "given loss": lambda X, y, w, b, lr, c: near_loss(X[:, 0], y, c),
    "sample": lambda X, y, w, b, lr, c: c * (X[:, 0] - y) ** 2 / 2,
}


def step_bounds(problem: Any, case: Problem, c: int, dtype: Any) -> Any:
    """Of θ − η c ∇L in any order: n more roundings of θ where each sample is subtracted alone."""
    X, y, w, b = problem
    bounds = np.append(*rounding.sgd_step_bound(X, y, w, b, case.lr * c, dtype))
    theta = np.abs(np.append(w, b).astype(float))
    return (bounds + rounding.gamma(len(y), dtype) * theta)[: len(case.w) + 1]


def given_step_bounds(problem: Any, case: Problem, c: int, dtype: Any) -> Any:
    """Of θ − η g: a product and a difference."""
    theta, g = np.append(case.w, case.b), np.append(case.X[0], case.y[0])
    size = np.abs(theta.astype(float)) + case.lr * np.abs(g.astype(float))
    return rounding.gamma(3, dtype) * size + 3 * rounding.smallest(dtype)


def sample_bounds(problem: Any, case: Problem, c: int, dtype: Any) -> Any:
    """Of each l⁽ⁱ⁾: a loss of one sample."""
    X, y, w, b = as_predictions(case)
    rows = range(len(y))
    return np.array(
        [c * rounding.loss_bound(X[i : i + 1], y[i : i + 1], w, b, dtype) for i in rows]
    )


def gradient_bounds(problem: Any, case: Problem, c: int, dtype: Any) -> Any:
    """Of c ∇L, in any order of summation."""
    return c * np.append(*rounding.gradient_bound(*problem, dtype))[: len(case.w) + 1]


BOUNDS = {
    "gradient": gradient_bounds,
    "gradient_w": lambda p, case, c, dtype: gradient_bounds(p, case, c, dtype)[: len(case.w)],
    "gradient_b": lambda p, case, c, dtype: gradient_bounds(p, case, c, dtype)[len(case.w) :],
    "step": step_bounds,
    "given step": given_step_bounds,
    "predict": lambda p, case, c, dtype: rounding.predict_bound(p[0], p[2], p[3], dtype),
    "loss": lambda p, case, c, dtype: np.array([c * rounding.loss_bound(*p, dtype)]),
    "given loss": lambda p, case, c, dtype: np.array(
        [c * rounding.loss_bound(*as_predictions(case), dtype)]
    ),
    "sample": sample_bounds,
}
