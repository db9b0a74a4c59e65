"""§2: the triangle of least squares, from moments and from data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import Moments
from linreg_np.surface.triangle import EPS, triangle_of_data, triangle_of_moments
from reference import exact, rounding
from reference.strategies import problems

SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@given(rng=SEEDS, d=st.integers(1, 12))
def test_a_triangle_of_whole_numbers_is_found_as_it_is(rng, d):
    """Where Cholesky has nothing to round nothing is: S = TᵀT gives back T, ones on its diagonal."""
    T = np.triu(rng.integers(-3, 4, (d + 1, d + 1)), 1) + np.eye(d + 1)
    t = triangle_of_moments(Moments(1, np.arange(d + 1.0), T.T @ T))
    np.testing.assert_array_equal(t.R, T[:-1, :-1])
    np.testing.assert_array_equal(t.c, [*T[:-1, -1], d])
    np.testing.assert_array_equal(t.U[-1], [*range(d), 1])
    assert t.rho == 1


@pytest.mark.parametrize("n", [4, 9, 10**6])
@pytest.mark.parametrize(("more", "constant"), [(0, True), (1e-9, False)])
def test_a_spread_of_no_more_than_the_rounding_of_the_mean_is_none(n, more, constant):
    """4u of it, whatever n. Asked where Cholesky finds no root: here a column is there twice."""
    spread = 2 * EPS * (1 + more)
    S = np.zeros((4, 4))
    S[:2, :2], S[2, 2], S[3, 3] = n, spread**2 * n, n
    R = triangle_of_moments(Moments(n, [0, 0, 1, 0], S)).R
    assert (not R[:, 2].any()) == constant
    np.testing.assert_allclose(np.linalg.norm(R[:, :2], axis=0), 1, rtol=1e-14)


@given(problem=problems(max_n=20, max_d=4, nasty=False), off=st.floats(-2, 2))
def test_whatever_is_taken_off_the_mean_is_the_mean(problem, off):
    """The column of ones finds what is left: x̄, ȳ and S = n[R z; 0 ρ]ᵀ[R z; 0 ρ].

    Source of the bound: Higham, Theorem 19.4.
    """
    X, y = problem.X.astype(float), problem.y.astype(float)
    (n, d), m = X.shape, Moments.of(X, y)
    t = triangle_of_data(X, y, Moments(n, m.mean + off, m.scatter))
    mean, S = exact.moments(X, y)
    size = np.linalg.norm(np.column_stack([X, y]), axis=0) + abs(off) * np.sqrt(n)
    γ = rounding.gamma(10 * (n + d + 4) * (d + 2), np.float64)
    T = np.block([[t.R, t.c[:-1, None]], [np.zeros((1, d)), t.rho]])
    for got, true, s in zip([*t.x_mean, t.c[-1]], mean, size, strict=True):
        assert rounding.within(got, true, γ * s)
    found, true = n * (T.T @ T), np.array(S, float)
    assert (abs(found - true) <= 4 * γ * np.outer(size, size)).all()


@pytest.mark.parametrize(("n", "d"), [(1, 1), (100, 3), (5, 7)])
def test_of_data_a_column_is_known_to_as_many_roundings_as_add_up_at_random(n, d):
    """ε(d + √n), as the triangle says."""
    X, y = np.ones((n, d)), np.ones(n)
    assert triangle_of_data(X, y, Moments.of(X, y)).blur == EPS * (d + np.sqrt(n))
