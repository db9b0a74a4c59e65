"""§2: how the loss curves, which determines the largest stable learning rate.

Source: the derivative of §1.3f; S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.3.
"""

from __future__ import annotations

import numpy as np

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import Array, ArrayLike, RealArray
from linreg_np._utils.validation import check_finite, check_X, refuse_overflow


def curvature(X: ArrayLike) -> Array:
    """H = (1/n) [X 1]ᵀ[X 1]   (for §2)

    The second derivative (d+1, d+1) of L in (w, b), its last row and column for b. It is the same
    at every (w, b): the loss is a quadratic function.

    ValueError also if X is so large that a square overflows.

    >>> curvature([[1.0], [3.0]])
    array([[5., 2.],
           [2., 1.]])
    """
    H = second_derivative(X_ := check_X(X))
    if not np.isfinite(H).all():
        refuse_overflow(X=X_)
    return H


def max_lr(X: ArrayLike) -> float:
    """2/λ_max, λ_max the largest eigenvalue of the curvature   (for §2)

    With a smaller η every full-batch step lowers the loss; with a larger one the steps along the
    steepest axis overshoot, each by more than the one before. 0 if λ_max is too large for a float.

    >>> max_lr([[1.0], [-1.0]])
    2.0
    """
    H = second_derivative(X_ := check_X(X))
    if not np.isfinite(H).all():
        check_finite("X", X_)
        return 0.0
    return 2 / float(np.linalg.eigvalsh(H)[-1])


def second_derivative(X: RealArray) -> Array:
    """H = (1/n) [X 1]ᵀ[X 1], with inf or NaN where a square overflows."""
    dtype: type[np.floating] = np.float32 if X.dtype in (np.float32, ">f4") else np.float64
    H = np.zeros((X.shape[1] + 1, X.shape[1] + 1), dtype)
    with np.errstate(all="ignore"):
        for X_B, ones in row_blocks(X, np.ones(len(X))):
            A = np.column_stack([X_B, ones])
            H += A.T @ A
    return H / len(X)
