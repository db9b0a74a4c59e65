"""§2: least squares: where the minimum is, and how many columns are independent."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_np import LossSurface, Moments
from linreg_np.surface import least_squares
from linreg_np.surface.least_squares import fit_data, solve
from reference import exact, rounding
from reference.strategies import problems

U = 2.0**-53
SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def graded(rng, d, grade):
    """R (d, d), upper triangular, each row smaller than the one before by the grade."""
    return np.triu(rng.normal(size=(d, d))) * grade ** np.arange(d)[:, None]


@given(rng=SEEDS, d=st.integers(1, 9), grade=st.sampled_from([1, 0.3, 0.1]))
def test_of_moments_it_is_the_solution_of_the_normal_equations(rng, d, grade):
    """UᵀU = S/n + z̄z̄ᵀ, Sw = s, b = ȳ − x̄ᵀw and L = ½ρ².

    |TᵀT − S| ≤ γ_{d+2} |T|ᵀ|T| (Higham, Theorem 10.3) and three roundings of √n and the quotient,
    |Rw − z| ≤ γ_d |R||w| (Theorem 8.5). An entry of |T|ᵀ|T| is at most a product of two lengths.
    """
    X = rng.normal(size=(30, d)) @ graded(rng, d, grade) + rng.normal(size=d)
    m = Moments.of(X, X @ rng.normal(size=d) + rng.normal(size=30))
    s = LossSurface.from_moments(m)
    assume(s.rank == d)
    S, γ, R = m.scatter / m.n, 4 * d * rounding.gamma(d + 9, np.float64), s.U[:-1, :-1]
    length = np.sqrt(S.diagonal())
    assert (abs(R.T @ R - S[:-1, :-1]) <= γ * np.outer(length, length)[:-1, :-1]).all()
    np.testing.assert_array_equal(s.U[-1], [*m.mean[:-1], 1])
    np.testing.assert_array_equal(s.U[:-1, -1], 0)
    reach = length[:-1] @ abs(s.w) + length[-1]
    assert (abs(S[:-1, :-1] @ s.w - S[:-1, -1]) <= γ * length[:-1] * reach).all()
    size = abs(m.mean) @ [*abs(s.w), 1]
    assert abs(s.b - (m.mean[-1] - m.mean[:-1] @ s.w)) <= γ * size
    r = np.append(s.w, -1)
    assert abs(s.min_loss - r @ S @ r / 2) <= γ * reach**2


def test_rounding_in_the_moments_of_a_constant_column_leaves_the_others_right():
    """A spread of less than the rounding of the mean, with products that no such spread can have."""
    S = np.array([[1e-38, 1e-10, 1e-10], [1e-10, 100, 200], [1e-10, 200, 401]])
    s = LossSurface.from_moments(Moments(100, [1, 0, 0], S))
    assert s.rank == 1
    np.testing.assert_allclose([*s.w, s.b, s.min_loss], [0, 2, 0, 0.005], atol=1e-12)


def test_at_the_edge_a_column_is_constant_or_fitted():
    """Around the size of its own error, an ulp at a time: constant up to there, then w = z / R."""
    R, found = 4 * U * 7 * (1 - 20 * U), []  # the error of a column whose mean is 7
    for _ in range(40):
        R = np.nextafter(R, 1)
        at = solve(1, np.array([7.0, 0]), np.array([[R, 3 * R], [0, 0]]), 0.0, U)
        found.append(at.rank == 0)
        assert abs(at.w[0] - 3 * (not found[-1])) <= 8 * U  # two roundings of 3
    assert found == sorted(found, reverse=True)
    assert set(found) == {True, False}


@given(rng=SEEDS, d=st.integers(2, 4), near=st.sampled_from([1, 1e-2, 1e-5]))
def test_a_sum_is_found_however_nearly_parallel_its_columns(rng, d, near):
    """A column that is Xc but for its rounding, among columns of which two differ by `near`."""
    X = rng.normal(size=(20, d))
    X[:, 1] = X[:, 0] + near * X[:, 1]
    c = rng.choice([-1, 1], d) * rng.uniform(1, 2, d)
    s = LossSurface.from_data(np.column_stack([X, X @ c]), rng.normal(size=20))
    assert s.rank == d
    flat = np.append(c, -1)
    assert abs(s.w @ flat) <= 1e-9 / near * np.linalg.norm(s.w), "the least norm"


@given(rng=SEEDS, d=st.integers(1, 5), bits=st.integers(-60, 60))
def test_columns_of_very_different_size_are_not_dependent(rng, d, bits):
    """Each column in a unit of its own: the same minimum, in these units."""
    X, y, unit = rng.normal(size=(20, d)), rng.normal(size=20), 2.0 ** (bits * np.arange(d))
    s = LossSurface.from_data(X * unit, y)
    assert s.rank == d
    np.testing.assert_allclose(s.w * unit, LossSurface.from_data(X, y).w, rtol=1e-12)


@given(problem=problems(max_n=12, max_d=3, extreme=False), rows=st.integers(1, 12))
def test_the_gradient_has_twice_the_digits_in_any_blocks(problem, rows):
    """Rounded once, even at the minimum, where all of its digits cancel; the loss as it is.

    Twice the precision loses k u² of a sum of absolute values, k = (n + d + 9)² being more than
    enough (Ogita, Rump, Oishi, Theorem 3.4 and Proposition 5.5).
    """
    X, y = problem.X.astype(float), problem.y.astype(float)
    at, (n, d) = fit_data(X, y), X.shape
    parts = [(X[i : i + rows], y[i : i + rows]) for i in range(0, n, rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(least_squares, "row_blocks", lambda *_: iter(parts))
        grad_w, grad_b, L = least_squares.gradient2(X, y, at.w, at.b)
    true_w, true_b = exact.gradient(X, y, at.w, at.b)
    A = abs(np.column_stack([X, np.ones(n)]))
    S = A @ abs(np.append(at.w, at.b)) + abs(y)
    lost = (n + d + 9) ** 2 * U**2 * (A.T @ S) / n
    for got, true, low in zip([*grad_w, grad_b], [*true_w, true_b], lost, strict=True):
        assert rounding.within(got, true, 4 * U * abs(float(true)) + low)
    bound = rounding.loss_bound(X, y, at.w, at.b, np.float64)
    assert rounding.within(L, exact.loss(X, y, at.w, at.b), bound)


@given(problem=problems(max_n=12, max_d=3, extreme=False), rng=SEEDS)
def test_newton_steps_from_anywhere_to_the_minimum(problem, rng):
    """w, b and the least loss, off by the rounding of H and of the loss where it starts."""
    X, y = problem.X.astype(float), problem.y.astype(float)
    least = fit_data(X, y)
    assume(least.rank == X.shape[1])
    (n, d), κ = X.shape, np.linalg.cond(least.U)
    w, b = rng.normal(size=d), rng.normal()
    at = least_squares.newton(X, y, least._replace(w=w, b=b, min_loss=np.nan))
    k = 10 * (n + d + 4) * (d + 2)
    assume(k * U * κ < 1e-3)
    far = np.linalg.norm(least.U @ np.append(w - least.w, b - least.b))
    off = np.linalg.norm(least.U @ np.append(at.w - least.w, at.b - least.b))
    size = far + np.linalg.norm(abs(least.U) @ abs(np.append(least.w, least.b)))
    assert off <= 4 * k * U * κ * size
    terms = size + np.linalg.norm(y) / np.sqrt(n)
    assert abs(at.min_loss - least.min_loss) <= 4 * k * U * κ * terms**2
