"""§2: full-batch descent on a quadratic bowl with known axes, every step computed from the first.

Source: S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.3.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.validation import empty
from linreg_np.trajectory import Trajectory, recorded_path


def closed_form_path(
    start: NDArray[np.floating],
    minimum: NDArray[np.floating],
    λ: NDArray[np.floating],
    V: NDArray[np.floating],
    lr: float,
    steps: int,
) -> Trajectory:
    """θₜ = θ* + V (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*),  ∇L(θₜ) = V Λ (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*)

    θ ← θ − ηH(θ − θ*) with H = VΛVᵀ multiplies the distance along each axis by 1 − ηλ. θ₀ and θ*
    are (d+1,), b last; the path ends at the last point that is finite.

    Examples
    --------
    >>> λ, V = np.array([1.0, 2.0]), np.eye(2)
    >>> closed_form_path(np.ones(2), np.zeros(2), λ, V, 0.25, 2).w[:, 0]
    array([1.    , 0.75  , 0.5625])
    """
    Z = empty((steps + 1, len(start)), float, steps=steps)
    with np.errstate(all="ignore"):
        c = V.T @ (start - minimum)
        Z[0], Z[1:] = c, np.where(c == 0, 0, 1 - lr * λ)  # where c is 0, so is all
        np.multiply.accumulate(Z, out=Z)  # c (1 − ηλ)ᵗ
        θ, g = minimum + Z @ V.T, (Z * λ) @ V.T
    θ[0] = start
    return recorded_path(θ, g[:-1], 1)
