"""§2: the training loop: minibatch, gradient, step, and again.

Source: *Dive into Deep Learning*, ch. 3.4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from linreg_np._utils.types import Array, ArrayLike, RealArray, Seed
from linreg_np._utils.validation import (
    check_data,
    check_finite,
    check_number,
    check_positive,
    check_positive_int,
    check_rng,
    check_weights,
    empty,
)
from linreg_np.curvature import max_lr
from linreg_np.gradient import gradient
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.trajectory import DivergenceError, Trajectory, recorded_path


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
    """Train by minibatch SGD and record every step. `Trajectory.plot` draws what is recorded:
    the path of w on the surface L(w₁, w₂) at a fixed b   (§2)

    (b is trained, too; it is fixed in the picture only.) X needs no column of ones. float32 if X
    and y are float32, float64 otherwise. `LossSurface.condition_number` says how slow it will be.

    Parameters
    ----------
    X, y : (n, d) and (n,)
        One feature may be x (n,), if w is a number or not given; the path is (T+1, 1) all the same.
        Of a memory map, only the rows of each batch are read (all, if training diverges).
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

    Warns
    -----
    DivergenceWarning
        If the loss at the end is over ten times that at the start, and over 100 times the lowest
        one possible. Of a memory map, the loss on its first rows decides.

    Examples
    --------
    >>> from linreg_np import synthetic_data
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> fit(X, y, w=[0, 0], rng=0)
    Trajectory(300 steps in 3 epochs: w = [0, 0], b = 0 → w = [1.999, -3.4], b = 4.2)
    """
    s = validate_arguments(X, y, lr, batch_size, epochs, w, b, rng)
    points, grads = allocate(s)
    w, b, t = s.start[:-1], s.start[-1], 0
    with np.errstate(all="ignore"):
        for _epoch in range(s.epochs):
            for X_B, y_B in minibatches(s.X, s.y, s.batch_size, s.rng):
                grad_w, grad_b = gradient(X_B, y_B, w, b)
                w, b = sgd_step(w, b, grad_w, grad_b, s.lr)
                grads[t, :-1], grads[t, -1] = grad_w, grad_b
                points[t + 1, :-1], points[t + 1, -1] = w, b
                t += 1
                if not math.isfinite(grad_b):  # at the latest one step after w or b was not
                    return to_trajectory(s, points, grads, t)  # which raises DivergenceError
    return to_trajectory(s, points, grads, t)


class Settings(NamedTuple):
    """The validated arguments of `fit`; start is (w, b)."""

    X: RealArray
    y: RealArray
    start: Array
    lr: float
    batch_size: int
    epochs: int
    rng: np.random.Generator

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.X) / self.batch_size)


def validate_arguments(
    X: ArrayLike,
    y: ArrayLike,
    lr: float,
    batch_size: int,
    epochs: int,
    w: ArrayLike | None,
    b: float,
    rng: Seed,
) -> Settings:
    """Raise TypeError or ValueError for an invalid argument; X and y are only read in training."""
    X, y = check_data(X, y, w)
    lr, epochs = check_positive("lr", lr), check_positive_int("epochs", epochs)
    batch_size = check_positive_int("batch_size", batch_size)
    if batch_size > len(X):
        raise ValueError(
            f"batch_size must be at most the number of samples, {len(X)}, got {batch_size}; pass "
            f"batch_size={len(X)} for full-batch descent"
        )
    rng = check_rng(rng)
    return Settings(X, y, start_of(X, y, w, b, rng), lr, batch_size, epochs, rng)


def start_of(
    X: RealArray, y: RealArray, w: ArrayLike | None, b: float, rng: np.random.Generator
) -> Array:
    """(w, b) in the precision of X and y; w is drawn if it is not given."""
    dtype: type[np.floating] = np.float32 if X.dtype == y.dtype == np.float32 else np.float64
    w = rng.normal(0, 0.01, X.shape[1]) if w is None else check_weights(w, X.shape[1])
    with np.errstate(over="ignore"):  # what float32 cannot represent is refused as infinite
        start = np.append(w, check_number("b", b)).astype(dtype)
    check_finite("w", start[:-1])
    check_number("b", start[-1])
    return start


def allocate(s: Settings) -> tuple[Array, Array]:
    """(w, b) before and after all T steps (T+1, d+1), from the start on; gradients (T, d+1)."""
    T, dtype = s.epochs * s.steps_per_epoch, s.start.dtype
    points = empty((T + 1, len(s.start)), dtype, epochs=s.epochs)
    points[0] = s.start
    return points, empty((T, len(s.start)), dtype, epochs=s.epochs)


def to_trajectory(s: Settings, points: Array, grads: Array, t: int) -> Trajectory:
    """The path after t steps. If these are not all steps, or not finite: DivergenceError.

    ValueError if the reason is a value of X or y. If the loss grew, a DivergenceWarning.
    """
    from linreg_np.surface.divergence import warn_if_loss_grew

    path = recorded_path(points[: t + 1], grads[:t], s.steps_per_epoch)
    if path.steps < len(grads):
        check_finite("X", s.X)
        check_finite("y", s.y)
        raise DivergenceError(path, s.lr, max_lr(s.X))
    return warn_if_loss_grew(path, s.X, s.y, s.lr, stacklevel=3)
