"""§1.3g and §1.3h: minibatch stochastic gradient descent. Pure functions: new values returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from linreg_np._utils.validation import Array, in_floats


def minibatches(
    X: Array, y: Array, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """B₁ ∪ B₂ ∪ … = {1, …, n}, |B| = m   (for §1.3g)

    One epoch: the samples in random order, m at a time. The last batch holds what is left.

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    batch_size : int
        m, from 1 to n.
    rng : numpy.random.Generator
        Gives the order by one `permutation(n)`.

    Yields
    ------
    X_B : (m, d)
    y_B : (m,)
        Copies of the rows of one batch; nothing else is read.

    Raises
    ------
    ValueError
        From `range`, for a batch_size of 0.

    Source: *Dive into Deep Learning*, ch. 3 (`data_iter`).

    Examples
    --------
    >>> X, y = np.arange(6.0).reshape(3, 2), np.arange(3.0)
    >>> [y_B for X_B, y_B in minibatches(X, y, 2, np.random.default_rng(0))]
    [array([2., 0.]), array([1.])]
    """
    order, rows = rng.permutation(len(y)), _rows_of(X)
    for start in range(0, len(y), batch_size):
        B = order[start : start + batch_size]
        yield rows(B), y[B]


def _rows_of(X: Array) -> Callable[[Array], Array]:
    """X[B] as a function of B; by `take`, which is faster where it need not copy all of X first."""
    return partial(X.take, axis=0) if X.flags.c_contiguous else X.__getitem__


@in_floats
def sgd_step(w: Any, b: Any, grad_w: Any, grad_b: Any, lr: Any) -> tuple[Any, Any]:
    """w ← w − (η/m) Σ_{i∈B} x⁽ⁱ⁾(wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)   (§1.3g)
    b ← b − (η/m) Σ_{i∈B} (wᵀx⁽ⁱ⁾ + b − y⁽ⁱ⁾)   (§1.3h)

    The sums over the minibatch B, divided by its own m, are `gradient(X_B, y_B, w, b)`: both are
    taken at the old w and b, and only then both are changed.

    Parameters
    ----------
    w : (d,)
    b : scalar
    grad_w : (d,)
    grad_b : scalar
    lr : scalar
        η, the learning rate.

    Returns
    -------
    w : (d,)
    b : scalar
        New values; the arguments are left as they were.

    Raises
    ------
    ValueError
        From NumPy, if w and grad_w differ in length.

    Source: *Dive into Deep Learning*, eq. 3.1.10.

    Examples
    --------
    >>> sgd_step([1, 1], 0.5, [0.5, 0.5], 0.0, lr=0.5)
    (array([0.75, 0.75]), 0.5)
    """
    return w - lr * grad_w, b - lr * grad_b
