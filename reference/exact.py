"""§1.1 to §1.3f and the minimum of §2 in rational arithmetic: nothing is rounded.

Every float is a fraction. The names are those of `linreg_np`; the answers are `fractions.Fraction`.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any


def rationals(a: Any) -> Any:
    """The floats of a scalar, vector or matrix as the fractions that they are; fractions stay.

    Raises
    ------
    ValueError, OverflowError
        For NaN and infinity, which are no fractions.

    Examples
    --------
    >>> rationals([0.5, 0.1])
    [Fraction(1, 2), Fraction(3602879701896397, 36028797018963968)]
    """
    if hasattr(a, "__len__"):
        return [rationals(v) for v in a]
    return a if isinstance(a, Fraction) else Fraction(float(a))


def integers(*arrays: Any) -> tuple[Any, ...]:
    """Each array in whole numbers, as multiples of 1/D; and D: sums of these are exact and fast.

    Raises
    ------
    ValueError, OverflowError
        As `rationals`.

    Examples
    --------
    >>> integers([0.5, 1.0], 0.25)
    ([2, 4], 1, 4)
    """
    ratios = [_ratios(a.tolist() if hasattr(a, "tolist") else a) for a in arrays]
    D = lcm(*(denominator for a in ratios for denominator in _denominators(a)))
    return (*(_times(D, a) for a in ratios), D)


def _ratios(a: Any) -> Any:
    """(numerator, denominator) in place of each number."""
    if hasattr(a, "__len__"):
        return [_ratios(v) for v in a]
    return (a if isinstance(a, Fraction) else float(a)).as_integer_ratio()


def _denominators(a: Any) -> set[int]:
    """The denominators of ratios."""
    return {a[1]} if isinstance(a, tuple) else {d for v in a for d in _denominators(v)}


def _times(D: int, a: Any) -> Any:
    """The ratios times D, a multiple of each denominator."""
    return D // a[1] * a[0] if isinstance(a, tuple) else [_times(D, v) for v in a]


def predict(X: Any, w: Any, b: Any) -> list[Fraction]:
    """ŷ = Xw + b   (§1.1b)

    Parameters
    ----------
    X : (n, d)
    w : (d,)
    b : scalar

    Examples
    --------
    >>> predict([[1, 2]], [3, 0.5], 1)
    [Fraction(5, 1)]
    """
    X, w, b, D = integers(X, w, b)
    return [
        Fraction(sum(x_j * w_j for x_j, w_j in zip(x, w, strict=True)) + b * D, D * D) for x in X
    ]


def residual(y_hat: Any, y: Any) -> list[Fraction]:
    """ŷ − y, of fractions or floats   (for §1.2a)

    Examples
    --------
    >>> residual([Fraction(1, 3)], [0])
    [Fraction(1, 3)]
    """
    return [p - t for p, t in zip(rationals(y_hat), rationals(y), strict=True)]


def squared_loss(y_hat: Any, y: Any) -> list[Fraction]:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a)

    Examples
    --------
    >>> squared_loss([Fraction(1, 3)], [0])
    [Fraction(1, 18)]
    """
    return [r * r / 2 for r in residual(y_hat, y)]


def loss(X: Any, y: Any, w: Any, b: Any) -> Fraction:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)

    Examples
    --------
    >>> loss([[1], [2]], [0, 0], [1], 0)
    Fraction(5, 4)
    """
    return sum(squared_loss(predict(X, w, b), y)) / len(y)


def gradient(X: Any, y: Any, w: Any, b: Any) -> tuple[list[Fraction], Fraction]:
    """∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (§1.3f)

    Parameters
    ----------
    X : (n, d)
    y : (n,)
    w : (d,)
    b : scalar

    Returns
    -------
    grad_w : d fractions
    grad_b : Fraction

    Examples
    --------
    >>> gradient([[1], [2]], [0, 0], [1], 0)
    ([Fraction(5, 2)], Fraction(3, 2))
    """
    X, y, w, b, D = integers(X, y, w, b)
    n = len(y)
    r = [  # (ŷ − y) D²
        sum(x_j * w_j for x_j, w_j in zip(x, w, strict=True)) + (b - y_i) * D
        for x, y_i in zip(X, y, strict=True)
    ]
    columns = zip(*X, strict=True)
    grad_w = [
        Fraction(sum(x * r_i for x, r_i in zip(x_j, r, strict=True)), n * D**3) for x_j in columns
    ]
    return grad_w, Fraction(sum(r), n * D**2)


def moments(X: Any, y: Any) -> tuple[list[Fraction], list[list[Fraction]]]:
    """z̄ and Σᵢ (z⁽ⁱ⁾ − z̄)(z⁽ⁱ⁾ − z̄)ᵀ, z = (x, y)   (for §2)

    Examples
    --------
    >>> moments([[1], [2]], [0, 4])[0]
    [Fraction(3, 2), Fraction(2, 1)]
    """
    Z = [*zip(*rationals(X), strict=True), rationals(y)]
    mean = [sum(z) / len(z) for z in Z]
    centred = [[v - m for v in z] for z, m in zip(Z, mean, strict=True)]
    return mean, [[_dot(a, c) for c in centred] for a in centred]


def minimum(X: Any, y: Any) -> tuple[list[Fraction], Fraction]:
    """w* and b*, where ∇L = 0: the normal equations, by elimination   (for §2)

    Raises
    ------
    ValueError
        If the columns of [X 1] depend on each other: there are many minima.

    Examples
    --------
    >>> minimum([[0], [1], [2]], [1, 3, 6])
    ([Fraction(5, 2)], Fraction(5, 6))
    """
    mean, S = moments(X, y)
    d = len(mean) - 1
    rows = [[*S[j]] for j in range(d)]
    for j in range(d):
        pivot = next((r for r in rows[j:] if r[j]), None)
        if pivot is None:
            raise ValueError(f"column {j} of X must not depend on those before it and 1; drop it")
        rows.remove(pivot)
        rows = [
            [a - row[j] / pivot[j] * p for a, p in zip(row, pivot, strict=True)] for row in rows
        ]
        rows.insert(j, [p / pivot[j] for p in pivot])
    w = [row[d] for row in rows]
    return w, mean[d] - _dot(w, mean[:d])


def _dot(a: Any, b: Any) -> Any:
    return sum(p * q for p, q in zip(a, b, strict=True))
