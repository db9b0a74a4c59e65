"""§2: the loop: against torch step by step, on the worked example, and invalid arguments."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linreg_np as engine
from linreg_np import (
    DivergenceError,
    DivergenceWarning,
    Trajectory,
    affine,
    fit,
    fit_affine,
    gradient,
    sgd_step,
    synthetic_data,
)
from reference import autograd
from reference.strategies import problems

TRUE_W, TRUE_B, NOISE = np.array([2, -3.4]), 4.2, 0.01


def worked_example(seed, dtype=np.float64):
    """The data of §2."""
    X, y = synthetic_data(TRUE_W, TRUE_B, 1000, noise=NOISE, rng=seed)
    return X.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_training_equals_torchs_step_by_step(dtype, tolerance):
    """Every point and gradient of the worked example agrees with autograd's on the same batches."""
    X, y = worked_example(0, dtype)
    ours, theirs = fit(X, y, rng=1), autograd.fit(X, y, rng=1)
    assert ours.w.dtype == ours.grad_b.dtype == dtype
    for name, values in theirs._asdict().items():
        assert getattr(ours, name).shape == values.shape
        assert np.abs(getattr(ours, name) - values).max() <= tolerance, name


@given(
    problem=problems(dtypes=[np.float64], extreme=False),
    m=st.integers(1, 40),
    epochs=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_fit_is_the_loop_it_says(problem, m, epochs, seed):
    """The path is `sgd_step` of `gradient` on `minibatches`, recorded: float for float."""
    X, y, w, b = problem
    m, lr, rng = min(m, len(y)), 1e-4, np.random.default_rng(seed)
    path = fit(X, y, lr=lr, batch_size=m, epochs=epochs, w=w, b=b, rng=seed)
    t = 0
    for epoch in range(epochs):
        for X_B, y_B in engine.minibatches(X, y, m, rng):
            grads = gradient(X_B, y_B, w, b)
            np.testing.assert_array_equal(path.grad_w[t], grads[0])
            assert path.grad_b[t] == grads[1]
            w, b = sgd_step(w, b, *grads, lr)
            t += 1
            np.testing.assert_array_equal(path.w[t], w)
            assert path.b[t] == b
        assert path.epoch_ends[epoch] == t
    assert path.steps == t == epochs * math.ceil(len(y) / m)
    assert len(path.epoch_ends) == epochs


@pytest.mark.parametrize("train", [fit, fit_affine])
def test_the_last_batch_is_averaged_over_its_own_rows(train):
    """Three samples in batches of two: the lone last one takes a step of its full size."""
    X, y = np.ones((3, 1)), np.ones(3)
    path = train(X, y, lr=0.25, batch_size=2, epochs=1, w=[0.0], rng=0)
    np.testing.assert_array_equal(path.grad_b, [-1.0, -0.5])  # not −0.25


@pytest.mark.parametrize("seed", range(5))
def test_the_worked_example_recovers_w_and_b(seed):
    """Three epochs end within what is left of the start and what the noise of SGD adds.

    The distance to the minimum shrinks by 1 − η a step in the mean (H is nearly I): 0.97³⁰⁰ of
    |θ*| remains. Minibatch noise adds a standard deviation of σ√(η/2m) a component. Five times
    their sum covers the spread of H between the batches.
    """
    X, y = worked_example(seed)
    path = fit(X, y, rng=seed)
    left = 0.97**300 * np.hypot(np.linalg.norm(TRUE_W), TRUE_B)
    allowed = 5 * (left + NOISE * np.sqrt(0.03 / 20))
    assert np.abs(path.w[-1] - TRUE_W).max() < allowed < 0.01
    assert abs(path.b[-1] - TRUE_B) < allowed
    assert engine.loss(X, y, path.w[-1], path.b[-1]) < 1.2 * NOISE**2 / 2


def test_start_defaults_to_the_articles():
    """w starts from N(0, 0.01²), drawn first from rng, and b from 0."""
    X, y = worked_example(0)
    path = fit(X, y, epochs=1, rng=7)
    np.testing.assert_array_equal(path.w[0], np.random.default_rng(7).normal(0, 0.01, 2))
    assert path.b[0] == 0


def test_the_rng_may_be_a_generator_a_seed_or_none():
    """A seed and its generator give the same path; None gives another each time."""
    X, y = worked_example(0)
    assert fit(X, y, rng=3) == fit(X, y, rng=np.random.default_rng(3))
    assert fit(X, y) != fit(X, y)


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.bool])
def test_whole_numbers_are_trained_on_in_float64(train, dtype):
    """Integer and bool data give the path of the same numbers as floats."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (20, 3)).astype(dtype), rng.integers(0, 2, 20).astype(dtype)
    path = train(X, y, rng=0)
    assert path.w.dtype == np.float64
    assert path == train(X.astype(float), y.astype(float), rng=0)


def test_mixed_precision_is_computed_in_float64():
    """float32 features with float64 labels: no digit of the labels is lost."""
    X, y = worked_example(0)
    assert fit(X.astype(np.float32), y, rng=0).w.dtype == np.float64


@pytest.mark.parametrize("name", ["w", "b"])
def test_a_start_that_float32_cannot_hold_is_refused(name):
    """1e300 is infinite in the precision of float32 data."""
    X, y = worked_example(0, np.float32)
    with pytest.raises(ValueError, match=f"{name} must be finite, got .*inf"):
        fit(X, y, rng=0, **{name: {"w": [0, 1e300], "b": 1e300}[name]})


@pytest.mark.parametrize("train", [fit, fit_affine])
def test_lists_and_memory_maps_are_data_too(train, tmp_path):
    """Lists and memory maps give the path of the array."""
    X, y = worked_example(0)
    maps = []
    for name, a in (("X", X), ("y", y)):
        np.save(tmp_path / f"{name}.npy", a)
        maps.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    path = train(X, y, rng=0)
    assert path == train(*maps, rng=0) == train(X.tolist(), y.tolist(), rng=0)


DATA = {"X": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]], "y": [1.0, 2.0, 3.0], "batch_size": 1}
NAN = float("nan")
REAL = r"must be an array of real numbers, got"
REFUSED = [
    (
        {"X": [1.0, 2.0, 3.0], "w": [1.0, 2.0]},
        ValueError,
        r"X must be 2-D.*\(3,\); .*X\.reshape\(-1, 1\)",
    ),
    ({"X": np.ones((0, 2)), "y": []}, ValueError, r"X must .*not empty.*\(0, 2\); "),
    ({"X": [[1.0], [NAN], [2.0]]}, ValueError, r"X must be finite, got nan in row 1 .*; remove"),
    ({"X": [["a"], ["b"], ["c"]]}, TypeError, f"X {REAL} list of dtype <U1; .*np.asarray.X"),
    ({"X": np.ones((3, 1), complex)}, TypeError, f"X {REAL} ndarray of dtype complex128; "),
    ({"X": [[1.0], [1.0, 2.0], [3.0]]}, TypeError, f"X {REAL} list: .*; pass numbers"),
    ({"X": np.ma.ones((3, 1))}, TypeError, rf"X {REAL} a masked array; pass X\.filled"),
    ({"y": np.ones((3, 1))}, ValueError, r"y must .*\(3,\),.* got \(3, 1\); pass y\.ravel\(\)"),
    (
        {"y": [[1.0, 2.0, 3.0]]},
        ValueError,
        r"y must .* got \(1, 3\); pass np.asarray\(y\)\.ravel\(\)",
    ),
    (
        {"y": np.ones((3, 3))},
        ValueError,
        r"y must have shape \(3,\).*, got \(3, 3\); pass 3 number",
    ),
    ({"y": [1.0, 2.0]}, ValueError, r"y must .*\(3,\), one label per row of X, got \(2,\); pass"),
    ({"y": [1.0, NAN, 2.0]}, ValueError, "y must be finite, got nan in row 1 "),
    ({"y": ["1", "2", "3"]}, TypeError, f"y {REAL} list of dtype <U1; .*np.asarray.y"),
    ({"lr": 0}, ValueError, "lr must be greater than zero, got 0; pass"),
    ({"lr": NAN}, ValueError, "lr must be finite, got nan; pass"),
    ({"lr": 10**400}, ValueError, r"lr must be finite, got 10+\.\.\.0+; pass"),
    ({"lr": "fast"}, TypeError, "lr must be one real number, got 'fast'; pass"),
    ({"batch_size": 0}, ValueError, "batch_size must be greater than zero, got 0; pass"),
    ({"batch_size": 1.5}, ValueError, "batch_size must be an integer, got 1.5; pass 2"),
    ({"batch_size": 4}, ValueError, "batch_size must be at most .* 3, got 4; pass batch_size=3"),
    ({"epochs": 0}, ValueError, "epochs must be greater than zero, got 0; pass"),
    ({"epochs": 2.5}, ValueError, "epochs must be an integer, got 2.5; pass 2"),
    (
        {"w": [1.0]},
        ValueError,
        r"w must have shape \(2,\), one weight per feature, got \(1,\); pass 2",
    ),
    ({"w": [1.0, NAN]}, ValueError, "w must be finite, got nan in row 1 "),
    ({"w": ["a", "b"]}, TypeError, f"w {REAL} list of dtype <U1; .*np.asarray.w"),
    ({"b": NAN}, ValueError, "b must be finite, got nan; pass"),
    ({"b": [0.0]}, TypeError, r"b must be one real number, got \[0.0\]; pass"),
    ({"rng": "seed"}, TypeError, "rng must be .*Generator, a seed or None, got 'seed'; pass"),
    ({"rng": -1}, ValueError, "rng as a seed must be zero or more, got -1; pass rng=0"),
]


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize(("bad", "error", "message"), REFUSED)
def test_invalid_arguments_are_refused(train, bad, error, message):
    """The error states the requirement, the value received and how to fix it."""
    with pytest.raises(error, match=f"^{message}"):
        train(**{**DATA, **bad})


SYNTHETIC = [
    ({"w": [[1.0]]}, ValueError, r"w must have shape \(1,\), .*, got \(1, 1\); pass np.asarray"),
    ({"w": [NAN]}, ValueError, "w must be finite, got nan in row 0 "),
    ({"w": None}, TypeError, f"w {REAL} NoneType of dtype object; "),
    ({"b": np.inf}, ValueError, "b must be finite, got inf; pass"),
    ({"n": 0}, ValueError, "n must be greater than zero, got 0; pass"),
    ({"n": 10**15}, MemoryError, f"n .*got {10**15},.*; "),
    ({"noise": -1}, ValueError, "noise must be zero or more, got -1; pass"),
    ({"rng": 1.5}, TypeError, "rng must be .*, got 1.5; pass"),
    ({"w": [1e308]}, ValueError, "w, b and noise must give labels .*float64.*; pass smaller"),
    ({"noise": 1e308}, ValueError, "w, b and noise must .*float64.*; pass smaller"),
]


@pytest.mark.parametrize(("bad", "error", "message"), SYNTHETIC)
def test_invalid_arguments_of_synthetic_data_are_refused(bad, error, message):
    """So it is for `synthetic_data`, and for labels that no float can represent."""
    with pytest.raises(error, match=f"^{message}"):
        synthetic_data(**{"w": [1.0], "b": 0.0, "n": 50, "rng": 0, **bad})


@pytest.mark.parametrize("epochs", [10**14, 2**60])
def test_a_path_that_does_not_fit_in_memory_is_refused(epochs):
    """Whether NumPy cannot allocate so long a path, or not even count its bytes."""
    X, y = worked_example(0)
    message = f"^epochs must .*memory, got {epochs}, .*{100 * epochs + 1}, 3.*; do it in parts"
    with pytest.raises(MemoryError, match=message):
        fit(X, y, epochs=epochs)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_divergence_keeps_the_path_and_names_the_safe_rate(dtype):
    """With lr over 2/λ_max the error carries the finite path, the step, the lr and the limit."""
    X, y = worked_example(0, dtype)
    with pytest.raises(DivergenceError) as caught:
        fit(X, y, lr=3.0, batch_size=1000, epochs=2000, w=[0, 0], rng=0)
    error, path = caught.value, caught.value.trajectory
    assert error.lr == 3.0
    assert error.max_lr == engine.max_lr(X)
    assert f"training diverged at step {error.step}: " in str(error)
    assert "lr=3;" in str(error)
    assert f"2/λ_max = {error.max_lr:.3g}," in str(error)
    assert isinstance(path, Trajectory)
    assert path.steps == error.step - 1 > 10
    np.testing.assert_array_equal(path.epoch_ends, range(1, error.step))
    for part in (path.w, path.b, path.grad_w, path.grad_b):
        assert np.isfinite(part).all()
    with np.errstate(all="ignore"):
        grads = gradient(X, y, path.w[-1], path.b[-1])
        w, b = sgd_step(path.w[-1], path.b[-1], *grads, 3.0)
    assert not (np.isfinite(w).all() and np.isfinite(b)), "the step that it names is the first"
    with pytest.warns(DivergenceWarning):
        assert path == fit(X, y, lr=3.0, batch_size=1000, epochs=path.steps, w=[0, 0], rng=0)


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize(
    ("X", "y", "lr"),
    [([[1e200], [-1e200]], [1e150, -1e150], 0.1), ([[0.0], [0.0]], [1e307, 1e307], 100.0)],
)
def test_divergence_in_w_or_b_alone_is_found(X, y, lr, epochs):
    """A value that overflows only in w, or only in b, in the last step or before it."""
    with pytest.raises(DivergenceError, match="at step 1:") as caught:
        fit(X, y, lr=lr, batch_size=2, epochs=epochs, w=[0.0])
    assert caught.value.trajectory.steps == 0
    assert np.isfinite(caught.value.trajectory.b).all()
    assert (caught.value.max_lr == 0.0) == (X[0][0] == 1e200)


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("lr", [100.0, 1e5])
def test_divergence_stops_the_training(monkeypatch, train, lr):
    """No epoch is drawn, and no chunk begun, after the first value that is not finite."""
    monkeypatch.setattr(affine, "NUMBERS", 1)
    X, y = worked_example(0)
    rng, again = np.random.default_rng(0), np.random.default_rng(0)
    with pytest.raises(DivergenceError) as caught:
        train(X, y, lr=lr, epochs=20, w=[0, 0], rng=rng)
    begun = caught.value.step // 100 + 1
    for _ in range(begun):
        again.permutation(1000)
    assert begun < 10
    assert rng.random() == again.random()


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("name", ["X", "y"])
@pytest.mark.parametrize("mapped", [False, True])
def test_nan_is_named_by_its_row(train, name, mapped, tmp_path):
    """It is found in training, in the first epoch at the latest, in memory or in a memory map."""
    data = {"X": np.ones((50, 2)), "y": np.ones(50)}
    data[name][33] = np.nan
    if mapped:
        for key, a in data.items():
            np.save(tmp_path / f"{key}.npy", a)
            data[key] = np.load(tmp_path / f"{key}.npy", mmap_mode="r")
    rng, again = np.random.default_rng(0), np.random.default_rng(0)
    with pytest.raises(ValueError, match=f"^{name} must be finite, got nan in row 33 "):
        train(**data, epochs=1, rng=rng)
    again.normal(0, 0.01, 2)
    again.permutation(50)
    assert rng.random() == again.random()


def test_divergence_survives_pickling():
    """The error comes back from another process with all that it carries."""
    X, y = worked_example(0)
    with pytest.raises(DivergenceError) as caught:
        fit(X, y, lr=100.0, rng=0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.trajectory == caught.value.trajectory
    assert (again.lr, again.max_lr, again.step) == (100, engine.max_lr(X), caught.value.step)
    assert str(again) == str(caught.value)
