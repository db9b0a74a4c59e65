"""The exact oracle: each result is compared with its equation, written out in fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from reference import exact
from reference.strategies import problems

SMALL = problems(dtypes=[np.float64], layouts=["C"], max_n=4, max_d=3, max_exponent=3)
NUMBERS = [0.1, -2.5, 3, Fraction(1, 3), np.float32(0.1), np.int64(-7), np.float64(1e300), True]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_becomes_the_fraction_equal_to_it(number):
    """Of Python and of NumPy; a fraction is returned as it is."""
    numerators, D = exact.integers([[number]])
    for found in (exact.rationals([[number]])[0][0], Fraction(numerators[0][0], D)):
        assert isinstance(found, Fraction)
        assert found == Fraction(number if isinstance(number, Fraction) else float(number))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("f", [exact.rationals, exact.integers])
def test_nan_and_infinity_are_rejected(f, value):
    """Alone or among other numbers."""
    for a in (value, [1.0, value], np.array([value])):
        with pytest.raises((ValueError, OverflowError)):
            f(a)


def rational(a):
    """An object array of fractions."""
    return np.vectorize(Fraction, otypes=[object])(np.array(a, object))


@given(SMALL)
def test_integers_over_their_denominator_are_the_same_numbers(problem):
    """In the same nesting, and D is the least common denominator."""
    *found, D = exact.integers(*problem)
    fractions = [rational(a) for a in problem]
    for numerators, a in zip(found, fractions, strict=True):
        np.testing.assert_array_equal(np.array(numerators, object) * Fraction(1, D), a)
    denominators = [v.denominator for a in fractions for v in a.ravel().tolist()]
    assert np.lcm.reduce(denominators, dtype=object) == D


@given(SMALL)
def test_predictions_losses_and_gradients_are_the_equations(problem):
    """1.1b, 1.2a, 1.2b and 1.3f; lists give what arrays give."""
    X, y, w, b = (rational(a) for a in problem)
    y_hat = (X @ w + b.item()).tolist()
    r = (y_hat - y).tolist()
    n = len(r)
    grad_w, grad_b = [sum(x * r) / n for x in X.T], sum(r) / n
    for X, y, w, b in (problem, [a.tolist() for a in problem]):
        assert exact.predict(X, w, b) == y_hat
        assert exact.residual(y_hat, y) == r
        assert exact.squared_loss(y_hat, y) == [v**2 / 2 for v in r]
        assert exact.loss(X, y, w, b) == sum(v**2 for v in r) / (2 * n)
        assert exact.gradient(X, y, w, b) == (grad_w, grad_b)


@given(SMALL)
def test_moments_are_sums_over_the_samples(problem):
    """z̄ and Σ (z − z̄)(z − z̄)ᵀ, the labels after the features."""
    Z = np.column_stack([rational(problem.X), rational(problem.y)])
    mean, S = exact.moments(problem.X, problem.y)
    assert mean == (Z.sum(axis=0) / Fraction(len(Z))).tolist()
    assert ((Z - mean).T @ (Z - mean)).tolist() == S


@given(SMALL)
def test_the_gradient_is_zero_at_the_minimum_or_the_minimum_is_not_unique(problem):
    """Either ∇L(w*, b*) = 0 exactly, or the error names the first dependent column."""
    X, y, *_ = problem
    try:
        w, b = exact.minimum(X, y)
    except ValueError as error:
        _, S = exact.moments(X, y)
        j = next(j for j in range(len(X[0])) if determinant(S, j + 1) == 0)
        assert f"column {j} of X" in str(error)
    else:
        assert len(w) == len(X[0])
        grad_w, grad_b = exact.gradient(X, y, w, b)
        assert not any([*grad_w, grad_b])


def determinant(S, k):
    """Of the first k rows and columns, k ≤ 3."""
    S = [row[:k] for row in S[:k]]
    if k == 1:
        return S[0][0]
    minors = [[row[:j] + row[j + 1 :] for row in S[1:]] for j in range(k)]
    return sum((-1) ** j * S[0][j] * determinant(minors[j], k - 1) for j in range(k))


def test_the_elimination_changes_rows_where_a_pivot_is_zero():
    """The weights still come in the order of the columns."""
    X = [[1, 0, 0], [-1, 0, 0], [0, 1, 1], [0, -1, 1], [0, 1, -3]]
    y = [2 * x[0] - 3 * x[1] + 5 * x[2] + 7 for x in X]
    assert exact.minimum(X, y) == ([2, -3, 5], 7)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: exact.predict([[1, 2]], [1], 0),
        lambda: exact.residual([1, 2], [1]),
        lambda: exact.gradient([[1, 2]], [1], [1], 0),
        lambda: exact.gradient([[1], [2]], [1], [1], 0),
        lambda: exact.moments([[1, 2], [1]], [1, 2]),
    ],
)
def test_lengths_that_do_not_fit_are_rejected(wrong):
    """No number is left out without an error."""
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        wrong()
