"""The lowest point for a few features (§2), in numbers of Python: over before NumPy has begun.

A call of NumPy takes as long as some twenty multiplications in Python, and for a few features no
step of least squares has more. So its loops are written out here: what `minimum.of_moments` does,
for the case in which nothing is in doubt.
"""

from __future__ import annotations

import math
from operator import mul

import numpy as np

from linreg_np.surface.minimum import Minimum
from linreg_np.surface.moments import Moments
from linreg_np.surface.triangle import EPS, Triangle, blur_of_moments

FEW = 8  # features; from ten on NumPy is faster


def of_few_features(m: Moments) -> tuple[Triangle, Minimum] | None:
    """`minimum.of_moments`; None if there are many features, or one may depend on others.

    S/n = [R z; 0 ρ]ᵀ[R z; 0 ρ] by Cholesky, then Rw = z from the last weight up, b = ȳ − x̄ᵀw.
    """
    if m.d > FEW:
        return None
    try:
        *R, z = cholesky(m.scatter.tolist(), math.sqrt(m.n))
    except (ValueError, ZeroDivisionError):  # S is singular, or rounded to no longer positive
        return None
    *x_mean, y_mean = m.mean.tolist()
    if not _clearly_independent(R, x_mean, blur := blur_of_moments(m)):
        return None
    *w, rho = z
    for j, column in reversed(list(enumerate(R))):
        w[j] /= column[-1]
        for i in range(j):
            w[i] -= w[j] * column[i]
    b = y_mean - sum(map(mul, x_mean, w))
    zeros = [0.0] * m.d
    columns = [[*r, *zeros[len(r) :], x] for r, x in zip(R, x_mean, strict=True)]
    U = np.array([*columns, [*zeros, 1.0]]).T
    t = Triangle(m.n, U, np.array([*z[:-1], y_mean]), rho, blur)
    return t, Minimum(np.array(w), b, rho * rho / 2, {})


def _clearly_independent(R: list[list[float]], x_mean: list[float], blur: float) -> bool:
    """Whether R's least singular value σ is over the norm of all errors.

    |det R| is the product of all d singular values. The others' mean square is at most
    ‖R‖²/(d−1), so under s² = ‖U‖²/(d−1), and so is the square of their geometric mean:
    |det R| ≤ σ sᵈ⁻¹.
    """
    size = math.hypot(1.0, *x_mean, *(r for column in R for r in column))
    s = size / math.sqrt(max(1, len(R) - 1))
    return (blur + 2 * EPS) * size < math.prod([column[-1] / s for column in R]) * s


def cholesky(S: list[list[float]], root: float) -> list[list[float]]:
    """The columns of the triangle T with S = TᵀT root², each down to the diagonal.

    Raises
    ------
    ValueError, ZeroDivisionError
        If S is not positive definite.

    Examples
    --------
    >>> cholesky([[4.0, 2.0], [2.0, 10.0]], 1.0)
    [[2.0], [1.0, 3.0]]
    """
    T: list[list[float]] = []
    for row in S:
        column: list[float] = []
        for above, s in zip(T, row):  # noqa: B905 (down to the diagonal)
            column.append((s - sum(map(mul, above, column))) / above[-1])
        square = row[len(T)] - sum(map(mul, column, column))
        T.append([*column, math.sqrt(square)])
    return [[x / root for x in column] for column in T]
