"""Least squares as a triangle (§2), made from data or from moments.

With X centred, every regression of n samples has the loss of a regression of d + 2 rows:

    L(w, b) = ½ (‖Rw − z‖² + ρ² + (x̄ᵀw + b − ȳ)²),   R (d, d) upper triangular,

which is ½ (‖Uθ − c‖² + ρ²) with U = [R 0; x̄ᵀ 1], θ = (w, b), c = (z, ȳ). From data the
triangle comes by QR, whose error grows with the condition number of X; from moments by Cholesky,
whose error grows with its square.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import Array
from linreg_np.surface.moments import Moments

EPS = float(np.finfo(np.float64).eps)


class Triangle(NamedTuple):
    """n, U (d+1, d+1), c (d+1,), ρ; and `blur`, the relative error of a column of R."""

    n: int
    U: Array
    c: Array
    rho: float
    blur: float

    @property
    def R(self) -> Array:
        """R (d, d), upper triangular."""
        return self.U[:-1, :-1]

    @property
    def x_mean(self) -> Array:
        """x̄ (d,)."""
        return self.U[-1, :-1]


def triangle_of_moments(m: Moments) -> Triangle:
    """S/n = [R z; 0 ρ]ᵀ[R z; 0 ρ], by Cholesky.

    An S that is singular, or rounded to no longer being positive, is scaled to a unit diagonal
    and taken by its eigenvectors instead.
    """
    blur = blur_of_moments(m)
    try:
        return _triangle(m.n, m.mean, np.linalg.cholesky(m.scatter, upper=True), blur)
    except np.linalg.LinAlgError:
        scale = np.sqrt(np.maximum(m.scatter.diagonal(), 0))
        scale *= scale > 2 * EPS * m.n**0.5 * abs(m.mean)  # as good as constant
        unit = scale + np.where(scale, 0, np.inf)
        λ, V = np.linalg.eigh(m.scatter / unit / unit[:, None])
        T = np.linalg.qr(np.sqrt(np.maximum(λ, 0))[:, None] * V.T).R
        return _triangle(m.n, m.mean, T * scale, blur)


def blur_of_moments(m: Moments) -> float:
    """The error is that of S, whose diagonal holds squares: a column is known to √ε only."""
    blur: float = math.sqrt(EPS * (m.d + math.sqrt(m.n)))
    return blur


def triangle_of_data(X: Array, y: Array, m: Moments) -> Triangle:
    """[1 X−x̄ y−ȳ] = Q · [√n … ; 0 [R z; 0 ρ]√n], block by block: each on top of the last triangle.

    The mean that is taken off is rounded; the column of ones sees to the rest. A column is known
    to ε(d + √n): roundings add up at random.
    """
    T: Array = np.zeros((m.d + 2, m.d + 2))
    for X_B, y_B in row_blocks(X, y):
        A = np.column_stack([np.ones(len(X_B)), X_B - m.mean[:-1], y_B - m.mean[-1]])
        T = np.linalg.qr(np.concatenate([T, A])).R
    mean = m.mean + T[0, 1:] / T[0, 0]
    return _triangle(m.n, mean, T[1:, 1:], EPS * (m.d + m.n**0.5))


def _triangle(n: int, mean: Array, T: Array, blur: float) -> Triangle:
    """Of T = [R z; 0 ρ]√n."""
    U = T / n**0.5
    c = U[:, -1].copy()
    rho, c[-1] = float(abs(c[-1])), mean[-1]
    U[-1], U[:, -1], U[-1, -1] = mean, 0, 1
    return Triangle(n, U, c, rho, blur)
