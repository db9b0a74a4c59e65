"""§2: how the loss curves, which tells the largest safe learning rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.validation import Array, features


def curvature(X: Any) -> Array:
    """H = (1/n) [X 1]ᵀ[X 1]   (for §2)

    The second derivative of L in θ = (w, b), the same at every θ: the loss is a bowl.

    Parameters
    ----------
    X : (n, d)

    Returns
    -------
    (d+1, d+1)
        The last row and column belong to b.

    Raises
    ------
    TypeError, ValueError
        If X is not a finite 2-D array, or so large that a square overflows.

    Source: the derivative of §1.3f.

    Examples
    --------
    >>> curvature([[1.0], [3.0]])
    array([[5., 2.],
           [2., 1.]])
    """
    H = _second_derivative(features(X))
    if not np.isfinite(H).all():
        raise ValueError(
            "X must be so small that sums of its squares are finite, got numbers near the largest "
            "float; rescale the columns"
        )
    return H


def _second_derivative(X: Array) -> Array:
    """H = (1/n) [X 1]ᵀ[X 1], with inf or NaN where a square overflows."""
    dtype = np.float32 if X.dtype in (np.float32, ">f4") else np.float64
    H = np.zeros((X.shape[1] + 1, X.shape[1] + 1), dtype)
    with np.errstate(all="ignore"):
        for X_B, ones in row_blocks(X, np.ones(len(X))):
            A = np.column_stack([X_B, ones])
            H += A.T @ A
    return H / len(X)


def max_lr(X: Any) -> float:
    """2/λ_max, λ_max the largest eigenvalue of the curvature   (for §2)

    Below it every full-batch step lowers the loss; above it the path along the steepest axis of
    the bowl overshoots by more at each step.

    Parameters
    ----------
    X : (n, d)

    Returns
    -------
    scalar
        0 where λ_max is too large for a float.

    Raises
    ------
    TypeError, ValueError
        If X is not a finite 2-D array.

    Source: Boyd and Vandenberghe, *Convex Optimization*, §9.3.

    Examples
    --------
    >>> max_lr([[1.0], [-1.0]])
    2.0
    """
    H = _second_derivative(features(X))
    return 2 / float(np.linalg.eigvalsh(H)[-1]) if np.isfinite(H).all() else 0.0
