"""§1.3g and §1.3h: minibatch stochastic gradient descent, as pure functions.

Source: *Dive into Deep Learning*, eq. 3.1.10 and ch. 3.4 (`data_iter`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linreg_np._utils.types import Array, ArrayLike, RealArray
from linreg_np._utils.validation import convert_args_to_float


def minibatches(
    X: RealArray, y: RealArray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[RealArray, RealArray]]:
    """B₁ ∪ B₂ ∪ … = {1, …, n}, |B| = m   (for §1.3g)

    One epoch: the samples in random order, m at a time; the last batch holds the remainder. The
    order is one `rng.permutation(n)`, and the batches are copies.

    >>> X, y = np.arange(6.0).reshape(3, 2), np.arange(3.0)
    >>> [y_B for X_B, y_B in minibatches(X, y, 2, np.random.default_rng(0))]
    [array([2., 0.]), array([1.])]
    """
    order, contiguous = rng.permutation(len(y)), X.flags.c_contiguous
    for start in range(0, len(y), batch_size):
        B = order[start : start + batch_size]
        # take is X[B] and faster, but of an X that is not contiguous it copies all rows first
        yield X.take(B, axis=0) if contiguous else X[B], y[B]


@convert_args_to_float
def sgd_step(
    w: ArrayLike, b: ArrayLike, grad_w: ArrayLike, grad_b: ArrayLike, lr: ArrayLike
) -> tuple[Array, float]:
    """w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)   (§1.3g)
    b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)   (§1.3h)

    The sums over the minibatch B, divided by m, are `gradient(X_B, y_B, w, b)`: both are taken at
    the old w and b, and only then both are changed. Returns the new w and b.

    >>> sgd_step([1, 1], 0.5, [0.5, 0.5], 0.0, lr=0.5)
    (array([0.75, 0.75]), 0.5)
    """
    return w - lr * grad_w, b - lr * grad_b
