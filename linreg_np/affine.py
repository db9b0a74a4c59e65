"""Beyond §2: every step of SGD at once, the loop as a product of affine maps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from linreg_np._utils.validation import Array
from linreg_np.sgd import _rows_of
from linreg_np.tape import Job, Tape, blank, checked, finished
from linreg_np.train import _walk
from linreg_np.trajectory import Trajectory

NUMBERS = 1 << 16  # held at a time: a long training goes in pieces
FEW = 24  # up to so many maps, one by one is faster than in pairs


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

    A step of §1.3g on a batch of m rows takes θ = (w, b), with A = [X_B 1], to

        θ − (η/m) Aᵀ(Aθ − y_B) = (1 − (η/m) AᵀA) θ + (η/m) Aᵀy_B,

    an affine map of θ, and so a matrix T for (w, b, −1). T₂T₁ does two steps at once. So multiply
    the maps of the steps in pairs, all pairs in one call: that is a training of half as many
    steps, each twice as long. Solve it in the same way, down to a few steps. It gives the states
    after steps 2, 4, 6, …, and from these one call more gives those after steps 1, 3, 5, …

    That makes about 2 log₂ T calls of NumPy in place of T rounds of Python, for 2(d+2)³ operations
    a step more than the 4m(d+1) of the loop. These take over from about d = 20 for batches of one
    sample, d = 35 for 10 to 32 and d = 25 for 100 (on two cores, NumPy 2.4): beyond, `fit` is
    faster.

    Parameters, Returns and Raises as in `fit`; X and y are questioned as they are met. Arithmetic
    is float64, rounded to float32 at the end where X and y are float32; how far the path may be
    from that of `fit` is derived in `reference.rounding.products_bound`. Large trainings go in
    pieces of bounded memory, and of a memory map only the rows of a piece are read. Where numbers
    come near to overflow the loop of `fit` is followed, so that divergence is at the same step.

    Source: affine maps by G. E. Blelloch, *Prefix Sums and Their Applications* (1990), §1.4.

    Examples
    --------
    >>> from linreg_np import synthetic_data
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> fit_affine(X, y, w=[0, 0], rng=0)
    Trajectory(300 steps in 3 epochs: w = [0, 0], b = 0 → w = [1.999, -3.4], b = 4.2)
    """
    job = checked(X, y, lr, batch_size, epochs, w, b, rng, read=False)
    tape, t = blank(job), 0
    for B in _pieces(job):
        t = _leap(job, B, tape, t)
        if not np.isfinite(tape.b[t]):  # also in the last step of a piece, and in its only one
            break
    return finished(job, tape, t)


def _pieces(job: Job) -> Iterator[Array]:
    """The batches as row numbers, (steps, m) at a time; −1 is no row, at the end of an epoch."""
    (n, d), m = job.X.shape, job.batch_size
    steps = max(1, NUMBERS // ((m + d + 2) * (d + 2)))
    together = max(1, steps // job.steps_per_epoch)
    none = np.full(-n % m, -1)
    for epoch in range(0, job.epochs, together):
        epochs = range(epoch, min(epoch + together, job.epochs))
        B = np.concatenate([a for _ in epochs for a in (job.rng.permutation(n), none)])
        B = B.reshape(-1, m)
        yield from (B[i : i + steps] for i in range(0, len(B), steps))


def _leap(job: Job, B: Array, tape: Tape, t: int) -> int:
    """The steps on the batches B, recorded from step t on; up to which one, as `_walk` tells.

    Where numbers grow so large that a sum in the loop could overflow, the loop itself decides.
    """
    dtype, d, T = tape.w.dtype, len(job.w), t + len(B)
    s = np.concatenate([tape.w[t], [tape.b[t], -1.0]])
    with np.errstate(all="ignore"):
        G, m, largest = _second_moments(job, B)
        after = states(_maps(G, float(dtype.type(job.lr)) / m), s)
        before = np.concatenate([s[None], after[:-1]])
        if not np.abs(before).max() * largest * B.shape[1] * (d + 2) < np.finfo(dtype).max / 4:
            rows, batches = _rows_of(job.X), (B_i[B_i >= 0] for B_i in B)
            return _walk(((rows(i), job.y[i]) for i in batches), job.lr, tape, t)
        grad = _apply(G, before) / m
        tape.w[t + 1 : T + 1], tape.b[t + 1 : T + 1] = after[:, :d], after[:, d]
        tape.grad_w[t:T], tape.grad_b[t:T] = grad[:, :d], grad[:, d]
    return T


def _second_moments(job: Job, B: Array) -> tuple[Array, Array, Any]:
    """[X_B 1]ᵀ[X_B 1 y_B] of each batch (T, d+1, d+2), how many rows it has, and a bound.

    The rows are (T, 1) or, if the same in all, (1, 1). No product of two numbers in a row is
    larger than the bound.
    """
    d, rows = job.X.shape[1], B.ravel()
    X_B, y_B = np.ascontiguousarray(_rows_of(job.X)(rows), np.float64), job.y[rows]
    x = np.dtype((np.void, 8 * d))  # a row copied as one item, not as d of them
    A = np.empty(len(rows), [("x", x), ("one", np.float64), ("y", np.float64)])
    A["x"], A["one"], A["y"] = X_B.view(x)[:, 0], 1, y_B
    A = A.view(np.float64).reshape(*B.shape, d + 2)
    m = np.array([[B.shape[1]]])
    if len(job.X) % B.shape[1]:  # an epoch ends with a batch of fewer rows
        A[B < 0] = 0
        m = (B >= 0).sum(axis=1, keepdims=True)
    G = A[:, :, :-1].transpose(0, 2, 1) @ A
    largest = G.max()
    return G, m, max(largest, largest**0.5 * abs(y_B).max())


def _maps(G: Array, rate: Array) -> Array:
    """1 − (η/m) [X_B 1]ᵀ[X_B 1 y_B], and a last row that leaves the last component as it is."""
    T, _, q = G.shape
    maps = np.zeros((T, q, q))
    np.multiply(G, -rate[:, :, None], out=maps[:, :-1])
    maps.reshape(T, -1)[:, :: q + 1] += 1
    return maps


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
