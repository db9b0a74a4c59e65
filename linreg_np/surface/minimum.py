"""Where the bowl is lowest (§2): the least squares of a triangle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import Array
from linreg_np.loss import squared_loss
from linreg_np.surface.compensated import dot2, two_sum
from linreg_np.surface.moments import Moments
from linreg_np.surface.triangle import EPS, Triangle, triangle_of_data, triangle_of_moments


class Minimum(NamedTuple):
    """w* (d,), b*, L(w*, b*), and the columns that depend on others: {j: c}, x_j = Xc + const."""

    w: Array
    b: float
    floor: float
    dependent: dict[int, Array]


@np.errstate(all="ignore")
def of_data(X: Any, y: Any) -> tuple[Triangle, Minimum]:
    """By QR, and then two steps of Newton, which undo its rounding."""
    m, X, y = Moments.of(X, y), np.asarray(X), np.asarray(y)
    u = float(np.finfo(X.dtype).eps) / 2 if X.dtype.kind == "f" else EPS / 2
    t = triangle_of_data(X, y, m)
    return t, newton(X, y, t, newton(X, y, t, lowest(t, u)))


@np.errstate(all="ignore")
def of_moments(m: Moments) -> tuple[Triangle, Minimum]:
    """By Cholesky, with the digits that the moments have."""
    t = triangle_of_moments(m)
    return t, lowest(t, EPS / 2)


def lowest(t: Triangle, u: float) -> Minimum:
    """Rw = z, b = ȳ − x̄ᵀw: of all w that solve it, the one of least norm.

    There are many where columns of X are sums of multiples of columns before them and a constant.
    Column j = Xc + const + r passes for one if r is no more than the error of these columns.
    """
    if not _independent(t, u):
        return _least_norm(t, _gram_schmidt(t.R, _error(t, u)))
    w = _back_substitution(t.R, t.c)
    return Minimum(w, float(t.c[-1] - t.x_mean.dot(w)), t.rho * t.rho / 2, {})


def _independent(t: Triangle, u: float) -> bool:
    """Whether no column depends on others: column j of R⁻¹ is −c and 1, over the size of r."""
    try:
        return bool(_error(t, u).dot(abs(np.linalg.inv(t.R))).max() < 1)
    except np.linalg.LinAlgError:  # as singular as can be
        return False


def _back_substitution(R: Array, z: Array) -> Array:
    """Rw = z, from the last row up: `np.linalg` would factorise R, which is a triangle already."""
    w = np.empty(len(R))
    for i in range(len(R) - 1, -1, -1):
        w[i] = (z[i] - R[i, i + 1 :].dot(w[i + 1 :])) / R[i, i]
    return w


def _error(t: Triangle, u: float) -> Array:
    """Of each column of R: `blur` of its spread, and 4u of its size, as if computed and rounded."""
    spread = np.linalg.norm(t.R, axis=0)
    error: Array = t.blur * spread + 4 * u * np.hypot(spread, t.x_mean)
    return error


def _gram_schmidt(R: Array, error: Array) -> dict[int, Array]:
    """Take from each column its part along those kept before it; c are its coefficients in them.

    Found are the dependent columns, {j: c}, where c (d,) is zero at all dependent ones. The
    independent columns so far are Q S⁻¹, Q orthonormal.
    """
    d = len(R)
    kept: list[int] = []
    Q, S, found = np.zeros((d, d)), np.zeros((d, d)), {}
    for j in range(d):
        k = len(kept)
        t = Q.T @ R[:, j]
        again = Q.T @ (R[:, j] - Q @ t)  # once is not enough, twice is (Kahan)
        t = t + again
        r, c = R[:, j] - Q @ t, S @ t
        size = np.linalg.norm(r)
        if size <= error[j] + abs(c[:k]) @ error[kept]:
            found[j] = np.zeros(d)
            found[j][kept] = c[:k]
        else:
            Q[:, k], S[:, k], S[k, k] = r / size, -c / size, 1 / size
            kept.append(j)
    return found


def describe(t: Triangle, dependent: dict[int, Array]) -> Iterator[str]:
    """Each dependency in words; a coefficient that is nothing but rounding is left out.

    Examples
    --------
    >>> t = Triangle(2, np.array([[1.0, 2, 0], [0, 0, 0], [3, 5, 1]]), np.zeros(3), 0.0, EPS)
    >>> list(describe(t, {1: np.array([2.0, 0])}))
    ['column 1 = 2·column 0 − 1']
    """
    for j, c in dependent.items():
        spread = np.linalg.norm(t.R, axis=0)
        size = np.hypot(spread, t.x_mean)
        doubt = 10 * (t.blur * spread[j] + 4 * EPS * size[j])
        used = np.flatnonzero(abs(c) * spread > doubt)
        terms = [_term(c[i], f"column {i}") for i in used]
        rest = t.x_mean[j] - t.x_mean @ c
        of_means = 10 * (t.blur * abs(t.x_mean[j]) + 4 * EPS * (size[j] + abs(c) @ size))
        if abs(rest) > of_means + abs(t.x_mean[used]) @ (doubt / spread[used]):
            terms.append(_term(rest, ""))
        text = "".join(terms)
        text = text[3:] if text.startswith(" + ") else text.replace(" − ", "−", 1)
        yield f"column {j} = {text or 0}"


def _term(c: float, of: str) -> str:
    size = f"{abs(c):.6g}"
    return f" {'−' if c < 0 else '+'} {of if of and size == '1' else size + '·' * bool(of) + of}"


def _least_norm(t: Triangle, dependent: dict[int, Array]) -> Minimum:
    """The solution by the independent columns, less its part along which nothing changes."""
    kept, w = _kept(t, dependent), np.zeros(len(t.x_mean))
    Q, T = np.linalg.qr(t.R[:, kept])
    w[kept] = np.linalg.solve(T, Q.T @ t.c[:-1])
    if dependent:
        N = -np.column_stack(list(dependent.values()))  # x_j = Xc
        N[list(dependent), range(len(dependent))] = 1
        Q = np.linalg.qr(N).Q
        w -= Q @ (Q.T @ w)
    rest = np.linalg.norm(np.append(t.R @ w - t.c[:-1], t.rho))
    floor = float(squared_loss(rest, 0.0))
    return Minimum(w, float(t.c[-1] - t.x_mean @ w), floor, dependent)


def _kept(t: Triangle, dependent: dict[int, Array]) -> list[int]:
    return [j for j in range(len(t.x_mean)) if j not in dependent]


def newton(X: Array, y: Array, t: Triangle, at: Minimum) -> Minimum:
    """θ ← θ − H⁻¹∇L(θ): from anywhere to the bottom of the bowl, were nothing rounded.

    ∇L is taken in twice the precision. Each step then leaves, of the error, no more than what
    the rounding of H makes of it, and lowers L by ½ ∇Lᵀ H⁻¹ ∇L. Source: G. H. Golub,
    J. H. Wilkinson, *Note on the Iterative Refinement of Least Squares Solution*, Numer. Math. 9
    (1966), whose refinement this is.
    """
    kept = _kept(t, at.dependent)
    T = np.linalg.inv(np.linalg.qr(t.R[:, kept]).R)
    grad_w, grad_b, L = gradient2(X, y, at.w, at.b)
    v = T.T @ (grad_w - grad_b * t.x_mean)[kept]
    step = np.zeros(len(t.x_mean))
    step[kept] = T @ v
    w, b = at.w - step, at.b - float(grad_b - t.x_mean @ step)
    floor = max(0.0, float(L - squared_loss(np.linalg.norm(np.append(v, grad_b)), 0.0)))
    return Minimum(w, b, floor, at.dependent)


def gradient2(X: Array, y: Array, w: Array, b: Any) -> tuple[Array, Any, Any]:
    """∇w L and ∂L/∂b, as if computed in twice the precision and rounded once; and L as it is."""
    total, low, L = np.zeros(len(w) + 1), np.zeros(len(w) + 1), 0.0
    for X_B, y_B in row_blocks(X, y, 1 << 15):
        A = np.concatenate([X_B.T, np.ones((1, len(y_B))), [y_B]])
        r, r_low = two_sum(*dot2(A, np.concatenate([w, [b, -1.0]])[:, None]))
        s, s_low = dot2(A[:-1].T, r[:, None])
        total, lost = two_sum(total, s)
        low += lost + s_low + A[:-1] @ r_low
        L += squared_loss(r, np.zeros_like(r)).sum()
    grad = (total + low) / len(y)
    return grad[:-1], grad[-1], L / len(y)
