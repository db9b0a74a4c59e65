"""§2: what is asked of a training, checked, and the tape that records it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from linreg_np._utils.validation import (
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
from linreg_np.curvature import max_lr
from linreg_np.trajectory import DivergenceError, Trajectory


class Job(NamedTuple):
    """What `fit` is asked for, checked; T steps in all."""

    X: Array
    y: Array
    w: Array
    b: Any
    lr: float
    batch_size: int
    epochs: int
    rng: np.random.Generator
    steps_per_epoch: int


class Tape(NamedTuple):
    """Room for the path: w (T+1, d), b (T+1,), grad_w (T, d), grad_b (T,)."""

    w: Array
    b: Array
    grad_w: Array
    grad_b: Array


def checked(
    X: Any,
    y: Any,
    lr: Any,
    batch_size: Any,
    epochs: Any,
    w: Any,
    b: Any,
    rng: Any,
    *,
    read: bool = True,
) -> Job:
    """The arguments of `fit`, or the error that says what to pass; for `read` see `features`.

    Raises
    ------
    TypeError, ValueError
    """
    X = features(X, read=read)
    y = labels(y, len(X), read=read)
    lr, epochs = positive("lr", lr), whole("epochs", epochs)
    batch_size = whole("batch_size", batch_size, at_most=len(X))
    rng = generator(rng)
    dtype = np.float32 if X.dtype == y.dtype == np.float32 else np.float64
    w = rng.normal(0, 0.01, X.shape[1]) if w is None else weights(w, X.shape[1])
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        w, b = w.astype(dtype), dtype(number("b", b))
    finite("w", w)
    number("b", b)
    return Job(X, y, w, b, lr, batch_size, epochs, rng, math.ceil(len(X) / batch_size))


def blank(job: Job) -> Tape:
    """A tape for all the steps, which begins at the start.

    Raises
    ------
    MemoryError
        If so long a path has no room.
    """
    T, d, dtype = job.epochs * job.steps_per_epoch, len(job.w), job.w.dtype
    try:
        tape = Tape(*(np.empty(shape, dtype) for shape in ((T + 1, d), T + 1, (T, d), T)))
    except (MemoryError, ValueError):
        raise MemoryError(
            f"epochs must leave room to record every step, got {job.epochs}, which is {T} steps; "
            "train in parts, each from the last point of the one before"
        ) from None
    tape.w[0], tape.b[0] = job.w, job.b
    return tape


def finished(job: Job, tape: Tape, t: int) -> Trajectory:
    """The path that `tape` holds after t steps, if they are finite and all there are.

    Raises
    ------
    DivergenceError
        With the finite part.
    ValueError
        If X or y is not finite where the door did not read it.
    """
    if not (np.isfinite(tape.w[t]).all() and np.isfinite(tape.b[t])):  # nor is what follows it
        ok = np.isfinite(tape.w[1 : t + 1]).all(axis=1) & np.isfinite(tape.b[1 : t + 1])
        t = int(ok.argmin())
    ends = np.arange(job.steps_per_epoch, t + 1, job.steps_per_epoch)
    points = {"w": tape.w[: t + 1], "b": tape.b[: t + 1]}
    steps = {"grad_w": tape.grad_w[:t], "grad_b": tape.grad_b[:t]}
    path: Trajectory = Trajectory._of(**points, **steps, epoch_ends=ends)
    if t < len(tape.grad_b):
        finite("X", job.X)
        finite("y", job.y)
        raise DivergenceError(path, job.lr, max_lr(job.X))
    return path
