"""Sums and products in twice the precision: what rounding loses is kept beside the result.

A pair (s, e) stands for s + e, and no operation below loses more than about u² = 2⁻¹⁰⁶ of the
sum of absolute values. From ordinary float64 operations alone, so the same on every machine.
Source: T. Ogita, S. M. Rump, S. Oishi, *Accurate Sum and Dot Product*, SIAM J. Sci. Comput. 26
(2005).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = TypeVar("Floats", float, NDArray[np.floating])

SPLITTER = 2.0**27 + 1  # cuts the 53 bits of a float64 into 26 and 26, which multiply exactly


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a + b = s + e, exactly: s is the rounded sum and e what was lost   (Knuth).

    Examples
    --------
    >>> two_sum(1.0, 2.0**-60)
    (1.0, 8.673617379884035e-19)
    """
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a · b = p + e, exactly, unless it overflows or underflows   (Dekker).

    Examples
    --------
    >>> two_product(1 + 2.0**-30, 1 - 2.0**-30)
    (1.0, -8.673617379884035e-19)
    """
    p, (a, a_low), (b, b_low) = a * b, _halves(a), _halves(b)
    return p, ((a * b - p) + a * b_low + a_low * b) + a_low * b_low


def _halves(a: Floats) -> tuple[Floats, Floats]:
    c = SPLITTER * a
    high = c - (c - a)
    return high, a - high


def sum2(a: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Σᵢ aᵢ over the first axis, as s + e.

    The first half of the terms is added to the second, and again, and what each sum loses is
    added up beside it.

    Examples
    --------
    >>> s, e = sum2(np.array([1.0, 1e100, 1.0, -1e100]))
    >>> float(s + e)
    2.0
    """
    e = np.zeros(a.shape[1:])
    while len(a) > 1:
        half = len(a) // 2
        s, lost = two_sum(a[:half], a[half : 2 * half])
        a, e = np.concatenate([s, a[2 * half :]]), e + lost.sum(axis=0)
    return a[0], e


def dot2(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Σᵢ aᵢ bᵢ over the first axis, as s + e.

    Examples
    --------
    >>> s, e = dot2(np.array([1e8 + 1, 1e8]), np.array([1e8 - 1, -1e8]))  # 10¹⁶ − 1 − 10¹⁶
    >>> float(s + e)
    -1.0
    """
    p, lost = two_product(a, b)
    s, e = sum2(p)
    return s, e + lost.sum(axis=0)
