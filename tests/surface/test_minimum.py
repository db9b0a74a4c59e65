"""§2: the lowest point of a triangle: which columns depend on others, and in what words."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_np import LossSurface, Moments
from linreg_np.surface import minimum
from linreg_np.surface.minimum import Minimum
from linreg_np.surface.triangle import Triangle
from reference import exact, rounding
from reference.strategies import problems

U = 2.0**-53
SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def triangle(rng, d, grade):
    """One of d columns, each smaller than the one before by the grade, known to seven digits."""
    R = np.triu(rng.normal(size=(d, d))) * grade ** np.arange(d)[:, None]
    U = np.block([[R, np.zeros((d, 1))], [rng.normal(size=(1, d)), 1]])
    return Triangle(100, U, rng.normal(size=d + 1), 0.5, 1e-7)


@given(rng=SEEDS, d=st.integers(1, 9))
def test_back_substitution_solves(rng, d):
    """|Rw − z| within γ_d |R||w|, row by row. Source: Higham, Theorem 8.5."""
    R, z = triangle(rng, d, 0.3).R, rng.normal(size=d)
    w = minimum._back_substitution(R, z)
    assert (abs(R @ w - z) <= 2 * rounding.gamma(d + 1, np.float64) * (abs(R) @ abs(w))).all()


@given(rng=SEEDS, d=st.integers(1, 9), grade=st.sampled_from([1, 0.3, 0.1, 0.01]))
def test_the_quick_question_has_the_long_answer(rng, d, grade):
    """Independent is what Gram and Schmidt find no dependency in; but for the edge.

    Up to the first dependent column no condition number is over 10⁷, so that each of the two is
    right to d·10⁷u, and beyond doubt where a millionth more or less of the error changes nothing.
    """
    t = triangle(rng, d, grade)
    quick = minimum._independent(t, U)
    for off in (1 - 1e-6, 1 + 1e-6):
        assume(minimum._independent(t._replace(blur=t.blur * off), U) == quick)
    assert quick == (not minimum._gram_schmidt(t.R, minimum._error(t, U)))


@pytest.mark.parametrize(("blur", "dependent"), [(1.0, True), (np.nextafter(1, 0), False)])
def test_a_column_that_is_no_more_than_its_error_is_dependent(blur, dependent):
    """The quick answer and the long one, exactly at the edge and just inside."""
    t = Triangle(5, np.eye(2), np.zeros(2), 0.0, blur)
    assert minimum._independent(t, 0) == (not dependent)
    assert bool(minimum._gram_schmidt(t.R, minimum._error(t, 0))) == dependent


@given(rng=SEEDS, d=st.integers(2, 4), near=st.sampled_from([1, 1e-2, 1e-5]))
def test_a_sum_is_found_however_nearly_parallel_its_columns(rng, d, near):
    """A column that is Xc but for its rounding, among columns of which two differ by `near`.

    Gram and Schmidt once would lose the orthogonality, u/near of it, and with it the dependency;
    twice they are off by some d² roundings of the columns, each as large as it is used.
    """
    Q = np.linalg.qr(rng.normal(size=(d + 1, d + 1))).Q
    X = Q[:, :d] @ (np.eye(d) + 0.1 * rng.uniform(-1, 1, (d, d)))
    X[:, 1] = X[:, 0] + near * X[:, 1]
    c = rng.choice([-1, 1], d) * rng.uniform(1, 2, d)
    A = np.column_stack([X, X @ c])
    found = minimum._gram_schmidt(
        A, rounding.gamma(30 * d * d, np.float64) * np.linalg.norm(A, axis=0)
    )
    assert list(found) == [d]
    k = 100 * d**2 / near
    np.testing.assert_allclose(found[d], [*c, 0], rtol=0, atol=rounding.gamma(k, np.float64))


def names(X):
    """The dependencies of columns, from data."""
    return LossSurface.from_data(np.column_stack(X), np.arange(len(X[0]))).dependencies


def test_signs_stand_where_one_writes_them():
    """The first as a part of its number, every other between two terms."""
    a, b = np.array([1.0, 2, 4, 8, 5]), np.array([3.0, 1, 0, 2, 7])
    assert names([a, b, -2 * a - b, a - b - 1, 2 - b, np.full(5, -3.0)]) == (
        "column 2 = −2·column 0 − column 1",
        "column 3 = column 0 − column 1 − 1",
        "column 4 = −column 1 + 2",
        "column 5 = −3",
    )


@pytest.mark.parametrize("unit", [2.0**-40, 1.0, 2.0**40])
def test_a_dependency_is_the_same_in_every_unit(unit):
    """A constant is named if there is one, however large or small the columns are."""
    a, b = np.array([1.0, 2, 4, 8, 5]), np.array([3.0, 1, 0, 2, 7])
    assert names([unit * z for z in (a, b, a + b, 2 * a - 1)]) == (
        "column 2 = column 0 + column 1",
        f"column 3 = 2·column 0 − {unit:.6g}",
    )


@pytest.mark.parametrize("d", [1, 9])
def test_a_minimum_that_no_float_holds_is_refused_without_a_warning(d):
    """w = 0.1/10⁻³¹⁰, of few features or many."""
    S = np.diag([1e-310] * d + [1e308])
    S[0, -1] = S[-1, 0] = 0.1
    with pytest.raises(ValueError, match=r"^X and y must be of like sizes, got .* w = \[ *inf"):
        LossSurface.from_moments(Moments(2, np.zeros(d + 1), S))


def near_the_minimum(problem):
    """X, y in float64, and a point whose gradient is the rounding of its coordinates."""
    X, y = problem.X.astype(float), problem.y.astype(float)
    at = minimum.of_data(X, y)[1]
    return X, y, at.w, at.b


@given(problem=problems(max_n=12, max_d=3, nasty=False), rows=st.integers(1, 12))
def test_the_gradient_has_twice_the_digits_in_any_blocks(problem, rows):
    """Rounded once, even where all of its digits cancel; the loss as it is.

    Twice the precision loses k u² of a sum of absolute values, k = (n + d + 9)² being more than
    enough (Ogita, Rump, Oishi, Theorem 3.4 and Proposition 5.5).
    """
    X, y, w, b = near_the_minimum(problem)
    n, d = X.shape
    parts = [(X[i : i + rows], y[i : i + rows]) for i in range(0, n, rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minimum, "row_blocks", lambda X, y, *_: iter(parts))
        grad_w, grad_b, L = minimum.gradient2(X, y, w, b)
    true_w, true_b = exact.gradient(X, y, w, b)
    A = abs(np.column_stack([X, np.ones(n)]))
    S = A @ abs(np.append(w, b)) + abs(y)
    lost = (n + d + 9) ** 2 * U**2 * (A.T @ S) / n
    for got, true, low in zip([*grad_w, grad_b], [*true_w, true_b], lost, strict=True):
        assert rounding.within(got, true, 4 * U * abs(float(true)) + low)
    bound = rounding.loss_bound(X, y, w, b, np.float64)
    assert rounding.within(L, exact.loss(X, y, w, b), bound)


def test_the_gradient_is_taken_of_many_rows_at_once():
    """A loop over the rows would be as right, and hundreds of times slower."""
    sizes, dot2 = [], minimum.dot2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minimum, "dot2", lambda a, b: sizes.append(a.size) or dot2(a, b))
        minimum.gradient2(np.ones((1000, 1)), np.ones(1000), np.ones(1), 0.0)
    assert len(sizes) < 20


@given(problem=problems(max_n=12, max_d=3, nasty=False), rng=SEEDS)
def test_newton_steps_from_anywhere_to_the_bottom(problem, rng):
    """w, b and the floor, off by the rounding of H and of the loss where it starts."""
    X, y = problem.X.astype(float), problem.y.astype(float)
    t, least = minimum.of_data(X, y)
    assume(not least.dependent)
    (n, d), κ = X.shape, np.linalg.cond(t.U)
    start = Minimum(rng.normal(size=d), rng.normal(), np.nan, {})
    at = minimum.newton(X, y, t, start)
    k = 10 * (n + d + 4) * (d + 2)
    assume(k * U * κ < 1e-3)
    far = np.linalg.norm(t.U @ np.append(start.w - least.w, start.b - least.b))
    off = np.linalg.norm(t.U @ np.append(at.w - least.w, at.b - least.b))
    size = far + np.linalg.norm(abs(t.U) @ abs(np.append(least.w, least.b)))
    assert off <= 4 * k * U * κ * size
    terms = size + np.linalg.norm(t.c) + t.rho
    assert abs(at.floor - least.floor) <= 4 * k * U * κ * terms**2
