"""§1.3g and §1.3h: what one step does to the loss, and what one epoch adds up to."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linreg_np import gradient, max_lr, minibatches, sgd_step
from reference import autograd, exact, rounding
from reference.strategies import problems


def step(X, y, w, b, lr):
    """One full-batch step of the engine."""
    return sgd_step(w, b, *gradient(X, y, w, b), lr)


def largest_curvature(X):
    """An upper bound of λ_max: its float64 value, and what rounding may have taken from it.

    Each entry of H is off by γ_{n+1}·√(H_jj H_kk), so H by γ_{n+1}·trace H ≤ γ_{n+1}·(d+1)·λ_max;
    the eigenvalue solver adds a few (d+1)·u·λ_max (Weyl's inequality).
    """
    n, d = X.shape
    return 2 / max_lr(X.astype(float)) * (1 + rounding.gamma((d + 1) * (n + 10), float))


def assert_descends(problem, fraction):
    """L(new) ≤ L(old) − η(1 − ηλ/2)‖∇L‖² for η = fraction · 2/λ, in exact arithmetic.

    The engine's new point is off by δ (sgd_step_bound), which moves its loss by at most
    |∇L(new)|·δ + ½λ‖δ‖².
    """
    X, y, w, b = problem
    dtype, lr = X.dtype, fraction * max_lr(X.astype(float))
    assume(np.isfinite(lr) and float(np.finfo(dtype).tiny) < lr < np.finfo(dtype).max)
    lr = dtype.type(lr)
    bounds = np.append(*rounding.sgd_step_bound(*problem, float(lr), dtype))
    assume(np.isfinite(bounds).all())
    w_new, b_new = step(*problem, lr)
    square = lambda v: sum(x * x for x in v)  # noqa: E731
    before, after = exact.gradient(*problem), exact.gradient(X, y, w_new, b_new)
    delta = [Fraction(x) for x in bounds]
    eta, curvature = Fraction(float(lr)), Fraction(largest_curvature(X))
    slope = sum(abs(g) * e for g, e in zip([*after[0], after[1]], delta, strict=True))
    moved = slope + 2 * curvature * square(delta)
    promise = eta * (1 - eta * curvature / 2) * square([*before[0], before[1]])
    assert exact.loss(X, y, w_new, b_new) <= exact.loss(*problem) - promise + moved


@given(problem=problems(), fraction=st.floats(0.001, 0.999))
def test_every_safe_step_lowers_the_loss_as_the_theorem_says(problem, fraction):
    """For 0 < η < 2/λ_max a full-batch step lowers L by at least η(1 − ηλ/2)‖∇L‖²."""
    assert_descends(problem, fraction)


@given(problem=problems(), fraction=st.floats(0.001, 0.999), m=st.integers(1, 40))
def test_a_minibatch_step_lowers_its_own_loss(problem, fraction, m):
    """The same theorem for each minibatch, on that minibatch's own loss and curvature."""
    X, y, w, b = problem
    batches = list(minibatches(X, y, min(m, len(y)), np.random.default_rng(m)))
    for X_B, y_B in (batches[0], batches[-1]):
        assert_descends(problem._replace(X=X_B, y=y_B), fraction)


@given(
    problem=problems(dtypes=[np.float64], extreme=False),
    times=st.floats(1.01, 10),
    far=st.floats(0.1, 10),
)
def test_a_step_above_max_lr_along_the_steepest_axis_raises_the_loss(problem, times, far):
    """For η > 2/λ_max, started along the top eigenvector from the minimum, L grows by (1 − ηλ)²."""
    X, _y, w, b = problem
    X, w, b = np.rint(X), np.rint(w), np.rint(b)
    y = X @ w + b  # whole numbers: the minimum is (w, b), its loss exactly 0
    A = np.column_stack([X, np.ones(len(X))])
    values, vectors = np.linalg.eigh(A.T @ A / len(A))
    start_w, start_b = w + far * vectors[:-1, -1], b + far * vectors[-1, -1]
    lr = times * max_lr(X)
    new_w, new_b = step(X, y, start_w, start_b, lr)
    growth = exact.loss(X, y, new_w, new_b) / exact.loss(X, y, start_w, start_b)
    assert growth > 1
    assert float(growth) == pytest.approx((1 - lr * values[-1]) ** 2, rel=1e-6)


@given(problem=problems(), m=st.integers(1, 40), seed=st.integers(0, 99))
def test_minibatch_gradients_average_to_the_full_gradient(problem, m, seed):
    """Σ_B (m_B/n)·∇L_B = ∇L: each batch within its own bound, the sum within theirs."""
    X, y, w, b = problem
    n, batch = len(y), min(m, len(y))
    mean, slack = [Fraction(0)] * (len(w) + 1), [Fraction(0)] * (len(w) + 1)
    for X_B, y_B in minibatches(X, y, batch, np.random.default_rng(seed)):
        with np.errstate(all="ignore"):
            grads = np.append(*gradient(X_B, y_B, w, b))
        bounds = np.append(*rounding.gradient_bound(X_B, y_B, w, b, X.dtype))
        assume(np.isfinite(bounds).all())
        share = Fraction(len(y_B), n)
        mean = [s + share * Fraction(float(g)) for s, g in zip(mean, grads, strict=True)]
        slack = [s + share * Fraction(e) for s, e in zip(slack, bounds, strict=True)]
    grad_w, grad_b = exact.gradient(*problem)
    for got, true, bound in zip(mean, [*grad_w, grad_b], slack, strict=True):
        assert abs(got - true) <= bound


@given(problem=problems(), m=st.integers(1, 40), seed=st.integers(0, 99))
def test_an_epoch_holds_every_sample_once(problem, m, seed):
    """The batches are a partition of the rows, m at a time, in the order of rng.permutation."""
    X, y, *_ = problem
    m = min(m, len(y))
    batches = list(minibatches(X, y, m, np.random.default_rng(seed)))
    sizes = [len(y_B) for _, y_B in batches]
    order = np.random.default_rng(seed).permutation(len(y))
    assert sizes[:-1] == [m] * (len(sizes) - 1)
    assert 1 <= sizes[-1] <= m
    np.testing.assert_array_equal(np.concatenate([X_B for X_B, _ in batches]), X[order])
    np.testing.assert_array_equal(np.concatenate([y_B for _, y_B in batches]), y[order])


@pytest.mark.parametrize("lay_out", [np.ascontiguousarray, np.asfortranarray])
def test_a_batch_costs_its_own_rows(lay_out):
    """Whatever the layout, no more than the batch and the order is copied, least of all X."""
    X, y = lay_out(np.ones((10_000, 50))), np.ones(10_000)
    tracemalloc.start()
    try:
        for _ in zip(range(5), minibatches(X, y, 10, np.random.default_rng(0)), strict=False):
            pass
        assert tracemalloc.get_traced_memory()[1] < X.nbytes / 10
    finally:
        tracemalloc.stop()


def test_batches_are_copies():
    """Writing into a batch does not reach the data."""
    X, y = np.ones((3, 2)), np.ones(3)
    for X_B, y_B in minibatches(X, y, 2, np.random.default_rng(0)):
        X_B[:] = y_B[:] = 0
    assert X.all()
    assert y.all()


@given(problem=problems(extreme=False), lr=st.floats(0.001, 1))
def test_the_step_is_torchs_sgd(problem, lr):
    """`sgd_step` and `torch.optim.SGD` take the same step, within the bound of both."""
    X, y, w, b = problem
    grads = gradient(*problem)
    ours, theirs = sgd_step(w, b, *grads, lr), autograd.sgd_step(w, b, *grads, lr)
    for new, torchs, old, g in zip(ours, theirs, (w, b), grads, strict=True):
        u2 = 2 * rounding.gamma(2, X.dtype) * (np.abs(old) + lr * np.abs(g))
        assert (np.abs(new - torchs.numpy()) <= u2).all()
        assert new.dtype == X.dtype
