"""Beyond §2: `fit_affine` is `fit` step by step, within the derived bound, in far fewer calls."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_train import worked_example

from linreg_np import DivergenceError, DivergenceWarning, affine, fit, fit_affine
from reference import rounding
from reference.strategies import problems


def batches_of(n, m, epochs, seed):
    """The rows of each step, as `fit` draws them when it is given w."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n) for _ in range(epochs)]
    return [order[i : i + m] for order in orders for i in range(0, n, m)]


def safe_lr(X, batches):
    """2/λ_max of the worst batch: below it no step makes a distance longer."""
    steepest = max(np.trace(X[B].T.astype(float) @ X[B]) / len(B) + 1 for B in batches)
    return 2 / steepest


def distance(a, b):
    """‖(a.w, a.b) − (b.w, b.b)‖ and the same of the gradients, step by step."""
    off = np.column_stack([a.w - b.w.astype(float), a.b - b.b.astype(float)])
    off_grad = np.column_stack([a.grad_w - b.grad_w.astype(float), a.grad_b - b.grad_b])
    return np.linalg.norm(off, axis=1), np.linalg.norm(off_grad, axis=1)


def check(X, y, w, b, lr, m, epochs, seed):
    """`fit_affine` equals `fit` within the sum of their bounds, whose relative size is returned."""
    arguments = {"lr": lr, "batch_size": m, "epochs": epochs, "w": w, "b": b, "rng": seed}
    loop, path = fit(X, y, **arguments), fit_affine(X, y, **arguments)
    batches, dtype = batches_of(len(y), m, epochs, seed), loop.w.dtype
    η = float(dtype.type(lr))
    e, e_grad = rounding.trajectory_bound(X, y, batches, loop.w, loop.b, η, dtype)
    e2, e2_grad = rounding.products_bound(X, y, batches, loop.w, loop.b, η)
    u = rounding.unit_roundoff(dtype)  # what is recorded is rounded once more
    sizes = distance(loop, type(loop)(0 * loop.w, 0 * loop.b, 0 * loop.grad_w, 0 * loop.grad_b))
    off, off_grad = distance(path, loop)
    assert (off <= e + e2 + 2 * u * sizes[0]).all()
    assert (off_grad <= e_grad + e2_grad + 2 * u * sizes[1]).all()
    assert path.w.dtype == path.grad_b.dtype == dtype
    np.testing.assert_array_equal(path.epoch_ends, loop.epoch_ends)
    np.testing.assert_array_equal(path.w[0], loop.w[0])
    return (e + e2).max() / max(sizes[0].max(), 1e-300)


