"""§2: the loss is a bowl. Its curvature, and the largest learning rate that it allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from linreg_np.validation import Array, as_float, features


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
        If X is not a finite 2-D array.

    Source: the derivative of §1.3f.

    Examples
    --------
    >>> curvature([[1.0], [3.0]])
    array([[5., 2.],
           [2., 1.]])
    """
    X = as_float(features(X))
    A = np.column_stack([X, np.ones(len(X), X.dtype)])
    H: Array = A.T @ A / len(A)
    return H


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
        In the units of a learning rate. 0 where λ_max is too large for a float.

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
    with np.errstate(over="ignore"):
        H = curvature(X)
    return 2 / float(np.linalg.eigvalsh(H)[-1]) if np.isfinite(H).all() else 0.0
