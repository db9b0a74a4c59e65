"""§0 and §2: the houses are the published ones, and drawn data lie on the given line."""

import csv
from importlib import resources

import numpy as np
import pytest

from linreg_np import load_houses, predict, synthetic_data
from linreg_np.data import price


def test_houses_are_the_file_in_the_package():
    """211 rows; area and age are the features, price the label, in the units of the source."""
    X, y = load_houses()
    text = resources.files("linreg_np").joinpath("houses.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert X.shape == (211, 2)
    assert y.shape == (211,)
    assert X.dtype == y.dtype == np.float64
    for row, (area, age), label in zip(rows, X, y, strict=True):
        assert (float(row["area"]), float(row["age"]), float(row["price"])) == (area, age, label)


def test_price_is_the_model_with_two_features():
    """§0 is §1.1b with w = (w_area, w_age)."""
    X, _ = load_houses()
    ours = price(X[:, 0], X[:, 1], w_area=2.0, w_age=-0.5, b=3.0)
    np.testing.assert_array_equal(ours, predict(X, [2.0, -0.5], 3.0))


def test_drawn_data_lie_on_the_line_without_noise():
    """noise=0: y = Xw + b; with noise the difference has its standard deviation."""
    w, b, n = np.array([2, -3.4]), 4.2, 10_000
    X, y = synthetic_data(w, b, n, noise=0, rng=0)
    np.testing.assert_array_equal(y, X @ w + b)
    X, y = synthetic_data(w, b, n, noise=0.5, rng=0)
    five_sigma = 5 / np.sqrt(n)
    error = (y - X @ w - b) / 0.5
    assert abs(error.mean()) < five_sigma
    assert abs(error.std() - 1) < five_sigma
    assert np.abs(X.mean(axis=0)).max() < five_sigma
    assert np.abs(X.std(axis=0) - 1).max() < five_sigma


def test_features_are_drawn_first_and_then_the_noise():
    """y = Xw + b + ε of the generator's own numbers; without `noise`, ε is that of the article."""
    w, b, rng = np.array([2, -3.4]), 4.2, np.random.default_rng(3)
    normal, ε = rng.standard_normal((50, 2)), rng.standard_normal(50)
    for scale, noise in ((0.01, {}), (0.5, {"noise": 0.5})):
        X, y = synthetic_data(w, b, 50, rng=3, **noise)
        np.testing.assert_array_equal(X, normal)
        np.testing.assert_array_equal(y, X @ w + b + scale * ε)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_drawn_data_have_the_precision_of_w(dtype):
    """float32 weights give float32 data, all else float64; a seed gives the same data again."""
    X, y = synthetic_data(np.ones(3, dtype), 0, 4, rng=1)
    expected = np.float32 if dtype == np.float32 else np.float64
    assert X.dtype == y.dtype == expected
    np.testing.assert_array_equal(X, synthetic_data(np.ones(3, dtype), 0, 4, rng=1)[0])