@given(
    problem=problems(extreme=False, max_n=30, max_d=6),
    m=st.integers(1, 30),
    epochs=st.integers(1, 4),
    rate=st.floats(0.01, 0.99),
    seed=st.integers(0, 99),
    numbers=st.sampled_from([1, 200, 2000, 1 << 18]),
    min_paired=st.sampled_from([2, 3, 25]),
)
def test_the_path_is_that_of_fit_step_by_step(problem, m, epochs, rate, seed, numbers, min_paired):
    """Any n, d, m, ragged last batch, epochs, precision and layout, in chunks of any length."""
    X, y, w, b = problem
    m = min(m, len(y))
    lr = rate * safe_lr(X, batches_of(len(y), m, epochs, seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(affine, "NUMBERS", numbers)
        patch.setattr(affine, "MIN_PAIRED", min_paired)
        check(X, y, w, b, lr, m, epochs, seed)


@given(problem=problems(max_n=30, max_d=5), m=st.integers(1, 30), rate=st.floats(0.01, 0.99))
def test_extreme_data_stay_within_the_bound(problem, m, rate):
    """Magnitudes from 10⁻¹⁰⁰ to 10¹⁰⁰, far offsets, dependent columns: equal within the bound."""
    X, y, w, b = problem
    m = min(m, len(y))
    with np.errstate(all="ignore"):
        lr = rate * safe_lr(X, batches_of(len(y), m, 2, 0))
        large = np.abs(X).max() * np.abs(w).max() + np.abs(y).max() + abs(b)
    assume(lr > 1e-30)
    assume(large < (1e15 if X.dtype == np.float32 else 1e120))
    check(X, y, w, b, lr, m, 2, 0)


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_the_bound_is_small_on_the_worked_example(dtype, size):
    """There the bound is 10⁻⁹ of θ at most: a wrong step anywhere would be outside of it."""
    X, y = worked_example(0, dtype)
    assert check(X, y, np.zeros(2), 0.0, 0.03, 10, 3, 0) < size


@pytest.mark.parametrize("m", [7, 10, 999, 1000])
def test_the_start_is_drawn_as_fit_draws_it(m):
    """Without w, the same rng gives the same start, and then the same batches."""
    X, y = worked_example(0)
    loop, path = fit(X, y, batch_size=m, rng=5), fit_affine(X, y, batch_size=m, rng=5)
    np.testing.assert_array_equal(path.w[0], loop.w[0])
    assert max(map(np.max, distance(path, loop))) < 1e-13
    rngs = [np.random.default_rng(5) for _ in range(2)]
    fit(X, y, batch_size=m, rng=rngs[0])
    fit_affine(X, y, batch_size=m, rng=rngs[1])
    assert rngs[0].random() == rngs[1].random(), "both have drawn as much"


def test_a_long_training_is_computed_in_chunks(monkeypatch):
    """More steps than fit in one chunk, within epochs and between them: no chunk is too large."""
    X, y = worked_example(0)
    monkeypatch.setattr(affine, "NUMBERS", 1 << 12)
    sizes, prefix_states = [], affine.prefix_states
    for m, epochs in ((1, 5), (10, 50)):
        with monkeypatch.context() as patch:
            patch.setattr(
                affine, "prefix_states", lambda *a: sizes.append(len(a[0])) or prefix_states(*a)
            )
            path = fit_affine(X, y, lr=0.01, batch_size=m, epochs=epochs, rng=0)
        loop = fit(X, y, lr=0.01, batch_size=m, epochs=epochs, rng=0)
        assert loop.steps == path.steps == epochs * 1000 // m
        assert max(map(np.max, distance(path, loop))) < 1e-12
        assert max(sizes) * (m + 4) * 4 <= 1 << 12
        sizes.clear()


def test_signature_and_defaults_are_fits():
    """The same arguments in the same order, with the same defaults."""
    assert inspect.signature(fit_affine) == inspect.signature(fit)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("lr", "m"), [(3.0, 1000), (2.5, 10), (30.0, 13), (1e5, 1)])
def test_divergence_is_that_of_fit(dtype, lr, m):
    """The same error at the same step, with the path up to it and the same safe rate."""
    X, y = worked_example(0, dtype)
    arguments = {"lr": lr, "batch_size": m, "epochs": 2000 * m // 1000 + 1, "rng": 0}
    with pytest.raises(DivergenceError) as loop:
        fit(X, y, **arguments)
    with pytest.raises(DivergenceError) as ours:
        fit_affine(X, y, **arguments)
    assert ours.value.step == loop.value.step
    assert (ours.value.lr, ours.value.max_lr) == (loop.value.lr, loop.value.max_lr)
    path = ours.value.trajectory
    assert path.steps == loop.value.step - 1
    assert path.w.dtype == dtype
    assert np.isfinite(path.w).all()
    assert np.isfinite(path.grad_w).all()
    np.testing.assert_array_equal(path.epoch_ends, loop.value.trajectory.epoch_ends)


def test_where_a_number_overflows_the_loop_decides():
    """Large numbers that stay finite in the loop go on; those that overflow are divergence."""
    X, y = np.array([[1e200], [-1e200]]), np.array([1e150, -1e150])
    with pytest.raises(DivergenceError, match="at step 1:") as caught:
        fit_affine(X, y, lr=0.1, batch_size=2, epochs=1, w=[0.0])
    assert caught.value.max_lr == 0.0
    X, y = np.array([[1e160], [-1e160]]), np.array([1.0, -1.0])  # squares overflow
    arguments = {"lr": 1e-300, "batch_size": 1, "epochs": 1, "w": [0.0], "rng": 0}
    with pytest.warns(DivergenceWarning):
        assert fit_affine(X, y, **arguments) == fit(X, y, **arguments)
