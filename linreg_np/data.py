"""§0 and §2: the house prices, and data drawn from a line that is known.

Source: *Dive into Deep Learning*, eq. 3.1.1 and ch. 3.3 (synthetic regression data).
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from linreg_np._utils.types import Array, ArrayLike, Seed
from linreg_np._utils.validation import (
    as_float,
    check_finite,
    check_number,
    check_positive,
    check_positive_int,
    check_rng,
    check_weights,
    check_X,
    empty,
    refuse_overflow,
)


def price(area: float, age: float, w_area: float, w_age: float, b: float) -> float:
    """price = w_area · area + w_age · age + b   (§0)

    The running example. `load_houses` gives area in hundreds of square feet, age in years, and
    price in thousands of dollars. Arrays of areas and ages work too.

    >>> price(area=11.25, age=148, w_area=2.0, w_age=-0.1, b=30.0)
    37.7
    """
    return w_area * area + w_age * age + b


def synthetic_data(
    w: ArrayLike, b: float, n: int, *, noise: float = 0.01, rng: Seed = None
) -> tuple[Array, Array]:
    """y = Xw + b + ε   (for §2)

    X standard normal, ε normal with standard deviation `noise`: data whose w and b are known.
    float32 if w is float32, float64 otherwise.

    ValueError also if a label is too large for a float, MemoryError if there is no memory for n
    samples.

    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> X.shape, y.shape
    ((1000, 2), (1000,))
    """
    w, b, n = check_weights(w), check_number("b", b), check_positive_int("n", n)
    noise, rng = check_positive("noise", noise, or_zero=True), check_rng(rng)
    X = rng.standard_normal(out=empty((n, len(w)), float, n=n))
    dtype: type[np.floating] = np.float32 if w.dtype == np.float32 else np.float64
    with np.errstate(all="ignore"):
        y = np.asarray(X @ w + b + noise * rng.standard_normal(n), dtype)
    if not np.isfinite(y).all():
        raise ValueError(
            f"w, b and noise must give labels that {y.dtype} can represent, got infinite "
            f"ones from w={w}, b={b}, noise={noise}; pass smaller numbers"
        )
    return np.asarray(X, dtype), y


def standardise(X: ArrayLike) -> tuple[Array, Array, Array]:
    """z = (x − mean) / std, feature by feature   (for §2)

    Returns Z, mean and std: shapes (n, d), (d,) and (d,), of one feature x (n,) also (n,) and two
    numbers. On Z one learning rate fits all features. `fit(Z, y)` then finds the weights of Z:
    `unstandardise` makes those of X of them, and a new x is predicted from (x − mean) / std.

    ValueError if a feature is the same in each sample.

    >>> Z, mean, std = standardise([[10.0, 1.0], [30.0, 5.0]])
    >>> Z, mean, std
    (array([[-1., -1.],
           [ 1.,  1.]]), array([20.,  3.]), array([10.,  2.]))
    """
    check_finite("X", A := check_X(X))
    same = A.max(axis=0) == A.min(axis=0)
    if same.any():
        j = int(same.argmax())
        raise ValueError(f"X must vary in each column, got only {A[0, j]} in column {j}; drop it")
    x: Any = as_float("X", X)
    with np.errstate(all="ignore"):
        mean, std = x.mean(axis=0), x.std(axis=0)
    if not np.isfinite(std).all():
        refuse_overflow(X=A)
    return (x - mean) / std, mean, std


def unstandardise(
    w: ArrayLike, b: ArrayLike, mean: ArrayLike, std: ArrayLike
) -> tuple[Array, Array]:
    """w / std, b − Σ w · mean / std: the same predictions, from X instead of Z   (for §2)

    One w (d,) and b, or those of a whole path: `unstandardise(path.w, path.b, mean, std)`.

    >>> unstandardise([2.0, 4.0], 1.0, mean=[20.0, 3.0], std=[10.0, 2.0])
    (array([0.2, 2. ]), np.float64(-9.0))
    """
    w, mean, std = as_float("w", w), as_float("mean", mean), as_float("std", std)
    if np.shape(mean) != np.shape(std) or np.shape(std) not in ((), np.shape(w)[-1:]):
        raise ValueError(
            "w, mean and std must have one number per feature, got shapes "
            f"{np.shape(w)}, {np.shape(mean)} and {np.shape(std)}; pass the mean and std of X"
        )
    w_of_X: Array = np.divide(w, std)
    return w_of_X, as_float("b", b) - (w_of_X * mean).sum(axis=-1)


def load_houses() -> tuple[Array, Array]:
    """X = (area, age), y = price: 211 houses sold in Baltimore in 1978   (for §0)

    Area in hundreds of square feet, age in years, price in thousands of dollars.

    Source: R. A. Dubin, *Regional Science and Urban Economics* 22 (1992), as published in the
    CC0 collection spData.

    >>> X, y = load_houses()
    >>> X[0], y[0]  # 1,125 square feet, 148 years old: 47,000 dollars
    (array([ 11.25, 148.  ]), np.float64(47.0))
    """
    file = os.path.join(os.path.dirname(__file__), "houses.csv")
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, 1:], table[:, 0]
