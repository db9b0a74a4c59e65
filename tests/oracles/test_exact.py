"""The exact oracle: what it says of any numbers can be checked by adding up, and by nothing else."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from reference import exact
from reference.strategies import problems

SMALL = problems(dtypes=[np.float64], layouts=["C"], max_n=4, max_d=3, digits=3)
NUMBERS = [0.1, -2.5, 3, Fraction(1, 3), np.float32(0.1), np.int64(-7), np.float64(1e300), True]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_the_fraction_that_it_is(number):
    """A float is a whole number over a power of two; a fraction stays what it is; NumPy's too."""
    whole, D = exact.integers([[number]])
    for found in (exact.rationals([[number]])[0][0], Fraction(whole[0][0], D)):
        assert isinstance(found, Fraction)
        assert found == Fraction(number if isinstance(number, Fraction) else float(number))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("f", [exact.rationals, exact.integers])
def test_what_is_no_number_is_refused(f, value):
    """NaN and infinity, alone or among others."""
    for a in (value, [1.0, value], np.array([value])):
        with pytest.raises((ValueError, OverflowError)):
            f(a)


@given(SMALL)
def test_whole_numbers_are_the_same_numbers(problem):
    """Divided by D they are what was given, in the same form, and D is the least that does it."""
    *found, D = exact.integers(*problem)
    for whole, given_ in zip(found, problem, strict=True):
        np.testing.assert_array_equal(np.array(whole, object) * Fraction(1, D), rational(given_))
    given_ = [rational(a).ravel().tolist() for a in problem]
    assert np.lcm.reduce([v.denominator for a in given_ for v in a], dtype=object) == D


def rational(a):
    """An object array of fractions."""
    return np.vectorize(Fraction, otypes=[object])(np.array(a, object))


@given(SMALL)
def test_predictions_losses_and_gradients_are_the_equations(problem):
    """1.1b, 1.2a, 1.2b and 1.3f, written out in fractions, one number after the other."""
    X, y, w, b = (rational(a) for a in problem)
    n, d = X.shape
    y_hat = [sum((X[i, k] * w[k] for k in range(d)), Fraction(b.item())) for i in range(n)]
    r = [p - t for p, t in zip(y_hat, y, strict=True)]
    assert exact.predict(problem[0], *problem[2:]) == y_hat
    assert exact.residual(y_hat, problem[1]) == r
    assert exact.squared_loss(y_hat, problem[1]) == [v**2 / 2 for v in r]
    assert exact.loss(*problem) == sum(v**2 for v in r) / (2 * n)
    assert exact.gradient(*problem) == (
        [sum(X[i, j] * r[i] for i in range(n)) / n for j in range(d)],
        sum(r) / n,
    )


@given(SMALL)
def test_arrays_and_lists_are_alike(problem):
    """A NumPy array of floats gives what its list gives."""
    lists = [a.tolist() for a in problem]
    assert exact.gradient(*problem) == exact.gradient(*lists)
    assert exact.integers(*problem) == exact.integers(*lists)
    assert exact.integers(np.array(problem.b)) == exact.integers(float(problem.b))


@given(SMALL)
def test_moments_are_sums_over_the_samples(problem):
    """z̄ and Σ (z − z̄)(z − z̄)ᵀ, the labels behind the features."""
    X, y, *_ = problem
    Z = np.column_stack([rational(X), rational(y)])
    mean, S = exact.moments(X, y)
    assert mean == (Z.sum(axis=0) / Fraction(len(Z))).tolist()
    assert ((Z - mean).T @ (Z - mean)).tolist() == S


@given(SMALL)
def test_the_gradient_is_zero_at_the_minimum_or_there_is_none_alone(problem):
    """Either ∇L(w*, b*) = 0, exactly, or a column depends on those before it, which is named."""
    X, y, *_ = problem
    try:
        w, b = exact.minimum(X, y)
    except ValueError as error:
        _, S = exact.moments(X, y)
        j = next(j for j in range(len(X[0])) if determinant(S, j + 1) == 0)
        assert str(error) == (f"column {j} of X must not depend on those before it and 1; drop it")
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


def test_a_pivot_may_stand_further_down():
    """Where the first row has a zero, another is taken, and goes back to its place."""
    X = [[1, 0, 0], [-1, 0, 0], [0, 1, 1], [0, -1, 1], [0, 1, -3]]
    true = [Fraction(2), Fraction(-3), Fraction(5)]
    y = [sum(a * c for a, c in zip(x, true, strict=True)) + 7 for x in X]
    assert exact.minimum(X, y) == (true, 7)


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
def test_lengths_that_do_not_fit_are_refused(wrong):
    """No number is left out in silence."""
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is shorter"):
        wrong()
