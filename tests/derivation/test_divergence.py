"""§2: a training that diverges says so, even where no number overflows; all others say nothing."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linreg_np import (
    DivergenceError,
    DivergenceWarning,
    LossSurface,
    Trajectory,
    fit,
    fit_affine,
    load_houses,
    loss,
    max_lr,
    synthetic_data,
)

EXAMPLE = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
SIZES = [20, 43, 63, 26, 53, 31, 58, 46, 58, 70, 46, 53, 60, 20, 63, 43, 26, 19, 31, 23]


def one_feature(x, slope, intercept=0.0):
    """x as a column, and the labels on a line."""
    x = np.asarray(x, float)
    return x[:, None], intercept + slope * x


SILENT_BEFORE = {
    "houses as they are": (load_houses(), {"rng": 0}),
    "lr over the limit": (EXAMPLE, {"rng": 0, "lr": 3}),
    "lr far over the limit": (EXAMPLE, {"rng": 0, "lr": 10}),
    "one sample a batch": (
        one_feature(range(200), 2),
        {"lr": 1e-3, "batch_size": 1, "epochs": 1, "rng": 0},
    ),
    "just over the limit": (
        one_feature(SIZES, 0.62, 100),
        {"lr": 1e-3, "batch_size": 20, "epochs": 1000, "w": [0]},
    ),
    "a tiny lr": (
        one_feature(np.random.default_rng(0).uniform(2e4, 2.5e5, 24), -0.02, 8500),
        {"lr": 1e-10, "batch_size": 24, "epochs": 1000, "w": [0]},
    ),
    "huge features": (
        one_feature(np.linspace(3.8e11, 2.6e12, 22), 0.13),
        {"lr": 1e-4, "batch_size": 22, "epochs": 10, "rng": 0},
    ),
}


@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("name", SILENT_BEFORE)
def test_a_loss_that_grows_is_a_warning(train, name):
    """With the loss at both ends, lr, 2/λ_max of the data and what to do; the path is kept, marked."""
    (X, y), options = SILENT_BEFORE[name]
    with pytest.warns(DivergenceWarning, match="diverged") as caught:
        path = train(X, y, **options)
    text = str(caught[0].message)
    with np.errstate(all="ignore"):
        losses = [loss(X, y, path.w[t], path.b[t]) for t in (0, -1)]
    lr = options.get("lr", 0.03)
    for number in (*(f"{L:.3g}" for L in losses), f"lr={lr:g}", f"2/λ_max = {max_lr(X):.3g}"):
        assert number in text
    assert "smaller lr" in text
    assert "standardise(X)" in text
    assert caught[0].filename == __file__
    assert path.diverged
    assert repr(path).endswith(", diverged)")
    assert np.isfinite(path.w).all()


def test_descent_warns_as_fit_does():
    """Of the loss surface: at the caller's line, with the same numbers."""
    surface = LossSurface.from_data(*EXAMPLE)
    with pytest.warns(DivergenceWarning, match=r"lr=2\b.*2/λ_max = ") as caught:
        path = surface.descend([0, 0], 0, lr=2, steps=60)
    assert caught[0].filename == __file__
    assert path.diverged
    assert f"2/λ_max = {surface.max_lr:.3g}" in str(caught[0].message)
    assert not surface.descend([0, 0], 0, lr=1, steps=60).diverged


def test_overflow_is_an_error_that_marks_its_path():
    """The step comes first in its text."""
    with pytest.raises(DivergenceError, match=r"^training diverged at step \d+: ") as caught:
        fit(*EXAMPLE, lr=10, epochs=10, rng=0)
    assert caught.value.trajectory.diverged
    assert repr(caught.value.trajectory).endswith(", diverged)")


@pytest.mark.sample(3)
@pytest.mark.parametrize("train", [fit, fit_affine])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("noise", [0, 1e-3, 0.1, 5])
@settings(max_examples=10)
@given(seed=st.integers(0, 999), lr=st.floats(0.01, 0.2), size=st.sampled_from([1, 1e-4, 1e4]))
def test_training_that_goes_on_says_nothing(train, dtype, noise, seed, lr, size):
    """From the end of a training, or from the minimum itself, minibatches can only go up a little."""
    rng = np.random.default_rng(seed)
    X, y = (size * a for a in synthetic_data(rng.normal(size=2), 1, 200, noise=noise, rng=rng))
    X, y = (X / size).astype(dtype), y.astype(dtype)
    first = train(X, y, lr=lr, batch_size=10, epochs=20, rng=rng)
    best = LossSurface.from_data(X, y)
    for w, b in ((first.w[-1], first.b[-1]), (best.w, best.b)):
        path = train(X, y, lr=lr, batch_size=10, epochs=3, w=w, b=b, rng=rng)
        assert not path.diverged


def test_the_lowest_loss_itself_is_no_limit():
    """Ten times a start in the minimum is not enough: of noisy labels and batches of one."""
    X, y = np.ones((40, 1)), np.tile([-1.0, 1.0], 20)
    path = fit(X, y, lr=0.9, batch_size=1, epochs=1, w=[0.0], rng=0)
    assert loss(X, y, path.w[-1], path.b[-1]) > 1.2 * loss(X, y, path.w[0], path.b[0])
    assert not path.diverged


def two_halves(rows, folder):
    """Zeros in the first rows of a memory map, and ±3 in the others: the labels are all 0."""
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", shape=(rows, 1))
    X[rows // 2 :] = np.tile([[3.0], [-3.0]], (rows // 4, 1))
    return X, np.zeros(rows)


def test_of_a_memory_map_the_first_rows_decide(tmp_path):
    """The rest is not read again: where the first block has no part in the divergence, none is seen."""
    options = {"lr": 1.0, "epochs": 3, "w": [1.0], "rng": 0}
    X, y = two_halves(400_000, tmp_path)
    assert not fit(X, y, batch_size=len(y), **options).diverged
    with pytest.warns(DivergenceWarning):
        assert fit(np.array(X), y, batch_size=len(y), **options).diverged
    X, y = two_halves(4000, tmp_path)
    with pytest.warns(DivergenceWarning, match=f"2/λ_max = {max_lr(X):.3g},"):
        fit(X, y, batch_size=len(y), **options)


@pytest.mark.filterwarnings("ignore::linreg_np.DivergenceWarning")
def test_a_marked_path_stays_marked(tmp_path):
    """On disk, and in comparisons; a path made by hand is not."""
    path = fit(*load_houses(), rng=0)
    path.save(tmp_path / "path.npz")
    assert Trajectory.load(tmp_path / "path.npz") == path
    assert path != Trajectory(**vars(path) | {"diverged": False})
    assert not Trajectory(path.w).diverged


def test_the_data_are_not_copied_for_the_loss():
    """Whole numbers are converted block by block, bools and the largest negative ones, too."""
    for dtype in (np.int8, bool):
        X = np.array([[-128], [127]] * 5).astype(dtype)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit(X, X[:, 0], lr=50, batch_size=10, epochs=9, w=[0], rng=0)
        assert [w.category for w in caught] == [DivergenceWarning]
