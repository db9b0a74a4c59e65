"""Beyond §2: all steps of SGD at once, the loop as a product of affine maps.

Source: G. E. Blelloch, *Prefix Sums and Their Applications* (1990), §1.4.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.types import Array, ArrayLike, Seed
from linreg_np.train import Settings, allocate, fit, to_trajectory, validate_arguments
from linreg_np.trajectory import Trajectory

NUMBERS = 1 << 16  # in memory at a time: a long training is computed in chunks
MIN_PAIRED = 25  # for fewer maps, applying them one by one is faster than in pairs


def fit_affine(
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
    """`fit`, without its loop: the same path, up to rounding, from the same arguments   (for §2)

    A step of §1.3g on a batch of m rows takes θ = (w, b), with A = [X_B 1], to

        θ − (η/m) Aᵀ(Aθ − y_B) = (1 − (η/m) AᵀA) θ + (η/m) Aᵀy_B,

    an affine map of θ, and so a matrix T for (w, b, −1). T₂T₁ does two steps at once. So multiply
    the maps of the steps in pairs, all pairs in one call: that is a training of half as many
    steps, each twice as long. Solve it in the same way, down to a few steps. It gives the states
    after steps 2, 4, 6, …, and from these one call more gives those after steps 1, 3, 5, …

    That makes about 2 log₂ T calls of NumPy in place of T rounds of Python, for 2(d+2)³ operations
    a step more than the 4m(d+1) of the loop. `fit` is faster from about d = 20 for batches of one
    sample, d = 35 for 10 to 32 and d = 25 for 100 (on two cores, NumPy 2.4).

    Parameters, errors and warnings as in `fit`.
    Arithmetic is float64, rounded to float32 at the end where X and y are float32; how far the
    path may be from that of `fit` is derived in `reference.rounding.products_bound`. Large
    trainings are computed in chunks of bounded memory, and of a memory map only the rows of a
    chunk are read. Where a number overflows, `fit` decides, so that divergence is found at the
    same step.

    Examples
    --------
    >>> from linreg_np import synthetic_data
    >>> X, y = synthetic_data([2, -3.4], 4.2, 1000, rng=0)
    >>> fit_affine(X, y, w=[0, 0], rng=0)
    Trajectory(300 steps in 3 epochs: w = [0, 0], b = 0 → w = [1.999, -3.4], b = 4.2)
    """
    s = validate_arguments(X, y, lr, batch_size, epochs, w, b, rng)
    points, grads = allocate(s)
    t, rng_before = 0, s.rng.bit_generator.state
    for B in _chunks(s):
        T = t + len(B)
        _apply_chunk(s, B, points[t : T + 1], grads[t:T])
        if not (np.isfinite(points[t : T + 1]).all() and np.isfinite(grads[t:T]).all()):
            s.rng.bit_generator.state = rng_before
            w, b, rng = s.start[:-1], s.start[-1], s.rng
            return fit(X, y, lr=lr, batch_size=batch_size, epochs=epochs, w=w, b=b, rng=rng)
        t = T
    return to_trajectory(s, points, grads, t)


def _chunks(s: Settings) -> Iterator[NDArray[np.intp]]:
    """The batches as row numbers, (steps, m) at a time; −1 is no row, at the end of an epoch."""
    (n, d), m = s.X.shape, s.batch_size
    steps = max(1, NUMBERS // ((m + d + 2) * (d + 2)))
    epochs_at_once = max(1, steps // s.steps_per_epoch)
    padding = np.full(-n % m, -1)
    for epoch in range(0, s.epochs, epochs_at_once):
        epochs = range(epoch, min(epoch + epochs_at_once, s.epochs))
        B = np.concatenate([a for _ in epochs for a in (s.rng.permutation(n), padding)])
        B = B.reshape(-1, m)
        yield from (B[i : i + steps] for i in range(0, len(B), steps))


def _apply_chunk(s: Settings, B: NDArray[np.intp], points: Array, grads: Array) -> None:
    """Record the steps on the batches B, from the first of the points on."""
    with np.errstate(all="ignore"):
        G, m = _second_moments(s, B)
        start = np.append(points[0], -1.0)
        after = prefix_states(_maps(G, float(points.dtype.type(s.lr)) / m), start)
        before = np.concatenate([start[None], after[:-1]])
        points[1:], grads[:] = after[:, :-1], _apply(G, before) / m


def _second_moments(s: Settings, B: NDArray[np.intp]) -> tuple[Array, NDArray[np.integer]]:
    """[X_B 1]ᵀ[X_B 1 y_B] of each batch (T, d+1, d+2), and how many rows it has (T, 1)."""
    A = np.empty((*B.shape, s.X.shape[1] + 2))
    A[..., :-2], A[..., -2], A[..., -1] = s.X[B], 1, s.y[B]
    A[B < 0] = 0
    return A[:, :, :-1].transpose(0, 2, 1) @ A, (B >= 0).sum(axis=1, keepdims=True)


def _maps(G: Array, rate: Array) -> Array:
    """1 − (η/m) [X_B 1]ᵀ[X_B 1 y_B], and a last row that leaves the last component as it is."""
    T, _, q = G.shape
    maps = np.zeros((T, q, q))
    np.multiply(G, -rate[:, :, None], out=maps[:, :-1])
    maps.reshape(T, -1)[:, :: q + 1] += 1
    return maps


def prefix_states(maps: Array, s: Array) -> Array:
    """s₁ = T₁ s, s₂ = T₂ s₁, …: the states (T, q) after each map (T, q, q), multiplied in pairs.

    >>> halve_and_add_one = np.array([[0.5, 1.0], [0.0, 1.0]])
    >>> prefix_states(np.stack([halve_and_add_one] * 3), np.array([8.0, 1.0]))[:, 0]
    array([5.  , 3.5 , 2.75])
    """
    if len(maps) < MIN_PAIRED:
        return np.array([s := T.dot(s) for T in maps])
    states, half = np.empty(maps.shape[:2]), len(maps) // 2
    states[1::2] = prefix_states(maps[1::2] @ maps[: 2 * half : 2], s)
    states[0] = maps[0].dot(s)
    states[2::2] = _apply(maps[2::2], states[1:-1:2])
    return states


def _apply(maps: Array, s: Array) -> Array:
    """Each map applied to the state in the same place."""
    return (maps @ s[:, :, None])[:, :, 0]
