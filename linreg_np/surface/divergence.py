"""§2: whether a training diverged although no number overflowed: the loss grew.

The rule: the loss at the end is over ten times the larger one of the loss at the start and ten
times the lowest loss. The lowest, because a path that starts there, as one that continues a
training does, can only go up: minibatches keep it moving around the minimum.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np

from linreg_np._utils.blocks import is_memory_map, row_blocks
from linreg_np._utils.frozen import unchecked
from linreg_np._utils.types import RealArray
from linreg_np.curvature import max_lr
from linreg_np.loss import squared_loss
from linreg_np.model import predict
from linreg_np.surface.least_squares import fit_data
from linreg_np.trajectory import DivergenceWarning, Trajectory, divergence_advice

TENFOLD = 10


def warn_if_loss_grew(
    path: Trajectory, X: RealArray, y: RealArray, lr: float, stacklevel: int
) -> Trajectory:
    """The path that a training recorded, after a warning if it diverged.

    Usually that costs two losses. Of a memory map these are taken on the first block of rows, and
    all rows are read only for the warning.
    """
    X_B, y_B = next(row_blocks(X, y)) if is_memory_map(X) else (X, y)
    losses = tuple(loss_in_blocks(X_B, y_B, *path[t]) for t in (0, -1))
    lowest = lambda: lowest_loss(X_B, y_B, path)  # noqa: E731
    return warn_if_diverged(path, losses, lowest, lr, lambda: max_lr(X), stacklevel + 1)


def warn_if_diverged(
    path: Trajectory,
    losses: tuple[float, ...],
    min_loss: Callable[[], float],
    lr: float,
    max_lr: Callable[[], float],
    stacklevel: int,
) -> Trajectory:
    """The path; if the loss at its start and its end says so, marked as diverged, after a warning.

    What is passed as a function is computed only where it is needed.
    """
    first, last = losses
    if last <= TENFOLD * first or last <= TENFOLD**2 * min_loss():  # a loss of NaN is divergence
        return path
    text = f"training diverged: the loss was {first:.3g} at the start and {last:.3g} at the end. "
    advice = divergence_advice(lr, max_lr())
    warnings.warn(text + advice, DivergenceWarning, stacklevel=stacklevel + 1)
    return unchecked(Trajectory, **vars(path) | {"diverged": True})


def loss_in_blocks(X: RealArray, y: RealArray, w: RealArray, b: float) -> float:
    """L, without a copy of the data as floats."""
    with np.errstate(all="ignore"):
        blocks = row_blocks(X, y)
        total = sum(squared_loss(predict(X_B, w, b), y_B).sum() for X_B, y_B in blocks)
        return float(total / len(y))


def lowest_loss(X: RealArray, y: RealArray, path: Trajectory) -> float:
    """The minimum of L, or what rounding makes of a smaller one."""
    w, b = path[0]
    terms = largest(X) * abs(w).sum() + abs(b) + largest(y)
    rounding = 10 * float(np.finfo(w.dtype).eps) * float(terms)
    try:
        lowest = fit_data(X, y).min_loss
    except ValueError:  # squares overflow
        return 0.0
    return max(lowest if math.isfinite(lowest) else 0.0, float(squared_loss(rounding, 0.0)))


def largest(a: RealArray) -> float:
    """max |aᵢ|, without a copy of a."""
    return max(float(a.max()), -float(a.min()))
