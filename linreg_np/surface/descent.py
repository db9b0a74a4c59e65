"""§2: full-batch descent on a quadratic bowl with known axes, every step computed from the first.

Source: S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.3.2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.frozen import unchecked
from linreg_np.trajectory import Trajectory


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
    d = len(start) - 1
    with np.errstate(all="ignore"):
        Z = geometric_powers(V.T @ (start - minimum), 1 - lr * λ, steps)
        path = Z @ np.concatenate([V.T, λ[:, None] * V.T], axis=1)
        path[:, : d + 1] += minimum
    path[0, : d + 1] = start
    finite = np.isfinite(path).all(axis=1)
    t = steps if finite.all() else int(finite.argmin()) - 1
    θ, g, ends = path[: t + 1], path[:t, d + 1 :], np.arange(1, t + 1)
    parts = {"w": θ[:, :d], "b": θ[:, d], "grad_w": g[:, :d], "grad_b": g[:, d]}
    trajectory: Trajectory = unchecked(Trajectory, **parts, epoch_ends=ends)
    return trajectory


def geometric_powers(
    c: NDArray[np.floating], q: NDArray[np.floating], steps: int
) -> NDArray[np.floating]:
    """c qᵗ for t = 0, …, steps, a row each: the powers up to √steps, times powers of the next.

    Raises
    ------
    MemoryError
        If so many rows have no room.

    Examples
    --------
    >>> geometric_powers(np.array([3.0, 0.0]), np.array([2.0, np.inf]), 2)
    array([[ 3.,  0.],
           [ 6.,  0.],
           [12.,  0.]])
    """
    k = math.isqrt(steps) + 1
    try:
        low, high = np.full((2, k, len(c)), np.where(c == 0, 0, q))  # where c is 0, so is all
        Z = np.empty((k, k, len(c)))
    except (MemoryError, ValueError):
        raise MemoryError(
            f"steps must leave room to record every step, got {steps}; descend in parts, each "
            "from the last point of the one before"
        ) from None
    low[0] = 1
    low = np.multiply.accumulate(low)
    high[0], high[1:] = c, low[-1] * high[0]
    high = np.multiply.accumulate(high)
    np.multiply(high[:, None], low, out=Z)
    return Z.reshape(k * k, -1)[: steps + 1]
