"""§1.1 to §1.3f and the minimum of §2 in exact rational arithmetic.

Every float is a fraction, so nothing is rounded. The names are those of `linreg_np`; arguments are
arrays or nested lists, and results are `fractions.Fraction`s in lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias

Numbers: TypeAlias = Any  # a number, array or nested list of floats or, unlike ArrayLike, Fractions


def rationals(a: Numbers) -> Any:
    """Convert a number, or each number of nested lists, to the `Fraction` equal to it.

    NaN raises ValueError, and infinity OverflowError.

    >>> rationals([0.5, 0.1])
    [Fraction(1, 2), Fraction(3602879701896397, 36028797018963968)]
    """
    if hasattr(a, "__len__"):
        return [rationals(v) for v in a]
    return a if isinstance(a, Fraction) else Fraction(float(a))


def integers(*arrays: Numbers) -> tuple[Any, ...]:
    """Write all arrays as integers over one common denominator D; return them, and D.

    Sums of integers are faster than sums of fractions. Errors are those of `rationals`.

    >>> integers([0.5, 1.0], 0.25)
    ([2, 4], 1, 4)
    """
    ratios = [_ratios(a.tolist() if hasattr(a, "tolist") else a) for a in arrays]
    D = lcm(*(denominator for a in ratios for denominator in _denominators(a)))
    return (*(_times(D, a) for a in ratios), D)


def _ratios(a: Any) -> Any:
    """Replace each number by its (numerator, denominator)."""
    if hasattr(a, "__len__"):
        return [_ratios(v) for v in a]
    return (a if isinstance(a, Fraction) else float(a)).as_integer_ratio()


def _denominators(a: Any) -> set[int]:
    """Collect the denominators of nested ratios."""
    return {a[1]} if isinstance(a, tuple) else {d for v in a for d in _denominators(v)}


def _times(D: int, a: Any) -> Any:
    """Multiply nested ratios by D, a multiple of each denominator."""
    return D // a[1] * a[0] if isinstance(a, tuple) else [_times(D, v) for v in a]


def predict(X: Numbers, w: Numbers, b: Numbers) -> list[Fraction]:
    """ŷ = Xw + b   (§1.1b)

    >>> predict([[1, 2]], [3, 0.5], 1)
    [Fraction(5, 1)]
    """
    X, w, b, D = integers(X, w, b)
    return [Fraction(_dot(x, w) + b * D, D * D) for x in X]


def residual(y_hat: Numbers, y: Numbers) -> list[Fraction]:
    """ŷ − y   (for §1.2a)

    >>> residual([Fraction(1, 3)], [0])
    [Fraction(1, 3)]
    """
    return [p - t for p, t in zip(rationals(y_hat), rationals(y), strict=True)]


def squared_loss(y_hat: Numbers, y: Numbers) -> list[Fraction]:
    """l⁽ⁱ⁾ = ½ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)²   (§1.2a)

    >>> squared_loss([Fraction(1, 3)], [0])
    [Fraction(1, 18)]
    """
    return [r * r / 2 for r in residual(y_hat, y)]


def loss(X: Numbers, y: Numbers, w: Numbers, b: Numbers) -> Fraction:
    """L = (1/n) Σᵢ l⁽ⁱ⁾   (§1.2b)

    >>> loss([[1], [2]], [0, 0], [1], 0)
    Fraction(5, 4)
    """
    losses = squared_loss(predict(X, w, b), y)
    return sum(losses, Fraction()) / len(losses)


def gradient(X: Numbers, y: Numbers, w: Numbers, b: Numbers) -> tuple[list[Fraction], Fraction]:
    """∇w L = (1/n) Xᵀ(ŷ − y), ∂L/∂b = (1/n) Σᵢ (ŷ⁽ⁱ⁾ − y⁽ⁱ⁾)   (§1.3f)

    >>> gradient([[1], [2]], [0, 0], [1], 0)
    ([Fraction(5, 2)], Fraction(3, 2))
    """
    X, y, w, b, D = integers(X, y, w, b)
    n = len(y)
    r = [_dot(x, w) + (b - y_i) * D for x, y_i in zip(X, y, strict=True)]  # (ŷ − y) D²
    grad_w = [Fraction(_dot(x_j, r), n * D**3) for x_j in zip(*X, strict=True)]
    return grad_w, Fraction(sum(r), n * D**2)


def moments(X: Numbers, y: Numbers) -> tuple[list[Fraction], list[list[Fraction]]]:
    """z̄ and Σᵢ (z⁽ⁱ⁾ − z̄)(z⁽ⁱ⁾ − z̄)ᵀ, where z = (x, y)   (for §2)

    >>> moments([[1], [2]], [0, 4])[0]
    [Fraction(3, 2), Fraction(2, 1)]
    """
    Z = [*zip(*rationals(X), strict=True), rationals(y)]
    mean = [sum(z) / len(z) for z in Z]
    centred = [[v - m for v in z] for z, m in zip(Z, mean, strict=True)]
    return mean, [[_dot(a, c) for c in centred] for a in centred]


def minimum(X: Numbers, y: Numbers) -> tuple[list[Fraction], Fraction]:
    """w* and b*, where ∇L = 0: the normal equations, solved by elimination   (for §2)

    ValueError where the columns of [X 1] are linearly dependent: there are many minima.

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


def _dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    return sum(p * q for p, q in zip(a, b, strict=True))
