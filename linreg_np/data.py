"""§0 and §2: the house prices, and data drawn from a line that is known.

Source: *Dive into Deep Learning*, eq. 3.1.1 and ch. 3.3 (synthetic regression data).
"""

from __future__ import annotations

import os

import numpy as np

from linreg_np._utils.types import Array, ArrayLike, Seed
from linreg_np._utils.validation import (
    check_number,
    check_positive,
    check_positive_int,
    check_rng,
    check_weights,
    empty,
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
