"""§1.2: the squared loss. Its ½ cancels the 2 of the derivative in §1.3b.

Source: *Dive into Deep Learning*, eq. 3.1.5 and 3.1.6.
"""

from __future__ import annotations

import numpy as np

from linreg_np._utils.types import Array, ArrayLike
from linreg_np._utils.validation import convert_args_to_float
from linreg_np.model import predict


@convert_args_to_float
def residual(y_hat: ArrayLike, y: ArrayLike) -> Array:
    """ŷ − y   (for §1.2a and §1.3b)

    ValueError unless the shapes match: broadcasting (n,) against (n, 1) would silently give
    n × n residuals.

    >>> residual([3.5, 7.5], [4, 7])
    array([-0.5,  0.5])
    """
    if getattr(y_hat, "shape", ()) != getattr(y, "shape", ()):
        raise ValueError(
            f"y_hat and y must have the same shape, got {np.shape(y_hat)} and {np.shape(y)}; "
            "pass one label per prediction, y.ravel() for y of shape (n, 1), "
            "np.asarray(y).ravel() for a matrix"
        )
    return y_hat - y


@convert_args_to_float
def squared_loss(y_hat: ArrayLike, y: ArrayLike) -> Array:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a)

    The loss of each sample, in the units of y squared.

    >>> squared_loss([3.5, 7.5], [4, 7])
    array([0.125, 0.125])
    """
    return 0.5 * residual(y_hat, y) ** 2


@convert_args_to_float
def loss(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike) -> float:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)

    One feature may be x (n,) with a number w.

    >>> loss([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    np.float64(0.125)
    """
    return squared_loss(predict(X, w, b), y).sum() / len(y)
