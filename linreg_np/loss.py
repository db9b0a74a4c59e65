"""§1.2: the loss, whose ½ takes away the 2 of the square in §1.3b."""

from __future__ import annotations

from typing import Any

import numpy as np

from linreg_np._utils.validation import Array, in_floats
from linreg_np.model import predict


@in_floats
def residual(y_hat: Any, y: Any) -> Array:
    """ŷ − y   (for §1.2a and §1.3b)

    The one place where broadcasting could lie in silence: (n,) against (n, 1) would give n × n
    residuals, and a training that seems to work. So shapes that differ are refused.

    Parameters
    ----------
    y_hat, y : (n,)
        Predictions and labels.

    Returns
    -------
    (n,)

    Raises
    ------
    ValueError
        If the shapes differ.

    Source: *Dive into Deep Learning*, §3.1.1.

    Examples
    --------
    >>> residual([3.5, 7.5], [4, 7])
    array([-0.5,  0.5])
    """
    if getattr(y_hat, "shape", ()) != getattr(y, "shape", ()):
        raise ValueError(
            f"y_hat and y must have the same shape, got {np.shape(y_hat)} and {np.shape(y)}; "
            "pass one label a prediction, y.ravel() for y of shape (n, 1)"
        )
    r: Array = y_hat - y
    return r


@in_floats
def squared_loss(y_hat: Any, y: Any) -> Array:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a)

    Parameters
    ----------
    y_hat, y : (n,)
        Predictions and labels.

    Returns
    -------
    (n,)
        The loss of each sample, in the units of y squared.

    Raises
    ------
    ValueError
        If the shapes differ.

    Source: *Dive into Deep Learning*, eq. 3.1.5.

    Examples
    --------
    >>> squared_loss([3.5, 7.5], [4, 7])
    array([0.125, 0.125])
    """
    l: Array = 0.5 * residual(y_hat, y) ** 2  # noqa: E741 (the book's letter)
    return l


@in_floats
def loss(X: Any, y: Any, w: Any, b: Any) -> Any:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    w : (d,)
    b : scalar

    Returns
    -------
    scalar
        In the units of y squared.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Source: *Dive into Deep Learning*, eq. 3.1.6.

    Examples
    --------
    >>> loss([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    np.float64(0.125)
    """
    return squared_loss(predict(X, w, b), y).sum() / len(y)
