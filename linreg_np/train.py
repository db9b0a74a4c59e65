"""§2: the loop. Predict, differentiate, step; and again."""

from __future__ import annotations

import math
from collections.abc import Iterable
from inspect import unwrap
from itertools import chain
from typing import Any

import numpy as np

from linreg_np._utils.validation import Array
from linreg_np.gradient import gradient
from linreg_np.sgd import minibatches, sgd_step
from linreg_np.tape import Tape, blank, checked, finished
from linreg_np.trajectory import Trajectory


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

    Minibatch SGD, b trained too (it is fixed in the picture alone): `epochs` times over the data,
    `batch_size` samples a step, every step recorded.

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
    job = checked(X, y, lr, batch_size, epochs, w, b, rng)
    tape = blank(job)
    batches = (minibatches(job.X, job.y, job.batch_size, job.rng) for _ in range(job.epochs))
    return finished(job, tape, _walk(chain.from_iterable(batches), job.lr, tape))


def _walk(batches: Iterable[tuple[Array, Array]], lr: float, tape: Tape, t: int = 0) -> int:
    """The loop, recorded, from step t up to the first value that is not finite: to which step.

    `unwrap` takes off `in_floats`: w, b and lr are floats, so all that meets them is.
    """
    ws, bs, grads_w, grads_b = tape
    w, b, grad, step = ws[t], bs[t], unwrap(gradient), unwrap(sgd_step)
    with np.errstate(all="ignore"):
        for X_B, y_B in batches:
            grad_w, grad_b = grad(X_B, y_B, w, b)
            w, b = step(w, b, grad_w, grad_b, lr)
            grads_w[t], grads_b[t], ws[t + 1], bs[t + 1] = grad_w, grad_b, w, b
            t += 1
            if not math.isfinite(grad_b):  # at the latest one step after w or b was not
                break
    return t
