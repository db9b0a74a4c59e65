"""The one tolerance: wide enough for every correct program, and for nothing else."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reference import exact, rounding
from reference.strategies import Problem, problems


def by_loops(X, y, w, b):
    """Weight by weight and sample by sample."""
    n, d = X.shape
    r = [sum((X[i, k] * w[k] for k in range(d)), b) - y[i] for i in range(n)]
    return [sum(X[i, j] * r[i] for i in range(n)) / n for j in range(d)], sum(r) / n


def backwards(X, y, w, b):
    """Last sample first, last weight first, the label before the products."""
    n, d = X.shape
    r = [sum((X[i, k] * w[k] for k in reversed(range(d))), b - y[i]) for i in range(n)]
    r = np.array(r)[::-1]
    return [(X[::-1, j] * r).cumsum()[-1] / n for j in range(d)], r.cumsum()[-1] / n


def by_gram(X, y, w, b):
    """(XᵀX/n)w + b·mean(x) − Xᵀy/n."""
    n = X.dtype.type(len(X))
    return X.T @ X / n @ w + b * X.sum(0) / n - X.T @ y / n, w @ X.sum(0) / n + b - y.sum() / n


def twice_over_two(X, y, w, b):
    """2·x/2n, each sample divided before the sum."""
    r, n = X @ w + b - y, X.dtype.type(2 * len(y))
    return (2 * X.T / n * r).sum(axis=1), (2 * r / n).sum()


@pytest.mark.parametrize("gradient", [by_loops, backwards, by_gram, twice_over_two])
@settings(max_examples=200)
@given(problem=problems(layouts=["C"]))
def test_no_correct_program_is_outside(gradient, problem):
    """Loops, either direction, the Gram matrix, 2·x/2n: all within the bound."""
    with np.errstate(all="ignore"):
        grad_w, grad_b = gradient(*problem)
    true_w, true_b = exact.gradient(*problem)
    bound_w, bound_b = rounding.gradient_bound(*problem, problem.X.dtype)
    for got, true, bound in zip(
        [*grad_w, grad_b], [*true_w, true_b], [*bound_w, bound_b], strict=True
    ):
        assert rounding.within(got, true, bound)


@given(problem=problems(dtypes=[np.float64], nasty=False))
def test_where_nothing_cancels_a_relative_error_of_1e_13_is_outside(problem):
    """With all terms of one sign the bound is k·u of the result: 55·1.1e-16 at most."""
    X, y, w, b = Problem(*(np.abs(a) + 1 for a in problem))
    y = -y
    true_w, true_b = exact.gradient(X, y, w, b)
    bound_w, bound_b = rounding.gradient_bound(X, y, w, b, X.dtype)
    for true, bound in zip([*true_w, true_b], [*bound_w, bound_b], strict=True):
        assert rounding.within(float(true), true, bound)
        assert not rounding.within(float(true) * (1 + 1e-13), true, bound)


def test_the_smallest_problem_catches_1e_14():
    """n = d = 1: k = 7, so that one part in 10¹⁴ is caught."""
    problem = ([[3.0]], [-1.0], [2.0], 1.0)
    (true,), _ = exact.gradient(*problem)
    (bound,), _ = rounding.gradient_bound(*problem, np.float64)
    assert not rounding.within(float(true) * (1 + 1e-14), true, bound)


@pytest.mark.parametrize(
    ("dtype", "huge", "small"), [(np.float64, 1e160, 1e-200), (np.float32, 1e20, 1e-30)]
)
def test_overflow_and_underflow_are_allowed_for(dtype, huge, small):
    """Where a sum may overflow nothing is claimed; where products underflow, subnormals are."""
    X = np.array([[huge]], dtype)
    bound_w, bound_b = rounding.gradient_bound(X, X[0], X[0], 0.0, dtype)
    assert bound_w[0] == math.inf
    assert rounding.within(math.inf, Fraction(0), bound_w[0])
    assert rounding.within(math.nan, Fraction(0), bound_w[0])
    assert rounding.loss_bound(X, X[0], X[0], 0.0, dtype) == math.inf
    assert rounding.predict_bound(X, X[0], 0.0, dtype)[0] == math.inf
    X = np.array([[small]], dtype)
    (true,), _ = exact.gradient(X, [0.0], X[0], 0.0)
    (bound,), _ = rounding.gradient_bound(X, [0.0], X[0], 0.0, dtype)
    assert true > 0
    assert rounding.within(0.0, true, bound)
    assert bound < 1e3 * float(np.finfo(dtype).smallest_subnormal)


def test_within_is_decided_exactly():
    """The bound itself is within; half a unit of its last place more is not; NaN never is."""
    u = Fraction(1, 2**53)
    assert rounding.within(1.0, 1 - u, float(u))
    assert not rounding.within(1.0, 1 - u - u / 2**10, float(u))
    assert not rounding.within(math.nan, Fraction(0), 1e300)
    assert not rounding.within(math.inf, Fraction(0), 1e300)


def test_gamma_ends_where_rounding_can_do_anything():
    """k·u ≥ 1 has no bound: an error, not a negative number."""
    with pytest.raises(ValueError, match=r"must be less than 1.*use a wider dtype"):
        rounding.gamma(2**24, np.float32)


@settings(max_examples=100)
@given(problem=problems(), lr=st.floats(1e-3, 1))
def test_a_step_is_within_its_bound(problem, lr):
    """θ − η∇L, computed, is within sgd_step_bound of the exact step."""
    X, y, w, b = problem
    lr = X.dtype.type(lr)
    with np.errstate(all="ignore"):
        grad_w, grad_b = by_loops(*problem)
        new = [*(w - lr * np.array(grad_w, X.dtype)), b - lr * grad_b]
    bounds = np.append(*rounding.sgd_step_bound(*problem, float(lr), X.dtype))
    assume(np.isfinite(bounds).all())
    true_w, true_b = exact.gradient(*problem)
    eta = Fraction(float(lr))
    for got, old, slope, bound in zip(new, [*w, b], [*true_w, true_b], bounds, strict=True):
        assert rounding.within(got, Fraction(float(old)) - eta * slope, bound)
