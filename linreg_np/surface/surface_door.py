"""§2: what a LossSurface is given, checked."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

import numpy as np

from linreg_np._utils.types import Array
from linreg_np._utils.validation import (
    as_real_array,
    check_finite,
    check_number,
    check_positive,
    check_positive_int,
    check_weights,
)


def checked(w: Any, b: Any, floor: Any, U: Any, n: Any, dependencies: Any) -> dict[str, Any]:
    """The parts of a surface made by hand; its arrays are copies in float64.

    Raises
    ------
    TypeError, ValueError
    """
    w = check_weights(w)
    return {
        "w": np.array(w, dtype=np.float64),
        "b": check_number("b", b),
        "floor": check_positive("floor", floor, or_zero=True, hint="the least loss"),
        "U": np.array(_square(U, len(w) + 1), dtype=np.float64),
        "n": check_positive_int("n", n),
        "dependencies": _texts(dependencies),
    }


def _square(U: Any, q: int) -> Array:
    """U as a real, finite array of shape (q, q)."""
    a = as_real_array("U", U)
    if a.shape != (q, q):
        raise ValueError(
            f"U must have shape ({q}, {q}), a row and a column for each weight and one for b, got "
            f" {a.shape}; use LossSurface.from_data(X, y)"
        )
    check_finite("U", a)
    return a


def _texts(value: Any) -> tuple[str, ...]:
    """The dependencies as a tuple of str."""
    if not (isinstance(value, tuple | list) and all(isinstance(text, str) for text in value)):
        raise TypeError(f"dependencies must be a tuple of str, got {reprlib.repr(value)}; pass ()")
    return tuple(value)


def points(w: Any, b: Any, d: int) -> Array:
    """θ = (w, b) as rows (..., d+1): w and b, broadcast.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> points([[1, 2], [3, 4]], 5, 2)
    array([[1., 2., 5.],
           [3., 4., 5.]])
    """
    w, b = as_real_array("w", w), as_real_array("b", b)
    if w.shape[-1:] != (d,):
        raise ValueError(
            f"w must have shape (..., {d}), one weight a feature, got {w.shape}; "
            "pass the points of a grid as rows"
        )
    try:
        shape = np.broadcast_shapes(w.shape[:-1], b.shape)
    except ValueError:
        raise ValueError(
            f"b must broadcast with the points of w, {w.shape[:-1]}, got {b.shape}; "
            "pass one b, or one a point"
        ) from None
    θ = np.empty((*shape, d + 1))
    θ[..., :d], θ[..., d] = w, b
    return θ


def values(name: str, a: Any) -> Array:
    """The values of one weight as a real, finite array of shape (k,).

    Raises
    ------
    TypeError, ValueError
    """
    k = as_real_array(name, a)
    if k.ndim != 1 or k.size == 0:
        raise ValueError(
            f"{name} must have shape (k,), the values of one weight, got {k.shape}; pass e.g. "
            "np.linspace(0, 5, 50)"
        )
    check_finite(name, k)
    return k


def two_features(d: int, features: Any) -> tuple[int, int]:
    """The numbers of two different features, of d.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> two_features(3, [0, 2])
    (0, 2)
    """
    if d < 2:
        raise ValueError(f"a grid must be one of two features, got a surface of {d}; use loss")
    try:
        i, j = (operator.index([] if isinstance(k, bool | np.bool) else k) for k in features)
    except Exception:  # not two, no whole numbers (a bool is none), or what a foreign object raises
        i = j = 0
    if i == j or i not in range(d) or j not in range(d):
        raise ValueError(
            f"features must be two different numbers from 0 to {d - 1}, got "
            f"{reprlib.repr(features)}; pass e.g. features=(0, 1)"
        )
    return i, j
