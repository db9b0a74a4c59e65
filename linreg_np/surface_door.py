"""§2: what a LossSurface is given, checked."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

import numpy as np

from linreg_np.validation import Array, finite, number, positive, real_array, weights, whole


def checked(w: Any, b: Any, floor: Any, U: Any, n: Any, dependencies: Any) -> dict[str, Any]:
    """The parts of a surface, made by hand or not: arrays read-only, in float64.

    Raises
    ------
    TypeError, ValueError
    """
    w = weights(w)
    return {
        "w": _frozen(w),
        "b": number("b", b),
        "floor": positive("floor", floor, or_zero=True, way_out="the least loss"),
        "U": _frozen(_square("U", U, len(w) + 1)),
        "n": whole("n", n),
        "dependencies": _texts("dependencies", dependencies),
    }


def _frozen(a: Array) -> Array:
    """A read-only copy."""
    a = np.array(a, dtype=np.float64)
    a.setflags(write=False)
    return a


def _square(name: str, U: Any, q: int) -> Array:
    """U as a real, finite array of shape (q, q)."""
    a = real_array(name, U)
    if a.shape != (q, q):
        raise ValueError(
            f"{name} must have shape ({q}, {q}), a row and a column for each weight and one for "
            f"b, got {a.shape}; use LossSurface.from_data(X, y)"
        )
    finite(name, a)
    return a


def _texts(name: str, value: Any) -> tuple[str, ...]:
    """`value` as a tuple of str."""
    if not (isinstance(value, tuple | list) and all(isinstance(text, str) for text in value)):
        raise TypeError(f"{name} must be a tuple of str, got {reprlib.repr(value)}; pass ()")
    return tuple(value)


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
    try:
        i, j = map(operator.index, features)
    except Exception:  # not two, or no whole numbers, or whatever a foreign object raises
        i = j = 0
    if i == j or i not in range(d) or j not in range(d):
        raise ValueError(
            f"features must be two different numbers from 0 to {d - 1}, got "
            f"{reprlib.repr(features)}; pass e.g. features=(0, 1)"
        )
    return i, j
