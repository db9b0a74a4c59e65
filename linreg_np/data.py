"""§0 and §2: the houses, and data drawn from a line that is known."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from linreg_np._utils.validation import Array, generator, number, positive, weights, whole


def price(area: Any, age: Any, w_area: Any, w_age: Any, b: Any) -> Any:
    """price = w_area · area + w_age · age + b   (§0)

    The running example: the price of a house as a line in its area and its age.

    Parameters
    ----------
    area : scalar or (n,)
        Area, in hundreds of square feet for the houses of `load_houses`.
    age : scalar or (n,)
        Age, in years.
    w_area, w_age, b : scalar
        Price per unit of area, price per year, price of no house at all;
        in thousands of dollars for the houses of `load_houses`.

    Returns
    -------
    scalar or (n,)
        The price, in the units of b.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> price(area=11.25, age=148, w_area=2.0, w_age=-0.1, b=30.0)
    37.7
    """
    return w_area * area + w_age * age + b


def synthetic_data(
    w: Any, b: Any, n: Any, *, noise: Any = 0.01, rng: Any = None
) -> tuple[Array, Array]:
    """y = Xw + b + ε   (for §2)

    X standard normal, ε normal with standard deviation `noise`: data whose w and b are known.

    Parameters
    ----------
    w : (d,)
        True weights.
    b : scalar
        True bias.
    n : int
        Number of samples.
    noise : scalar
        Standard deviation of ε, 0 for none.
    rng : numpy.random.Generator or seed
        None draws a fresh one.

    Returns
    -------
    X : (n, d)
    y : (n,)
        Both float32 where w is float32, float64 otherwise.

    Raises
    ------
    TypeError, ValueError
        For anything else; the message says what to pass.
    MemoryError
        If there is no room for that many samples.

    Source: *Dive into Deep Learning*, ch. 3, synthetic regression data.

    Examples
    --------
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> X.shape, y.shape
    ((1000, 2), (1000,))
    """
    w, b, n = weights(w), number("b", b), whole("n", n)
    noise, rng = positive("noise", noise, or_zero=True), generator(rng)
    try:
        X = rng.standard_normal((n, len(w)))
    except (MemoryError, ValueError):
        raise MemoryError(f"n must leave room for n × d numbers, got {n}; draw fewer") from None
    dtype = np.dtype(np.float32 if w.dtype == np.float32 else np.float64)
    with np.errstate(all="ignore"):
        y = (X @ w + b + noise * rng.standard_normal(n)).astype(dtype)
    if not np.isfinite(y).all():
        raise ValueError(
            f"w, b and noise must give labels that {dtype} can hold, got infinite ones from "
            f"w = {w}, b = {b}, noise = {noise}; pass smaller numbers"
        )
    return X.astype(dtype), y


def load_houses() -> tuple[Array, Array]:
    """X = (area, age), y = price: 211 houses sold in Baltimore in 1978   (for §0)

    Returns
    -------
    X : (211, 2)
        Area in hundreds of square feet, age in years.
    y : (211,)
        Price in thousands of dollars.

    Source: R. A. Dubin, *Regional Science and Urban Economics* 22 (1992), as published in the
    CC0 collection spData.

    Examples
    --------
    >>> X, y = load_houses()
    >>> X[0], y[0]  # 1,125 square feet, 148 years old: 47,000 dollars
    (array([ 11.25, 148.  ]), np.float64(47.0))
    """
    file = os.path.join(os.path.dirname(__file__), "houses.csv")
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    return table[:, 1:], table[:, 0]
