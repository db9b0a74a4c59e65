"""§2: the training loop: minibatch, gradient, step, and again.

Source: *Dive into Deep Learning*, ch. 3.4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from linreg_np._utils.frozen import unchecked
from linreg_np._utils.types import Array, ArrayLike, RealArray, Seed
from linreg_np._utils.validation import (
    check_finite,
    check_number,
    check_positive,
    check_positive_int,
    check_rng,
    check_weights,
    check_X,
    check_y,
)
from linreg_np.curvature import max_lr
from linreg_np.gradient import gradient
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.trajectory import DivergenceError, Trajectory


def fit(
    X: ArrayLike,
    y: ArrayLike,
    *,
    lr: float = 0.03,
    batch_size: int = 10,
    epochs: int = 3,
    w: ArrayLike | None = None,
    b: float = 0.0,
    rng: Seed = None,
) -> Trajectory:
    """the path of w on the surface L(w₁, w₂) at a fixed b   (§2)

    Minibatch SGD, every step recorded. (b is trained too; it is fixed in the picture only.)
    float32 if X and y are float32, float64 otherwise.

    Parameters
    ----------
    X, y : (n, d) and (n,)
        Of a memory map, only the rows of each batch are read.
    batch_size : int
        m, from 1 to n. A shorter last batch is averaged over its own rows.
    w, b : (d,) and scalar
        The start; w is drawn from N(0, 0.01²) if not given.
    rng : numpy.random.Generator or seed
        Draws the start (if not given) first, then the order of the samples in each epoch.

    Raises
    ------
    DivergenceError
        If w or b becomes infinite or NaN. The path so far is in its `.trajectory`.
    TypeError, ValueError, MemoryError
        If an argument is invalid, or there is no memory for the path of all steps.

    Examples
    --------
    >>> from linreg_np import synthetic_data
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> fit(X, y, w=[0, 0], rng=0)
    Trajectory(300 steps in 3 epochs: w = [0, 0], b = 0 → w = [1.999, -3.4], b = 4.2)
    """
    settings = validate_arguments(X, y, lr, batch_size, epochs, w, b, rng)
    path = allocate(settings)
    X, y, w, b, lr, batch_size, epochs, rng = settings
    ws, bs, grads_w, grads_b = path
    t = 0
    with np.errstate(all="ignore"):
        for _epoch in range(epochs):
            for X_B, y_B in minibatches(X, y, batch_size, rng):
                grad_w, grad_b = gradient(X_B, y_B, w, b)
                w, b = sgd_step(w, b, grad_w, grad_b, lr)
                grads_w[t], grads_b[t], ws[t + 1], bs[t + 1] = grad_w, grad_b, w, b
                t += 1
                if not math.isfinite(grad_b):  # at the latest one step after w or b was not
                    return to_trajectory(settings, path, t)  # which raises DivergenceError
    return to_trajectory(settings, path, t)


class Settings(NamedTuple):
    """The validated arguments of `fit`."""

    X: RealArray
    y: RealArray
    w: Array
    b: float
    lr: float
    batch_size: int
    epochs: int
    rng: np.random.Generator

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.X) / self.batch_size)


class PathArrays(NamedTuple):
    """The arrays that record T steps: w (T+1, d), b (T+1,), grad_w (T, d), grad_b (T,)."""

    w: Array
    b: Array
    grad_w: Array
    grad_b: Array


def validate_arguments(
    X: ArrayLike,
    y: ArrayLike,
    lr: float,
    batch_size: int,
    epochs: int,
    w: ArrayLike | None,
    b: float,
    rng: Seed,
    *,
    check_values: bool = True,
) -> Settings:
    """Raise TypeError or ValueError for an invalid argument; for `check_values` see `check_X`."""
    X = check_X(X, check_values=check_values)
    y = check_y(y, len(X), check_values=check_values)
    lr, epochs = check_positive("lr", lr), check_positive_int("epochs", epochs)
    batch_size = check_positive_int("batch_size", batch_size, at_most=len(X))
    rng = check_rng(rng)
    dtype: type[np.floating] = np.float32 if X.dtype == y.dtype == np.float32 else np.float64
    w = rng.normal(0, 0.01, X.shape[1]) if w is None else check_weights(w, X.shape[1])
    with np.errstate(over="ignore"):  # what float32 cannot represent is refused as infinite
        start = np.append(w, check_number("b", b)).astype(dtype)
    check_finite("w", start[:-1])
    check_number("b", start[-1])
    return Settings(X, y, start[:-1], start[-1], lr, batch_size, epochs, rng)


def allocate(s: Settings) -> PathArrays:
    """Arrays for all steps, with the start in place; MemoryError if they do not fit in memory."""
    T, d, dtype = s.epochs * s.steps_per_epoch, len(s.w), s.w.dtype
    try:
        path = PathArrays(*(np.empty(shape, dtype) for shape in ((T + 1, d), T + 1, (T, d), T)))
    except (MemoryError, ValueError):
        raise MemoryError(
            f"the path of all epochs must fit in memory, got epochs={s.epochs}, which is {T} "
            "steps; train in parts, each from the last point of the one before"
        ) from None
    path.w[0], path.b[0] = s.w, s.b
    return path


def to_trajectory(s: Settings, path: PathArrays, t: int) -> Trajectory:
    """The path after t steps. If these are not all steps, or not finite: DivergenceError.

    ValueError if the reason is a value of X or y that has not been checked yet.
    """
    if not (np.isfinite(path.w[t]).all() and np.isfinite(path.b[t])):
        finite = np.isfinite(path.w[1 : t + 1]).all(axis=1) & np.isfinite(path.b[1 : t + 1])
        t = int(finite.argmin())
    ends = np.arange(s.steps_per_epoch, t + 1, s.steps_per_epoch)
    points = {"w": path.w[: t + 1], "b": path.b[: t + 1]}
    steps = {"grad_w": path.grad_w[:t], "grad_b": path.grad_b[:t]}
    trajectory = unchecked(Trajectory, **points, **steps, epoch_ends=ends)
    if t < len(path.grad_b):
        check_finite("X", s.X)
        check_finite("y", s.y)
        raise DivergenceError(trajectory, s.lr, max_lr(s.X))
    return trajectory
