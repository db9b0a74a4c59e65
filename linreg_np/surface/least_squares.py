"""§2: the lowest point of the loss, by least squares from data or from moments.

With X centred, every regression of n samples has the loss of a regression of d + 2 rows:

    L(w, b) = ½ (‖Rw − z‖² + ρ² + (x̄ᵀw + b − ȳ)²),   R (d, d),

which is min_loss + ½‖U(θ − θ*)‖² with U = [R 0; x̄ᵀ 1], θ = (w, b). From data, the triangle
T = √n [R z; 0 ρ] comes by QR, whose error grows with the condition number of X; from moments by
a square root of the scatter matrix, whose error grows with the square of that number.

Source: Å. Björck, *Numerical Methods for Least Squares Problems*, ch. 2; of the refinement
G. H. Golub, J. H. Wilkinson, *Note on the Iterative Refinement of Least Squares Solution*,
Numer. Math. 9 (1966).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import RealArray
from linreg_np._utils.validation import refuse_overflow
from linreg_np.loss import squared_loss
from linreg_np.surface.compensated import dot2, two_sum
from linreg_np.surface.moments import Moments

EPS = float(np.finfo(np.float64).eps)


class Minimum(NamedTuple):
    """w* (d,), b*, L(w*, b*) of n samples; U (d+1, d+1), and R⁺ (d, d) and the rank of its R."""

    n: int
    w: NDArray[np.floating]
    b: float
    min_loss: float
    U: NDArray[np.floating]
    R_inverse: NDArray[np.floating]
    rank: int


@np.errstate(all="ignore")
def fit_data(X: RealArray, y: RealArray) -> Minimum:
    """By QR in one pass, and then two steps of Newton, a pass each, which undo its rounding.

    A column of T is known to ε(d + √n) of itself: roundings add up at random.

    Raises
    ------
    ValueError
        If X, y are not finite, or so large that a square overflows.
    """
    n, d = X.shape
    mean, T = _triangle_of_data(X, y)
    if not np.isfinite(T.T @ T).all():
        refuse_overflow(X=X, y=y)
    precision: Any = X.dtype if X.dtype.kind == "f" else float
    u = float(np.finfo(precision).eps) / 2
    return newton(X, y, newton(X, y, solve(n, mean, T, EPS * (d + math.sqrt(n)), u)))


@np.errstate(all="ignore")
def fit_moments(m: Moments) -> Minimum:
    """The diagonal of S holds squares: a column of T is known to √ε only."""
    rel_error = math.sqrt(EPS * (m.d + math.sqrt(m.n)))
    return solve(m.n, m.mean, _triangle_of_moments(m), rel_error, EPS / 2)


def _triangle_of_data(
    X: RealArray, y: RealArray
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """(x̄, ȳ), and T of [1 X y] = Q · [√n √n(x̄, ȳ); 0 T], block by block below the last triangle.

    The mean of the first block is taken off all rows; the column of ones finds what is left.
    """
    X_1, y_1 = next(row_blocks(X, y))
    shift = np.append(X_1.mean(axis=0, dtype=np.float64), y_1.mean(dtype=np.float64))
    T = np.zeros((X.shape[1] + 2, X.shape[1] + 2))
    for X_B, y_B in row_blocks(X, y):
        A = np.column_stack([np.ones(len(y_B)), X_B - shift[:-1], y_B - shift[-1]])
        T = qr_triangle(np.concatenate([T, A]))
    return shift + T[0, 1:] / T[0, 0], T[1:, 1:]


def _triangle_of_moments(m: Moments) -> NDArray[np.floating]:
    """T of S = TᵀT, by the eigenvectors of S scaled to a unit diagonal."""
    size = np.sqrt(m.scatter.diagonal().clip(0))
    size[size <= 2 * EPS * math.sqrt(m.n) * abs(m.mean)] = 0  # as good as constant
    unit = np.where(size > 0, size, np.inf)
    λ, V = np.linalg.eigh(m.scatter / unit / unit[:, None])
    T = qr_triangle(np.sqrt(λ.clip(0))[:, None] * V.T)
    T *= size
    return T


def qr_triangle(A: NDArray[np.floating]) -> NDArray[np.floating]:
    """R of A = QR."""
    return np.asarray(np.linalg.qr(A, mode="r"))


def solve(
    n: int, mean: NDArray[np.floating], T: NDArray[np.floating], rel_error: float, u: float
) -> Minimum:
    """Rw = z, b = ȳ − x̄ᵀw, min_loss = ½ρ²: of all w that solve it, the one of least norm.

    There are many where columns of X, a column of ones among them, depend on each other. The
    directions in which the loss is flat up to rounding are taken out of R.
    """
    T = T / math.sqrt(n)
    R, z, x_mean = T[:-1, :-1], T[:-1, -1], mean[:-1]
    spread = np.hypot.reduce(R)
    error = rel_error * spread + 4 * u * np.hypot(spread, x_mean)
    error[error == 0] = error.max() or 1  # a column of zeros: any unit will do
    R_inverse, flat = pseudo_inverse(R, error)
    R = R - (R @ flat) @ flat.T
    w = R_inverse @ z
    ρ = np.linalg.norm(np.append(R @ w - z, T[-1, -1]))
    U = np.zeros_like(T)
    U[:-1, :-1], U[-1, :-1], U[-1, -1] = R, x_mean, 1
    b = float(mean[-1] - x_mean.dot(w))
    rank = len(w) - flat.shape[1]
    return Minimum(n, w, b, float(squared_loss(ρ, 0.0)), U, R_inverse, rank)


def pseudo_inverse(
    R: NDArray[np.floating], error: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """R⁺, and an orthonormal basis (d, d − rank) of the w for which Rw is nothing but error.

    In units of the error of each column, a matrix of errors alone has a norm of √d at most: no
    singular value below that can be told from zero.

    Examples
    --------
    >>> R_inverse, flat = pseudo_inverse(np.array([[3.0, 3.0], [0.0, 0.0]]), np.full(2, 1e-15))
    >>> np.round(R_inverse @ [6.0, 0.0], 9), np.round(abs(flat[:, 0]), 3)
    (array([1., 1.]), array([0.707, 0.707]))
    """
    Q, σ, Vt = np.linalg.svd(R / error)
    rank = int((σ > math.sqrt(len(R))).sum())
    flat = np.linalg.qr(Vt[rank:].T / error[:, None]).Q
    R_inverse = (Vt[:rank].T / σ[:rank]) @ Q[:, :rank].T / error[:, None]
    return R_inverse - flat @ (flat.T @ R_inverse), flat


def newton(X: RealArray, y: RealArray, at: Minimum) -> Minimum:
    """θ ← θ − H⁻¹∇L(θ): from anywhere to the minimum, were nothing rounded.

    ∇L is taken in twice the precision. Each step then leaves, of the error, no more than what
    the rounding of H makes of it, and lowers L by ½ ∇Lᵀ H⁻¹ ∇L.
    """
    grad_w, grad_b, L = gradient2(X, y, at.w, at.b)
    x_mean = at.U[-1, :-1]
    v = at.R_inverse.T @ (grad_w - grad_b * x_mean)
    step = at.R_inverse @ v
    lower = squared_loss(np.linalg.norm(np.append(v, grad_b)), 0.0)
    b = at.b - float(grad_b - x_mean @ step)
    return at._replace(w=at.w - step, b=b, min_loss=max(0.0, float(L - lower)))


def gradient2(
    X: RealArray, y: RealArray, w: NDArray[np.floating], b: float
) -> tuple[NDArray[np.floating], float, float]:
    """∇w L and ∂L/∂b, as if computed in twice the precision and rounded once; and L as it is."""
    total: NDArray[np.floating] = np.zeros(len(w) + 1)
    low, L = np.zeros(len(w) + 1), 0.0
    for X_B, y_B in row_blocks(X, y, 1 << 15):
        A = np.concatenate([X_B.T, np.ones((1, len(y_B))), [y_B]])
        r, r_low = two_sum(*dot2(A, np.concatenate([w, [b, -1.0]])[:, None]))
        s, s_low = dot2(A[:-1].T, r[:, None])
        total, lost = two_sum(total, s)
        low += lost + s_low + A[:-1] @ r_low
        L += squared_loss(r, np.zeros_like(r)).sum()
    grad = (total + low) / len(y)
    return grad[:-1], float(grad[-1]), float(L / len(y))
