"""The loops for a few features, held to NumPy's way and to the theorems on rounding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import LossSurface, Moments
from linreg_np.surface import few_features, minimum
from reference import rounding

GRADES = st.sampled_from([1, 0.3, 0.1, 0.01, 1e-3, 1e-4, 1e-6, 1e-8])
SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def moments(rng, d, grade):
    """Of 30 rows and d features; each differs from the others by less than the one before."""
    R = np.triu(rng.normal(size=(d, d)), 1) + np.diag(np.geomspace(1, grade, d))
    X = rng.normal(size=(30, d)) @ R + rng.normal(size=d)
    return Moments.of(X, X @ rng.normal(size=d) + rng.normal(size=30))


@given(rng=SEEDS, d=st.integers(1, few_features.FEW), grade=GRADES)
def test_where_it_answers_it_has_the_least_squares_of_the_moments(rng, d, grade):
    """S/n = TᵀT, Rw = z, b = ȳ − x̄ᵀw, floor ½ρ²; and NumPy calls no column dependent.

    |TᵀT − S/n| is within γ_{q+1} |T|ᵀ|T| (Higham, Theorem 10.3) and three roundings of √n and the
    quotient, |Rw − z| within γ_d |R||w| (Theorem 8.5), row by row. So NumPy's w solves RᵀRw = Rᵀz
    as well, up to the sum of these bounds.
    """
    m = moments(rng, d, grade)
    found = few_features.of_few_features(m)
    if found is None:
        assert grade < 1
        return
    t, at = found
    simple, least = minimum.of_moments(m)
    assert not least.dependent
    assert (t.n, t.blur, at.dependent) == (simple.n, simple.blur, {})
    γ = 2 * rounding.gamma(d + 6, np.float64)
    T = np.block([[t.R, t.c[:-1, None]], [np.zeros((1, d)), t.rho]])
    assert (np.tril(T, -1) == 0).all()
    off = abs(np.tril(T.T @ T - m.scatter / m.n))  # S is rounded, and read to its diagonal
    assert (off <= γ * (abs(T).T @ abs(T))).all()
    np.testing.assert_array_equal(t.U[-1], [*m.mean[:-1], 1])
    np.testing.assert_array_equal(t.U[:-1, -1], 0)
    assert t.c[-1] == m.mean[-1]
    assert (abs(t.R @ at.w - t.c[:-1]) <= γ * (abs(t.R) @ abs(at.w))).all()
    size = abs(t.c[-1]) + abs(t.x_mean) @ abs(at.w)
    assert abs(at.b - (t.c[-1] - t.x_mean @ at.w)) <= γ * size
    assert at.floor == t.rho * t.rho / 2
    # the lengths of T's columns: an entry of |T|ᵀ|T| is at most the product of two of them
    sizes = np.sqrt(m.scatter.diagonal() / m.n)
    reach = sizes[:-1] @ (abs(at.w) + abs(least.w)) + 2 * sizes[-1]
    assert (abs(t.R.T @ t.R @ (at.w - least.w)) <= 4 * d * γ * sizes[:-1] * reach).all()


@given(rng=SEEDS, q=st.integers(1, 9), root=st.sampled_from([1.0, 10.0]))
def test_cholesky_is_a_root(rng, q, root):
    """|TᵀT root² − S| within γ_{q+5} |T|ᵀ|T| root², and as much again for the product here.

    Source: Higham, Theorem 10.3, with two roundings of each quotient by root.
    """
    A = rng.normal(size=(q + 5, q))
    S = A.T @ A
    T = np.zeros((q, q))
    for j, column in enumerate(few_features.cholesky(S.tolist(), root)):
        assert len(column) == j + 1
        assert column[-1] > 0
        T[: j + 1, j] = column
    γ = rounding.gamma(q + 5, np.float64)
    assert (abs(T.T @ T * root**2 - S) <= 2 * γ * (abs(T).T @ abs(T)) * root**2).all()


@pytest.mark.parametrize("d", range(1, 12))
def test_it_answers_where_features_do_not_correlate(d):
    """Up to a few; more are for NumPy."""
    X = np.random.default_rng(d).normal(3, 1, (1000, d + 1))
    m = Moments.of(X[:, :-1], X[:, -1])
    assert (few_features.of_few_features(m) is not None) == (d <= few_features.FEW)


@pytest.mark.parametrize(
    ("mean", "scatter"),
    [
        ([1.0, 2.0], [[0.0, 0.0], [0.0, 1.0]]),  # a constant feature
        ([1.0, 2.0, 3.0], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),  # the same twice
        ([1.0, 2.0], [[1.0, 2.0], [2.0, 3.0]]),  # rounded to no longer positive
        ([1.0, 2.0], [[-1.0, 0.0], [0.0, 1.0]]),
        ([1e9, 2.0], [[1.0, 0.0], [0.0, 1.0]]),  # hardly more than the rounding of its mean
    ],
)
def test_what_is_in_doubt_is_left_to_numpy(mean, scatter):
    """And has the surface that NumPy finds."""
    m = Moments(10, mean, scatter)
    assert few_features.of_few_features(m) is None
    assert LossSurface.from_moments(m) == LossSurface._at(*minimum.of_moments(m))


@given(rng=SEEDS, d=st.integers(1, few_features.FEW), last=st.sampled_from([1, 1e-3, 1e-6]))
def test_independence_is_clear_where_the_determinant_says_so(rng, d, last):
    """(blur + 4u) ‖U‖ < σ = |det R|/sᵈ⁻¹, s = ‖U‖/√(d−1), which no singular value of R is under."""
    R = np.triu(rng.normal(size=(d, d)), 1) + np.diag([1.0] * (d - 1) + [last])
    x_mean, columns = rng.normal(size=d), [R[: j + 1, j].tolist() for j in range(d)]
    size = np.linalg.norm([*R.ravel(), *x_mean, 1])
    σ = last * (np.sqrt(max(1, d - 1)) / size) ** (d - 1)
    assert σ <= np.linalg.svd(R)[1][-1] + 1e-14 * size
    edge = σ / size - 4 * 2.0**-53
    for blur, clear in ((edge - 1e-9 * abs(edge), True), (edge + 1e-9 * abs(edge), False)):
        assert few_features._clearly_independent(columns, x_mean.tolist(), blur) == clear
