"""§1.3f: the gradient, all samples and all weights at once.

Source: the sums of *Dive into Deep Learning*, eq. 3.1.10, as one product.
"""

from __future__ import annotations

from linreg_np._utils.types import Array, ArrayLike
from linreg_np._utils.validation import convert_args_to_float
from linreg_np.loss import residual
from linreg_np.model import predict


@convert_args_to_float
def gradient(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike) -> tuple[Array, float]:
    """∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (§1.3f)

    Row j of Xᵀ times the residuals is the sum of §1.3e; the product gives it for every j at once.
    Component j is in the units of y squared per unit of w_j. One feature may be x (n,) with a
    number w: then ∇w L is a number. ValueError if shapes do not match.

    >>> gradient([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    (array([0.5, 0.5]), np.float64(0.0))
    >>> gradient([1, 3], [4, 7], 2, 0.5)
    (np.float64(-1.5), np.float64(-1.0))
    """
    r = residual(predict(X, w, b), y)
    return X.T.dot(r) / len(y), r.sum() / len(y)
