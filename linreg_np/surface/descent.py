"""§2: full-batch descent down a bowl whose axes are known: every step from the first one."""

from __future__ import annotations

import math

import numpy as np

from linreg_np._utils.frozen import unchecked
from linreg_np._utils.types import Array
from linreg_np.trajectory import Trajectory


def along_the_axes(
    start: Array, bottom: Array, λ: Array, V: Array, lr: float, steps: int
) -> Trajectory:
    """θₜ = θ* + V (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*),  ∇L(θₜ) = V Λ (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*)

    θ ← θ − ηH(θ − θ*) with H = VΛVᵀ does on each axis nothing but multiply by 1 − ηλ.

    Parameters
    ----------
    start, bottom : (d+1,)
        θ₀ and θ*, b last.
    λ, V : (d+1,) and (d+1, d+1)
        Eigenvalues and eigenvectors of H.

    Returns
    -------
    Trajectory
        Up to the last point that is finite.

    Source: S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.3.2.

    Examples
    --------
    >>> along_the_axes(np.ones(2), np.zeros(2), np.array([1.0, 2.0]), np.eye(2), 0.25, 2).w[:, 0]
    array([1.    , 0.75  , 0.5625])
    """
    d = len(start) - 1
    with np.errstate(all="ignore"):
        Z = geometric(V.T @ (start - bottom), 1 - lr * λ, steps)
        path = Z @ np.concatenate([V.T, λ[:, None] * V.T], axis=1)
        path[:, : d + 1] += bottom
    path[0, : d + 1] = start
    finite = np.isfinite(path).all(axis=1)
    t = steps if finite.all() else int(finite.argmin()) - 1
    θ, g, ends = path[: t + 1], path[:t, d + 1 :], np.arange(1, t + 1)
    parts = {"w": θ[:, :d], "b": θ[:, d], "grad_w": g[:, :d], "grad_b": g[:, d]}
    found: Trajectory = unchecked(Trajectory, **parts, epoch_ends=ends)
    return found


def geometric(c: Array, q: Array, steps: int) -> Array:
    """c qᵗ for t = 0, …, steps, a row each: the powers up to √steps, times powers of the next.

    Examples
    --------
    >>> geometric(np.array([3.0, 0.0]), np.array([2.0, np.inf]), 2)
    array([[ 3.,  0.],
           [ 6.,  0.],
           [12.,  0.]])
    """
    k = math.isqrt(steps) + 1
    try:
        low, high = np.full((2, k, len(c)), np.where(c == 0, 0, q))  # where c is 0, so is all
        Z: Array = np.empty((k, k, len(c)))
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
