"""Beyond §2: every step of SGD at once, the loop as a product of affine maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from linreg_np.sgd import _rows
from linreg_np.tape import Job, Tape, blank, checked, finished
from linreg_np.train import _walk
from linreg_np.trajectory import Trajectory
from linreg_np.validation import Array

NUMBERS = 1 << 18  # held at a time: a long training goes in pieces
FEW = 24  # so many maps are applied one by one sooner than in pairs


def fit_affine(
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
    """`fit`, without its loop: the same path, up to rounding, from the same arguments   (for §2)

    A step of §1.3g on a batch of m rows A = [X_B 1 −y_B] takes s = (w, b, 1) to

        s − (η/m) (AᵀA) s   (the last component aside, which stays 1):

    an affine map of θ = (w, b), a matrix T for s. T₂T₁ does two steps at once. So multiply the
    maps of the steps in pairs, all pairs in one call; that is a training of half as many steps,
    each twice as long. Solve that one in the same way, down to a few steps: it gives the states
    after steps 2, 4, 6, …, and from these one call more gives those after steps 1, 3, 5, …

    That makes about 2 log₂ T calls of NumPy in place of T rounds of Python, for (d+2)³ operations
    a step in place of 4m(d+1).
    """
    job = checked(X, y, lr, batch_size, epochs, w, b, rng)
    tape, t = blank(job), 0
    for B in _pieces(job):
        start, t = t, _leap(job, B, tape, t)
        if t < start + len(B):
            break
    return finished(job, tape, t)


def _pieces(job: Job) -> Iterator[Array]:
    """The batches as row numbers, (steps, m) at a time; −1 is no row, at the end of an epoch."""
    (n, d), m = job.X.shape, job.batch_size
    steps = max(1, NUMBERS // ((m + d + 2) * (d + 2)))
    together = max(1, steps // job.steps_per_epoch)
    for epoch in range(0, job.epochs, together):
        B = np.full((min(together, job.epochs - epoch), job.steps_per_epoch * m), -1)
        for order in B:
            order[:n] = job.rng.permutation(n)
        B = B.reshape(-1, m)
        yield from (B[i : i + steps] for i in range(0, len(B), steps))


def _leap(job: Job, B: Array, tape: Tape, t: int) -> int:
    """The steps on the batches B, recorded from step t on; up to which one, as `_walk` tells.

    Where numbers grow so large that a sum in the loop could overflow, the loop itself decides.
    """
    dtype, d = tape.w.dtype, len(job.w)
    s = np.concatenate([tape.w[t], [tape.b[t], 1.0]])
    with np.errstate(all="ignore"):
        F = _second_moments(job, B)
        growth = F.max() * B.shape[1] ** 2 * (d + 2)
        F[:, -1] = 0
        after = states(np.eye(d + 2) - float(dtype.type(job.lr)) * F, s)
        before = np.concatenate([s[None], after[:-1]])
        grad = _apply(F, before)
        if not np.abs(before).max() * growth < np.finfo(dtype).max / 4:
            batches = (B_i[B_i >= 0] for B_i in B)
            return _walk(((_rows(job.X, i), job.y[i]) for i in batches), job.lr, tape, t)
    T = t + len(B)
    tape.w[t + 1 : T + 1], tape.b[t + 1 : T + 1] = after[:, :d], after[:, d]
    tape.grad_w[t:T], tape.grad_b[t:T] = grad[:, :d], grad[:, d]
    return T


def _second_moments(job: Job, B: Array) -> Array:
    """(1/m) AᵀA of each batch, A = [X_B 1 −y_B], its own m where rows are missing."""
    d, rows = job.X.shape[1], B.ravel()
    X_B = np.ascontiguousarray(_rows(job.X, rows), np.float64)
    x = np.dtype((np.void, 8 * d))  # a row copied as one item, not as d of them
    A = np.empty(len(rows), [("x", x), ("one", np.float64), ("y", np.float64)])
    A["x"], A["one"], A["y"] = X_B.view(x)[:, 0], 1, job.y[rows]
    A["y"] *= -1
    A = A.view(np.float64).reshape(*B.shape, d + 2)
    m = B.shape[1]
    if len(job.X) % m:  # an epoch ends with a batch of fewer rows
        A[B < 0] = 0
        m = (B >= 0).sum(axis=1)[:, None, None]
    F: Array = A.transpose(0, 2, 1) @ A
    F /= m
    return F


def states(maps: Array, s: Array) -> Array:
    """s₁ = T₁ s, s₂ = T₂ s₁, …: the states after each of the maps, by multiplying these in pairs.

    Parameters
    ----------
    maps : (T, q, q)
    s : (q,)

    Returns
    -------
    (T, q)

    Examples
    --------
    >>> halve_and_add_one = np.array([[0.5, 1.0], [0.0, 1.0]])
    >>> states(np.stack([halve_and_add_one] * 3), np.array([8.0, 1.0]))[:, 0]
    array([5.  , 3.5 , 2.75])
    """
    if len(maps) <= FEW:
        return np.array([s := T.dot(s) for T in maps])
    out, half = np.empty(maps.shape[:2]), len(maps) // 2
    out[1::2] = states(maps[1::2] @ maps[: 2 * half : 2], s)
    out[0] = maps[0].dot(s)
    out[2::2] = _apply(maps[2::2], out[1:-1:2])
    return out


def _apply(maps: Array, s: Array) -> Array:
    """Each map to the state in the same place."""
    after: Array = (maps @ s[:, :, None])[:, :, 0]
    return after
