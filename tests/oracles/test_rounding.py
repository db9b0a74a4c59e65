"""The tolerance: each bound is its equation, and correct programs alone are within it."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reference import exact, rounding
from reference.strategies import Problem, problems

SIZES = [(5, 3), (1, 1), (2, 4)]
KINDS = [(np.float64, 1.0), (np.float32, 1.0), (np.float64, 1e-160), (np.float32, 1e-22)]


def γ(k, dtype):
    """k·u / (1 − k·u)."""
    ku = k * (2.0**-53 if dtype == np.float64 else 2.0**-24)
    return ku / (1 - ku)


TINY = {np.float64: 5e-324, np.float32: 2.0**-126}  # what a result that underflows may be off by


@pytest.fixture(params=[(s, k) for s in SIZES for k in KINDS], ids=str)
def drawn(request):
    """A problem; Sᵢ = Σ_k |x_k⁽ⁱ⁾||w_k| + |b| + |y⁽ⁱ⁾| by loops; its dtype and smallest number."""
    (n, d), (dtype, scale) = request.param
    rng = np.random.default_rng(n)
    X, y, w, b = ((scale * rng.normal(size=s)).astype(dtype) for s in ((n, d), n, d, 1))
    magnitudes = [np.abs(a.astype(float)).tolist() for a in (X, y, w, b)]
    S = [
        sum(x_k * w_k for x_k, w_k in zip(x, magnitudes[2], strict=True)) + magnitudes[3][0] + t
        for x, t in zip(*magnitudes[:2], strict=True)
    ]
    return Problem(X, y, w, b[0]), S, dtype, TINY[dtype]


def test_the_bounds_of_predictions_and_loss_are_their_equations(drawn):
    """γ_{d+2} (|X||w| + |b|) and γ_{n+2d+9} (1/2n) Σ S², k subnormals of unit factors beside."""
    (X, y, w, b), S, dtype, tiny = drawn
    n, d = X.shape
    bounds = [
        γ(d + 2, dtype) * (s - abs(float(t))) + (d + 2) * tiny for s, t in zip(S, y, strict=True)
    ]
    np.testing.assert_allclose(rounding.predict_bound(X, w, b, dtype), bounds, rtol=1e-9)
    k = n + 2 * d + 9
    bound = γ(k, dtype) * sum(s * s for s in S) / (2 * n) + k * (1 + sum(S)) * tiny
    np.testing.assert_allclose(rounding.loss_bound(X, y, w, b, dtype), bound, rtol=1e-12)


def gradient_bounds(problem, S, dtype, tiny):
    """γ_{n+d+5} M_j, and k subnormals multiplied by at most every factor that there is."""
    X, _, w, b = problem
    n, d = X.shape
    A = np.abs(np.column_stack([X, np.ones(n)])).astype(float)
    k, factors = n + d + 5, 1 + float(np.abs(w).sum(dtype=float) + abs(float(b)) + sum(S))
    M = [sum(A[i, j] * S[i] for i in range(n)) / n for j in range(d + 1)]
    return [γ(k, dtype) * m + k * (factors + A[:, j].max()) * tiny for j, m in enumerate(M)]


def test_the_bounds_of_gradient_and_step_are_their_equations(drawn):
    """γ_k M_j; and γ_2 |θ_j| + η γ_{k+2} M_j for the step along it."""
    problem, S, dtype, tiny = drawn
    bounds = gradient_bounds(problem, S, dtype, tiny)
    found = np.append(*rounding.gradient_bound(*problem, dtype))
    np.testing.assert_allclose(found, bounds, rtol=1e-12)
    k = sum(problem.X.shape) + 5
    theta = [abs(float(t)) for t in (*problem.w, problem.b)]
    steps = [
        γ(2, dtype) * t + 0.3 * bound * γ(k + 2, dtype) / γ(k, dtype) + 2 * tiny
        for t, bound in zip(theta, bounds, strict=True)
    ]
    found = np.append(*rounding.sgd_step_bound(*problem, 0.3, dtype))
    np.testing.assert_allclose(found, steps, rtol=1e-12)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_the_bounds_of_moments_are_their_equations(drawn, parts):
    """γ_k max|z| and 12 γ_k ‖D_j‖ ‖D_k‖, D_j = |z_j − z̄_j| + E_j; more where parts are merged."""
    (X, y, _, _), _, dtype, _ = drawn
    Z = [[float(v) for v in (*x, t)] for x, t in zip(X, y, strict=True)]
    n, columns = len(Z), list(zip(*Z, strict=True))
    k, tiny = n + 8 * parts, float(np.finfo(np.float64).smallest_subnormal)
    far = [max(map(abs, z)) for z in columns]
    E = [γ(k, np.float64) * f for f in far]
    D = [[abs(v - sum(z) / n) + e for v in z] for z, e in zip(columns, E, strict=True)]
    mean, S = rounding.moments_bound(X, y) if parts == 1 else rounding.moments_bound(X, y, parts)
    np.testing.assert_allclose(mean, E, rtol=1e-12)
    for i in range(len(D)):
        for j in range(len(D)):
            bound = 12 * γ(k, np.float64) * math.hypot(*D[i]) * math.hypot(*D[j])
            if parts > 1:
                bound += 2 * n * (E[i] * max(D[j]) + E[j] * max(D[i]))
            bound += k * tiny
            np.testing.assert_allclose(S[i, j], bound, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_of_zeros_the_bounds_are_subnormals_alone(dtype):
    """As many as results may underflow: d + 2, n + 2d + 9, n + d + 5, two more, and n + 8."""
    X, y, w, b = np.zeros((4, 3)), np.zeros(4), np.zeros(3), 0.0
    tiny = TINY[dtype]
    assert (rounding.predict_bound(X, w, b, dtype) == 5 * tiny).all()
    assert rounding.loss_bound(X, y, w, b, dtype) == 19 * tiny
    assert (rounding.gradient_bound(X, y, w, b, dtype)[0] == 12 * tiny).all()
    assert rounding.gradient_bound(X, y, w, b, dtype)[1] == 24 * tiny
    step = np.append(*rounding.sgd_step_bound(X, y, w, b, 1.0, dtype))
    assert (step / tiny).round().tolist() == [16, 16, 16, 30]
    factors = rounding.gradient_bound(X, y, [1.0, -2.0, 3.0], -2.0, dtype)[0] / tiny
    assert (factors == 12 * (1 + 6 + 2 + 4 * 2)).all()
    factors = np.append(*rounding.gradient_bound(X - [5, 0, 1], y, w, b, dtype)) / tiny
    assert (factors == 12 * np.array([6, 1, 2, 2])).all()
    moments = rounding.moments_bound(X, y)[1] / np.finfo(np.float64).smallest_subnormal
    assert (moments == 12).all()


def path(dtype, scale):
    """X, y, four batches and any path of five points: the bounds are of whatever was computed."""
    rng = np.random.default_rng(7)
    X, y = (scale * rng.normal(size=(6, 2))).astype(dtype), rng.normal(size=6).astype(dtype)
    batches = [[0, 1, 2], [3, 4], [5], [1, 3, 5, 0]]
    return X, y, batches, rng.normal(size=(5, 2)), rng.normal(size=5)


def steps(X, batches, lr):
    """‖H_t‖ and ‖I − ηH_t‖ by eigenvalues."""
    for B in batches:
        A = np.column_stack([X[B], np.ones(len(B))]).astype(float)
        λ = np.linalg.eigvalsh(A.T @ A / len(B))
        yield max(abs(λ)), max(abs(1 - lr * λ))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("lr", "scale"), [(0.1, 1.0), (0.9, 2.0)])
def test_the_bound_of_a_path_is_its_equation(dtype, lr, scale):
    """e_{t+1} = ‖M_t‖ e_t + ‖ℓ_t‖ from e_0 = 0, and ‖H_t‖ e_t + its own of the gradient."""
    X, y, batches, w, b = path(dtype, scale)
    found, found_grad = rounding.trajectory_bound(X, y, batches, w, b, lr, dtype)
    e = [0.0]
    for t, ((size, norm), B) in enumerate(zip(steps(X, batches, lr), batches, strict=True)):
        here = X[B], y[B], w[t], b[t]
        own = np.sqrt(sum(v**2 for v in np.append(*rounding.gradient_bound(*here, dtype))))
        local = np.append(*rounding.sgd_step_bound(*here, lr, dtype))
        np.testing.assert_allclose(found_grad[t], size * e[t] + own, rtol=1e-9)
        e.append(norm * e[t] + np.sqrt(sum(v**2 for v in local)))
    np.testing.assert_allclose(found, e, rtol=1e-9)


@pytest.mark.parametrize("T", [1, 4])
@pytest.mark.parametrize(("lr", "scale"), [(0.1, 1.0), (0.9, 2.0), (0.4, 0.0)])
def test_the_bound_of_products_is_its_equation(lr, scale, T):
    """e_t = 1.01 g² Σ [ε' + (D+1) g (2ε + qγ_q)(1+g)Θ + qγ_q (2+g)²Θ], D = 1 + log₂ T."""
    X, y, batches, w, b = path(np.float64, scale)
    batches, w, b = batches[:T], w[: T + 1], b[: T + 1]
    found, found_grad = rounding.products_bound(X, y, batches, w, b, lr)
    sizes, norms = zip(*steps(X, batches, lr), strict=True)
    ν = [max(0.5, norm) for norm in norms]
    q = 4
    g = max(1.0, *(np.prod(ν[s:t]) for t in range(T + 1) for s in range(t)))
    far, qγ = np.sqrt((w**2).sum(axis=1) + b**2).max(), q * γ(q, np.float64)
    e = [0.0]
    for size, B in zip(sizes, batches, strict=True):
        A, m = np.abs(np.column_stack([X[B], np.ones(len(B))])), len(B)
        k = γ(m + 4, np.float64) * lr / m
        of_M = 2 * 2.0**-53 * (1 + lr * size) + k * np.sqrt(((A.T @ A) ** 2).sum())
        of_v = k * np.sqrt(((A.T @ np.abs(y[B])) ** 2).sum())
        local = (
            of_v + (2 + np.log2(T)) * g * (2 * of_M + qγ) * (1 + g) * far + qγ * (2 + g) ** 2 * far
        )
        e.append(e[-1] + 1.01 * g**2 * local)
    np.testing.assert_allclose(found, e, rtol=1e-9)
    for t, B in enumerate(batches):
        own = np.append(*rounding.gradient_bound(X[B], y[B], w[t], b[t], np.float64))
        grad = sizes[t] * e[t] + np.sqrt(sum(v**2 for v in own))
        np.testing.assert_allclose(found_grad[t], grad, rtol=1e-9)


def test_a_path_without_steps_has_no_error():
    """Its first point is given."""
    problem = (np.ones((2, 1)), np.ones(2), [], np.ones((1, 1)), np.ones(1), 0.1)
    for bounds in (rounding.products_bound(*problem), rounding.trajectory_bound(*problem, float)):
        assert [e.tolist() for e in bounds] == [[0], []]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("huge", [False, True])
def test_a_bound_is_infinite_from_half_the_range_on(dtype, huge):
    """Where an intermediate sum may reach it: |X||w| + |b|, 2 Σ S², 2n M_j, 2 XᵀX·1."""
    half = float(np.finfo(dtype).max) / 2 * (1 + 1e-6 if huge else 1 - 1e-6)
    one, zero = np.ones((1, 1)), np.zeros(1)
    found = [
        rounding.predict_bound(one * half, [1.0], 0.0, dtype)[0],
        rounding.loss_bound(one, [np.sqrt(half / 2) - 2], [1.0], 1.0, dtype),
        *rounding.gradient_bound(np.ones((2, 1)), [half / 4] * 2, zero, 0.0, dtype)[0],
        rounding.gradient_bound(np.ones((2, 1)), [half / 4] * 2, zero, 0.0, dtype)[1],
        *rounding.gradient_bound(one * np.sqrt(half / 2), zero, zero, 0.0, dtype)[0],
    ]
    assert np.isinf(found).tolist() == [huge] * 5
    assert np.isfinite(rounding.gradient_bound(one * np.sqrt(half / 2), zero, zero, 0.0, dtype)[1])


def test_overflow_in_the_bound_is_infinite_without_a_warning():
    """Warnings are errors here."""
    X, y, w, b = Problem(*(np.full(s, 1e300) for s in ((2, 2), 2, 2, ())))
    assert np.isinf(rounding.predict_bound(X, w, b, float)).all()
    assert np.isinf(rounding.loss_bound(X, y, w, b, float))
    assert np.isinf(rounding.gradient_bound(X, y, w, b, float)[0]).all()
    assert np.isinf(rounding.sgd_step_bound(X, y, w, b, 1e300, float)[0]).all()
    ones = (np.ones((2, 2)), np.full(2, 1e30), np.ones(2), 1.0)
    assert np.isinf(rounding.sgd_step_bound(*ones, 1e300, float)[0]).all()


def test_underflow_is_within_the_bound():
    """A product that is 0 in floating point; the bound is a few hundred subnormals."""
    for dtype, small in ((np.float64, 1e-200), (np.float32, 1e-30)):
        X = np.array([[small]], dtype)
        (true,), _ = exact.gradient(X, [0.0], X[0], 0.0)
        (bound,), _ = rounding.gradient_bound(X, [0.0], X[0], 0.0, dtype)
        assert true > 0
        assert rounding.within(0.0, true, bound)
        assert bound < 1e3 * TINY[dtype]


def test_float32_may_set_subnormals_to_zero():
    """As jax does on a CPU: each product, and the sum, is 0 where it is below a normal number."""
    tiny = np.float32(2.0**-126)
    X, y = np.full((2, 1), 0.75 * tiny, np.float32), np.zeros(2, np.float32)
    (true,), _ = exact.gradient(X, y, [1.0], 0.25 * tiny)
    (bound,), of_b = rounding.gradient_bound(X, y, [1.0], 0.25 * tiny, np.float32)
    assert rounding.within(0.0, true, bound)
    assert rounding.within(0.0, exact.gradient(X, y, [1.0], 0.0)[1], of_b)


def test_gamma_is_defined_while_ku_is_less_than_1():
    """From there on there is no bound: an error, not a negative number."""
    with pytest.raises(ValueError, match=r"less than 1, got 1\.0.*wider dtype"):
        rounding.gamma(2**24, np.float32)
    assert rounding.gamma(2**24 - 1, np.float32) == 2.0**24 - 1


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
@given(problem=problems(layouts=["C"]))
def test_every_correct_program_is_within_the_bound(gradient, problem):
    """Loops, either direction, the Gram matrix, 2·x/2n."""
    with np.errstate(all="ignore"):
        found = np.append(*gradient(*problem))
    true_w, true_b = exact.gradient(*problem)
    bounds = np.append(*rounding.gradient_bound(*problem, problem.X.dtype))
    for got, true, bound in zip(found, [*true_w, true_b], bounds, strict=True):
        assert rounding.within(got, true, bound)


@given(problem=problems(dtypes=[np.float64], extreme=False))
def test_without_cancellation_a_relative_error_of_1e_13_is_detected(problem):
    """With all terms of one sign the bound is k·u of the result: 55·1.1e-16 at most."""
    X, y, w, b = (np.abs(a) + 1 for a in problem)
    true_w, true_b = exact.gradient(X, -y, w, b)
    bounds = np.append(*rounding.gradient_bound(X, -y, w, b, X.dtype))
    for true, bound in zip([*true_w, true_b], bounds, strict=True):
        assert rounding.within(float(true), true, bound)
        assert not rounding.within(float(true) * (1 + 1e-13), true, bound)


def test_in_the_smallest_problem_an_error_of_1e_14_is_detected():
    """n = d = 1: k = 7."""
    problem = ([[3.0]], [-1.0], [2.0], 1.0)
    (true,), _ = exact.gradient(*problem)
    (bound,), _ = rounding.gradient_bound(*problem, np.float64)
    assert not rounding.within(float(true) * (1 + 1e-14), true, bound)


def test_within_is_decided_exactly():
    """The bound itself is within, the slightest more is not; NaN only where the bound is inf."""
    u = Fraction(1, 2**53)
    assert rounding.within(1.0, 1 - u, float(u))
    assert not rounding.within(1.0, 1 - u - u / 2**10, float(u))
    assert not rounding.within(math.nan, Fraction(0), 1e300)
    assert not rounding.within(math.inf, Fraction(0), 1e300)
    assert rounding.within(math.nan, Fraction(0), math.inf)


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
