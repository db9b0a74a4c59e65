"""§2: the loop. Predict, differentiate, step; and again."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np

from linreg_np.gradient import gradient
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.surface import max_lr
from linreg_np.trajectory import DivergenceError, Trajectory
from linreg_np.validation import (
    Array,
    features,
    finite,
    generator,
    labels,
    number,
    positive,
    weights,
    whole,
)


def fit(
    X: Any,
    y: Any,
    *,
    lr: float = 0.03,
    batch_size: int = 10,
    epochs: int = 3,
    w: Any = None,
    b: float = 0.0,
    rng: Any = None,
) -> Trajectory:
    """the path of w on the surface L(w₁, w₂) at a fixed b   (§2)

    Minibatch SGD: `epochs` times over the data, `batch_size` samples a step, every step recorded.

    Parameters
    ----------
    X : (n, d)
        Features. Of a memory map, only the rows of each batch are read.
    y : (n,)
        Labels.
    lr : scalar
        η, the learning rate.
    batch_size : int
        m, from 1 to n. A shorter last batch is averaged over its own rows.
    epochs : int
    w : (d,), optional
        Where to start; from N(0, 0.01²) if not given.
    b : scalar
        The bias to start from.
    rng : numpy.random.Generator or seed
        First gives the start (if not given), then the order of the samples in each epoch.

    Returns
    -------
    Trajectory
        float32 where X and y are float32, float64 otherwise.

    Raises
    ------
    TypeError, ValueError
        For anything else; the message says what to pass.
    MemoryError
        If the path of all steps has no room.
    DivergenceError
        When a value is no longer finite. The path so far is in its `.trajectory`.

    Source: *Dive into Deep Learning*, ch. 3.

    Examples
    --------
    >>> from linreg_np import synthetic_data
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> fit(X, y, w=[0, 0], rng=0)
    Trajectory(300 steps in 3 epochs: w = [0, 0], b = 0 → w = [1.999, -3.4], b = 4.2)
    """
    X_ = features(X)
    y_ = labels(y, len(X_))
    lr, epochs = positive("lr", lr), whole("epochs", epochs)
    batch_size = whole("batch_size", batch_size, at_most=len(X_))
    rng = generator(rng)
    dtype = np.float32 if X_.dtype == y_.dtype == np.float32 else np.float64
    w0 = rng.normal(0, 0.01, X_.shape[1]) if w is None else weights(w, X_.shape[1])
    path = _walk(X_, y_, w0.astype(dtype), dtype(number("b", b)), lr, batch_size, epochs, rng)
    if path.steps < epochs * math.ceil(len(X_) / batch_size):
        finite("X", X_)  # a memory map may hold what the doors did not read
        finite("y", y_)
        raise DivergenceError(path, lr, max_lr(X_))
    return path


def _walk(
    X: Array, y: Array, w: Array, b: Any, lr: float, batch_size: int, epochs: int, rng: Any
) -> Trajectory:
    """The loop, recorded, up to the first value that is not finite."""
    per_epoch = math.ceil(len(X) / batch_size)
    T, d, t = epochs * per_epoch, X.shape[1], 0
    try:
        ws, bs = np.empty((T + 1, d), w.dtype), np.empty(T + 1, w.dtype)
        grad_ws, grad_bs = np.empty((T, d), w.dtype), np.empty(T, w.dtype)
    except (MemoryError, ValueError):
        raise MemoryError(
            f"epochs must leave room to record every step, got {epochs}, which is {T} steps; "
            "train in parts, each from the last point of the one before"
        ) from None
    ws[0], bs[0] = w, b
    with np.errstate(all="ignore"):
        batches = (minibatches(X, y, batch_size, rng) for _ in range(epochs))
        for X_B, y_B in chain.from_iterable(batches):
            grad_w, grad_b = gradient(X_B, y_B, w, b)
            w, b = sgd_step(w, b, grad_w, grad_b, lr)
            grad_ws[t], grad_bs[t], ws[t + 1], bs[t + 1] = grad_w, grad_b, w, b
            t += 1
            if not math.isfinite(grad_b):  # at the latest one step after w or b was not
                break
    finite_steps = np.isfinite(ws[1 : t + 1]).all(axis=1) & np.isfinite(bs[1 : t + 1])
    t = t if finite_steps.all() else int(finite_steps.argmin())
    ends = np.arange(per_epoch, t + 1, per_epoch)
    return Trajectory(ws[: t + 1], bs[: t + 1], grad_ws[:t], grad_bs[:t], ends)
