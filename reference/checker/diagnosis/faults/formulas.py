"""What the wrong formulas are written with: functions of ordinary arrays or of `Terms`."""

from __future__ import annotations

from typing import Any

import numpy as np


def residual(X: Any, y: Any, w: Any, b: Any) -> Any:
    """ŷ − y"""
    return X @ w + b - y


def sums(X: Any, r: Any) -> Any:
    """Xᵀr, Σᵢ rᵢ"""
    return X.T @ r, r.sum()


def means(X: Any, r: Any) -> Any:
    """(1/n) Xᵀr, (1/n) Σᵢ rᵢ"""
    return X.T @ r / len(X), r.sum() / len(X)


def gradient(X: Any, y: Any, w: Any, b: Any) -> Any:
    """1.3f as it should be."""
    return means(X, residual(X, y, w, b))


def right_w(X: Any, y: Any, w: Any, b: Any) -> Any:
    """∇w L as it should be."""
    return gradient(X, y, w, b)[0]


def right_b(X: Any, y: Any, w: Any, b: Any) -> Any:
    """∂L/∂b as it should be."""
    return gradient(X, y, w, b)[1]


def gradient_sum(X: Any, y: Any, w: Any, b: Any) -> Any:
    """n times 1.3f: the sums without the 1/n."""
    return sums(X, residual(X, y, w, b))


def loss(X: Any, y: Any, w: Any, b: Any) -> Any:
    """1.2b as it should be."""
    return mean_square(residual(X, y, w, b))


def mean_square(r: Any, n: int = 0) -> Any:
    """½ (1/n) Σᵢ rᵢ², where n is the number of terms unless it is given."""
    return (r * r).sum() / (2 * (n or len(r)))


def step(w: Any, b: Any, lr: Any, g: Any) -> Any:
    """1.3g and 1.3h as they should be."""
    grad_w, grad_b = g(w, b)
    return w - lr * grad_w, b - lr * grad_b


def scale(pair: Any, c_w: Any, c_b: Any = None) -> Any:
    """The two parts of a gradient, both multiplied by c_w, or the second by c_b.

    Examples
    --------
    >>> scale((5.0, 1.0), 2), scale((5.0, 1.0), 2, 3)
    ((10.0, 2.0), (10.0, 3.0))
    """
    return c_w * pair[0], (c_w if c_b is None else c_b) * pair[1]


def add_decay(pair: Any, decay_w: Any, decay_b: Any = 0.0) -> Any:
    """A gradient plus the decay of its parameters."""
    return pair[0] + decay_w, pair[1] + decay_b


def mask_out(j: int, d: int) -> Any:
    """1 for each of d features but the j-th, which has 0.

    Examples
    --------
    >>> mask_out(0, 3).tolist()
    [0.0, 1.0, 1.0]
    """
    return 1.0 - np.eye(d)[j]


def replace(a: Any, j: int, number: Any) -> Any:
    """`a` with another number at index j."""
    keep = mask_out(j, len(a))
    return a * keep + number * (1 - keep)


def clip(a: Any, c: float) -> Any:
    """`a` limited to [−c, c]."""
    return np.minimum(np.maximum(a, -c), c)


def clip_norm(pair: Any, c: float) -> Any:
    """A gradient (grad_w, grad_b), shortened to the norm c where it is longer."""
    return scale(pair, shortening((pair[0] * pair[0]).sum() + pair[1] * pair[1], c))


def clip_norm_w(pair: Any, c: float) -> Any:
    """The same, of grad_w alone."""
    return scale(pair, shortening((pair[0] * pair[0]).sum(), c), 1)


def shortening(square: Any, c: float) -> Any:
    """What a vector with this square is multiplied by so that its norm is at most c."""
    return np.minimum(1.0, c / np.sqrt(square))


def bias_last(grad_w: Any, grad_b: Any) -> Any:
    """(grad_w, grad_b), read from a vector that has grad_b first as if it had it last."""
    return replace(grad_w[np.arange(1, len(grad_w) + 1) % len(grad_w)], -1, grad_b), grad_w[0]


def bias_first(grad_w: Any, grad_b: Any) -> Any:
    """(grad_w, grad_b), read from a vector that has grad_b last as if it had it first."""
    return replace(grad_w[np.arange(-1, len(grad_w) - 1)], 0, grad_b), grad_w[-1]
