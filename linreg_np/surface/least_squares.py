"""§2: the lowest point of the loss, by least squares from data or from moments.

With X centred, every regression of n samples has the loss of a regression of d + 2 rows:

    L(w, b) = ½ (‖Rw − z‖² + ρ² + (x̄ᵀw + b − ȳ)²),   R (d, d) upper triangular,

which is min_loss + ½‖U(θ − θ*)‖² with U = [R 0; x̄ᵀ 1], θ = (w, b). From data, the triangle
T = √n [R z; 0 ρ] comes by QR, whose error grows with the condition number of X; from moments by
Cholesky, whose error grows with its square.

Source: Å. Björck, *Numerical Methods for Least Squares Problems*, ch. 2; of the refinement
G. H. Golub, J. H. Wilkinson, *Note on the Iterative Refinement of Least Squares Solution*,
Numer. Math. 9 (1966).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import RealArray
from linreg_np.loss import squared_loss
from linreg_np.surface.compensated import dot2, two_sum
from linreg_np.surface.moments import Moments, refuse_overflow

EPS = float(np.finfo(np.float64).eps)


class Minimum(NamedTuple):
    """w* (d,), b*, L(w*, b*) of n samples; U (d+1, d+1), and the relative error of R's columns.

    `dependent` are the columns that depend on others, {j: c} with x_j = Xc + const; U holds of
    such a column what the others give.
    """

    n: int
    w: NDArray[np.floating]
    b: float
    min_loss: float
    U: NDArray[np.floating]
    rel_error: float
    dependent: dict[int, NDArray[np.floating]]

    @property
    def R(self) -> NDArray[np.floating]:
        """R (d, d), upper triangular but for its dependent columns."""
        return self.U[:-1, :-1]

    @property
    def x_mean(self) -> NDArray[np.floating]:
        """x̄ (d,)."""
        return self.U[-1, :-1]


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
        refuse_overflow(X, y)
    u = (
        float(np.finfo(np.float32 if X.dtype.itemsize == 4 and X.dtype.kind == "f" else float).eps)
        / 2
    )
    return newton(X, y, newton(X, y, solve(n, mean, T, EPS * (d + math.sqrt(n)), u)))


@np.errstate(all="ignore")
def fit_moments(m: Moments) -> Minimum:
    """By Cholesky. The diagonal of S holds squares: a column of T is known to √ε only."""
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
    """T of S = TᵀT, by Cholesky.

    An S that is singular, or rounded to no longer being positive, is scaled to a unit diagonal
    and taken by its eigenvectors instead.
    """
    try:
        return np.linalg.cholesky(m.scatter, upper=True)
    except np.linalg.LinAlgError:
        scale = np.sqrt(np.maximum(m.scatter.diagonal(), 0))
        scale *= scale > 2 * EPS * math.sqrt(m.n) * abs(m.mean)  # else as good as constant
        unit = scale + np.where(scale, 0, np.inf)
        λ, V = np.linalg.eigh(m.scatter / unit / unit[:, None])
        T = qr_triangle(np.sqrt(np.maximum(λ, 0))[:, None] * V.T)
        T *= scale
        return T


def qr_triangle(A: NDArray[np.floating]) -> NDArray[np.floating]:
    """R of A = QR."""
    return np.asarray(np.linalg.qr(A, mode="r"))


def solve(
    n: int, mean: NDArray[np.floating], T: NDArray[np.floating], rel_error: float, u: float
) -> Minimum:
    """Rw = z, b = ȳ − x̄ᵀw, min_loss = ½ρ²: of all w that solve it, the one of least norm.

    There are many where columns of X are sums of multiples of columns before them and a constant.
    Column j = Xc + const + r passes for one if r is no more than the error of these columns:
    `rel_error` of their spread, and 4u of their size, as if computed and rounded.
    """
    T = T / math.sqrt(n)
    R, z, rho = T[:-1, :-1], T[:-1, -1], T[-1, -1]
    spread = np.hypot.reduce(R)
    error = rel_error * spread + 4 * u * np.hypot(spread, mean[:-1])
    inverse = _invert(T)
    dependent = {} if is_independent(inverse[:-1, :-1], error) else find_dependent(R, error)
    w = inverse[:-1, -1].copy()
    if dependent:
        w = _least_norm(R, z, dependent)
        rho = np.linalg.norm(np.append(R @ w - z, rho))
    U = T
    for j, c in dependent.items():
        U[:-1, j] = R @ c
    U[-1], U[:, -1], U[-1, -1] = mean, 0, 1
    b = float(mean[-1] - mean[:-1].dot(w))
    return Minimum(n, w, b, float(squared_loss(rho, 0.0)), U, rel_error, dependent)


def _invert(T: NDArray[np.floating]) -> NDArray[np.floating]:
    """[R⁻¹ w; 0 −1], the inverse of [R z; 0 −1], so that Rw = z; inf where R is singular."""
    A = T.copy()
    A[-1, -1] = -1
    try:
        return np.linalg.inv(A)  # of a triangle: by back substitution
    except np.linalg.LinAlgError:
        return np.full_like(A, np.inf)


def is_independent(R_inverse: NDArray[np.floating], error: NDArray[np.floating]) -> bool:
    """Whether no column depends on others: column j of R⁻¹ is −c and 1, over the size of r."""
    return bool(error.dot(abs(R_inverse)).max() < 1)


def find_dependent(
    R: NDArray[np.floating], error: NDArray[np.floating]
) -> dict[int, NDArray[np.floating]]:
    """{j: c} of the dependent columns, c (d,) zero at all of them, by Gram and Schmidt.

    Each column loses its part along those kept before it, whose coefficients are c. The columns
    kept so far are Q S⁻¹, Q orthonormal.
    """
    d = len(R)
    kept: list[int] = []
    found: dict[int, NDArray[np.floating]] = {}
    Q, S = np.zeros((d, d)), np.zeros((d, d))
    for j in range(d):
        k = len(kept)
        t = Q.T @ R[:, j]
        t += Q.T @ (R[:, j] - Q @ t)  # once is not enough, twice is (Kahan)
        r, c = R[:, j] - Q @ t, S @ t
        size = np.linalg.norm(r)
        if size <= error[j] + abs(c[:k]) @ error[kept]:
            found[j] = np.zeros(d)
            found[j][kept] = c[:k]
        else:
            Q[:, k], S[:, k], S[k, k] = r / size, -c / size, 1 / size
            kept.append(j)
    return found


def _least_norm(
    R: NDArray[np.floating], z: NDArray[np.floating], dependent: dict[int, NDArray[np.floating]]
) -> NDArray[np.floating]:
    """The solution by the independent columns, less its part along which nothing changes."""
    kept, w = _kept(len(R), dependent), np.zeros(len(R))
    Q, T = np.linalg.qr(R[:, kept])
    w[kept] = np.linalg.solve(T, Q.T @ z)
    N = -np.column_stack(list(dependent.values()))  # x_j = Xc
    N[list(dependent), range(len(dependent))] = 1
    Q = np.linalg.qr(N).Q
    return w - Q @ (Q.T @ w)


def _kept(d: int, dependent: dict[int, NDArray[np.floating]]) -> list[int]:
    return [j for j in range(d) if j not in dependent]


def newton(X: RealArray, y: RealArray, at: Minimum) -> Minimum:
    """θ ← θ − H⁻¹∇L(θ): from anywhere to the minimum, were nothing rounded.

    ∇L is taken in twice the precision. Each step then leaves, of the error, no more than what
    the rounding of H makes of it, and lowers L by ½ ∇Lᵀ H⁻¹ ∇L.
    """
    kept = _kept(len(at.w), at.dependent)
    T = np.linalg.inv(qr_triangle(at.R[:, kept]))
    grad_w, grad_b, L = gradient2(X, y, at.w, at.b)
    v = T.T @ (grad_w - grad_b * at.x_mean)[kept]
    step = np.zeros(len(at.w))
    step[kept] = T @ v
    lower = squared_loss(np.linalg.norm(np.append(v, grad_b)), 0.0)
    return at._replace(
        w=at.w - step,
        b=at.b - float(grad_b - at.x_mean @ step),
        min_loss=max(0.0, float(L - lower)),
    )


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


def describe(at: Minimum) -> Iterator[str]:
    """Each dependency in words; a coefficient that is nothing but rounding is left out.

    Examples
    --------
    >>> at = fit_data(np.array([[1.0, 1], [2, 3], [4, 7]]), np.array([1.0, 2, 3]))
    >>> list(describe(at))
    ['column 1 = 2·column 0 − 1']
    """
    spread = np.linalg.norm(at.R, axis=0)
    size = np.hypot(spread, at.x_mean)
    for j, c in at.dependent.items():
        tolerance = 10 * (at.rel_error * spread[j] + 4 * EPS * size[j])
        used = np.flatnonzero(abs(c) * spread > tolerance)
        terms = [_term(c[i], f"column {i}") for i in used]
        constant = at.x_mean[j] - at.x_mean @ c
        of_means = 10 * (at.rel_error * abs(at.x_mean[j]) + 4 * EPS * (size[j] + abs(c) @ size))
        if abs(constant) > of_means + abs(at.x_mean[used]) @ (tolerance / spread[used]):
            terms.append(_term(constant, ""))
        text = "".join(terms)
        text = text[3:] if text.startswith(" + ") else text.replace(" − ", "−", 1)
        yield f"column {j} = {text or 0}"


def _term(c: float, name: str) -> str:
    """c times what is named, with its sign before it."""
    size = f"{abs(c):.6g}"
    product = name if name and size == "1" else size + "·" * bool(name) + name
    return f" {'−' if c < 0 else '+'} {product}"
