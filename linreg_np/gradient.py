"""§1.3f: the gradient, all samples and all weights at once."""

from __future__ import annotations

from typing import Any

from linreg_np._utils.validation import Array, in_floats
from linreg_np.loss import residual
from linreg_np.model import predict


@in_floats
def gradient(X: Any, y: Any, w: Any, b: Any) -> tuple[Array, Any]:
    """∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (§1.3f)

    Row j of Xᵀ meets the residuals in one product: that is the sum of §1.3e, for every j at once.

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    w : (d,)
    b : scalar

    Returns
    -------
    grad_w : (d,)
        Component j in the units of y squared per unit of w_j.
    grad_b : scalar
        In the units of y.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Source: the sums of *Dive into Deep Learning*, eq. 3.1.10, as one product.

    Examples
    --------
    >>> gradient([[1, 2], [3, 4]], [4, 7], [1, 1], 0.5)
    (array([0.5, 0.5]), np.float64(0.0))
    """
    r = residual(predict(X, w, b), y)
    return X.T.dot(r) / len(y), r.sum() / len(y)
