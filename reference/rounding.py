"""How far apart two correct floating-point programs may be: the only tolerance of this project.

A sum of products, evaluated by additions and multiplications in any order, has an error of at most
γ_k · (the same sum of absolute values), where no term passes through more than k roundings and

    γ_k = k·u / (1 − k·u),   u = 2⁻⁵³ (float64) or 2⁻²⁴ (float32).

(Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1 and §4.2.) Each function
below counts k for one equation; two correct programs differ by at most twice its bound.

This model leaves out two cases. Underflow: a result below the smallest normal number has an error
of up to half a subnormal, whatever its size; in float32, which is often computed with subnormals
set to zero, of up to the smallest normal number; `_underflow` is the term for it. Overflow: where
an intermediate sum may leave the range of the dtype, a correct program may return inf or NaN, and
the bound is infinite.

The bounds themselves are computed in float64, as sums of positive terms; k counts one rounding more
for that.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array: TypeAlias = NDArray[np.floating]
Rows: TypeAlias = Sequence[int] | NDArray[np.integer]


@functools.cache
def unit_roundoff(dtype: DTypeLike) -> float:
    """u: half the distance from 1 to the next float.

    >>> unit_roundoff(np.float64) == 2**-53, unit_roundoff(np.float32) == 2**-24
    (True, True)
    """
    return float(np.finfo(dtype).eps) / 2


def gamma(k: int, dtype: DTypeLike) -> float:
    """γ_k = k·u / (1 − k·u): the relative error of k roundings at most   (for §1.3f)

    ValueError where k·u ≥ 1: there is no bound.

    >>> f"{gamma(10, np.float64):.2g}"
    '1.1e-15'
    """
    ku = k * unit_roundoff(dtype)
    if ku >= 1:
        raise ValueError(f"k·u must be less than 1, got {ku}; use a wider dtype than {dtype}")
    return ku / (1 - ku)


def predict_bound(X: ArrayLike, w: ArrayLike, b: ArrayLike, dtype: DTypeLike) -> Array:
    """|computed − exact| of ŷ = Xw + b: γ_{d+2} · (|X||w| + |b|)   (for §1.1b)

    k: a product, at most d additions; and one for the bound itself.

    >>> predict_bound([[1.0, 2.0]], [1.0, 1.0], 0.0, np.float64) / 2**-53
    array([12.])
    """
    X, w, b = _magnitudes(X, w, b)
    with np.errstate(over="ignore"):
        S = X @ w + b
        bound = gamma(X.shape[1] + 2, dtype) * S + _underflow(X.shape[1] + 2, 1.0, dtype)
    return _or_inf(bound, S, dtype)


def loss_bound(X: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike, dtype: DTypeLike) -> float:
    """|computed − exact| of L: γ_k · (1/2n) Σᵢ Sᵢ², k = n + 2d + 9   (for §1.2b)

    with Sᵢ = Σ_k |x_k⁽ⁱ⁾||w_k| + |b| + |y⁽ⁱ⁾|. k: a residual has d + 2 roundings, its square
    2d + 5, the sum n − 1 more, the factors 1/n and ½ at most four; and one for the bound.

    >>> round(loss_bound([[1.0]], [0.0], [1.0], 0.0, np.float64) / 2**-53)
    6
    """
    X, y, w, b = _magnitudes(X, y, w, b)
    n, d = X.shape
    k = n + 2 * d + 9
    with np.errstate(over="ignore"):
        S = X @ w + b + y
        bound = gamma(k, dtype) * (S @ S) / (2 * n) + _underflow(k, 1 + S.sum(), dtype)
        return float(_or_inf(bound, 2 * (S @ S), dtype))


def gradient_bound(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike, dtype: DTypeLike
) -> tuple[Array, float]:
    """|computed − exact| of ∇L: γ_k · M_j, k = n + d + 5   (for §1.3f)

        M_j = (1/n) Σᵢ |x_j⁽ⁱ⁾| · (Σ_k |x_k⁽ⁱ⁾||w_k| + |b| + |y⁽ⁱ⁾|),   |x_j| = 1 for b.

    k: a residual has d + 2 roundings, its product with x_j one, the sum n − 1, the factor 1/n at
    most two; and one for the bound. Without cancellation, an error of 1 part in 10¹⁴ is detected.

    >>> bound_w, bound_b = gradient_bound([[1.0], [2.0]], [0.0, 0.0], [1.0], 0.0, np.float64)
    >>> (bound_w / 2**-53).round(), round(bound_b / 2**-53)
    (array([20.]), 12)
    """
    X, y, w, b = _magnitudes(X, y, w, b)
    n, d = X.shape
    k = n + d + 5
    A = np.column_stack([X, np.ones(n)])
    with np.errstate(over="ignore"):
        S = X @ w + b + y
        M = A.T @ S / n
        largest_factor = 1 + A.max(axis=0) + w.sum() + b + S.sum()
        bound = gamma(k, dtype) * M + _underflow(k, largest_factor, dtype)
        gram = A.T @ A.sum(axis=1)  # a program may compute XᵀX first
        bound = _or_inf(bound, 2 * np.maximum(n * M, gram), dtype)
    return bound[:-1], float(bound[-1])


def sgd_step_bound(
    X: ArrayLike, y: ArrayLike, w: ArrayLike, b: ArrayLike, lr: float, dtype: DTypeLike
) -> tuple[Array, float]:
    """|computed − exact| of θ − η ∇L: γ_2 · |θ_j| + η γ_{k+2} · M_j   (for §1.3g, §1.3h)

    with k and M_j of `gradient_bound`: a product and a difference more.

    >>> bound_w, bound_b = sgd_step_bound([[1.0]], [0.0], [1.0], 0.0, 0.5, np.float64)
    >>> (bound_w / 2**-53).round(), round(bound_b / 2**-53)
    (array([7.]), 5)
    """
    k = sum(np.shape(X)) + 5
    theta = np.abs(np.append(w, b).astype(np.float64))
    bounds = np.append(*gradient_bound(X, y, w, b, dtype))
    with np.errstate(over="ignore"):
        step = lr * bounds * (gamma(k + 2, dtype) / gamma(k, dtype))
        bound = gamma(2, dtype) * theta + step + _underflow(2, 1.0, dtype)
    return bound[:-1], float(bound[-1])


def moments_bound(X: ArrayLike, y: ArrayLike, parts: int = 1) -> tuple[Array, Array]:
    """|computed − exact| of z̄ and of S = Σᵢ (z⁽ⁱ⁾ − z̄)(z⁽ⁱ⁾ − z̄)ᵀ, z = (x, y), in float64.

    Of one part: a mean has an error of at most E_j = γ_k max|z_j|, k = n + 8. Where the mean is
    subtracted, as computed, or where it is small enough not to be, Σ z_j z_k and n z̄_j z̄_k have
    errors of γ_k ‖z_j‖‖z_k‖ and twice that; no ‖z_j‖ is more than 2 ‖D_j‖:

        z̄_j : E_j,   S_jk : 12 γ_k ‖D_j‖ ‖D_k‖,   D_j = |z_j − z̄_j| + E_j.

    Of several parts, merged in any order: the difference of two means has an error of 2E, and
    enters S with a factor of at most n max|z − z̄|; each merge adds eight roundings.
    """
    Z = np.column_stack([X, y]).astype(np.float64)
    n, k = len(Z), len(Z) + 8 * parts
    g = gamma(k, np.float64)
    far, E = np.abs(Z).max(axis=0), g * np.abs(Z).max(axis=0)
    D = np.abs(Z - Z.mean(axis=0)) + E
    cross = 2 * n * np.outer(E, D.max(axis=0)) * (parts > 1)
    norm = np.linalg.norm(D, axis=0)
    S = 12 * g * np.outer(norm, norm)
    return g * far, S + cross + cross.T + _underflow(k, 1.0, np.float64)


def trajectory_bound(
    X: Array,
    y: Array,
    batches: Sequence[Rows],
    w: Array,
    b: Array,
    lr: float,
    dtype: DTypeLike,
) -> tuple[Array, Array]:
    """‖computed − exact‖₂ of θ_t and of its gradient, for t = 0, 1, …, by the loop of §1.3g.

    w (T+1, d) and b (T+1,) are the computed path. A computed step is the exact step from the
    computed point, plus a rounding error ℓ_t within `sgd_step_bound`; the exact step multiplies the
    difference of two points by M_t = I − ηH_t:

        e_{t+1} = ‖M_t‖ e_t + ‖ℓ_t‖,   e_0 = 0;   of the gradient, ‖H_t‖ e_t + its own bound.
    """
    e, e_grad = [0.0], []
    for t, (B, H, norm) in enumerate(_steps(X, batches, lr)):
        here = X[B], y[B], w[t], b[t]
        local = np.linalg.norm(np.append(*sgd_step_bound(*here, lr, dtype)))
        own = np.linalg.norm(np.append(*gradient_bound(*here, dtype)))
        e_grad.append(np.linalg.norm(H, 2) * e[-1] + own)
        e.append(float(norm * e[-1] + local))
    return np.array(e), np.array(e_grad)


def products_bound(
    X: Array, y: Array, batches: Sequence[Rows], w: Array, b: Array, lr: float
) -> tuple[Array, Array]:
    """The same for products of the affine maps θ ↦ M_t θ + v_t, formed in any order, in float64.

    Let ν_t = max(½, ‖M_t‖), g ≥ 1 the largest product of successive ν, Θ the largest ‖θ_t‖, and
    q = d + 2. A computed M_t has an error of ε_t, v_t of ε'_t, sums of m + 4 roundings; a product
    of two q × q matrices has an error of qγ_q times their norms. By induction over the pairs that a
    composite map P of steps is the product of,

        error of M_P:  ∏ν · Σ_{s∈P} (ε_s/ν_s + qγ_q);   |v_P| = |θ_after − M_P θ_before| ≤ (1+g)Θ;
        error of v_P:  g Σ_{s∈P} [ε'_s + D g (ε_s/ν_s + qγ_q)(1+g)Θ + qγ_q (1+g)²Θ],

    where D = 1 + log₂ T is how often a step is part of the later map of a pair. θ_t is the result
    of composites that cover the steps before t, and each error grows by a factor of g at most:

        e_t = g² Σ_{s<t} [ε'_s + (D+1) g (2ε_s + qγ_q)(1+g)Θ + qγ_q (2+g)²Θ].

    Products of two errors are covered by a factor of 1.01.
    """
    q, u = np.shape(X)[1] + 2, unit_roundoff(np.float64)
    q_gamma = q * gamma(q, np.float64)
    far = np.linalg.norm(np.column_stack([w, b]), axis=1).max()
    g = running = 1.0
    eps_M, eps_v, size = [], [], []
    for B, H, norm in _steps(X, batches, lr):
        running = max(1.0, running) * max(0.5, norm)
        g = max(g, running)
        A, labels = np.abs(np.column_stack([X[B], np.ones(len(B))])), np.abs(y[B])
        k = gamma(len(B) + 4, np.float64) * lr / len(B)
        eps_M.append(2 * u * (1 + lr * np.linalg.norm(H, 2)) + k * np.linalg.norm(A.T @ A))
        eps_v.append(k * np.linalg.norm(A.T @ labels))
        size.append(np.linalg.norm(H, 2))
    D = 1 + np.log2(max(len(eps_M), 1))
    local = np.array(eps_v) + (D + 1) * g * (2 * np.array(eps_M) + q_gamma) * (1 + g) * far
    local += q_gamma * (2 + g) ** 2 * far
    e = 1.01 * g**2 * np.append(0.0, np.cumsum(local))
    own = [
        np.linalg.norm(np.append(*gradient_bound(X[B], y[B], w[t], b[t], np.float64)))
        for t, B in enumerate(batches)
    ]
    return e, np.array(size) * e[:-1] + own


def _steps(X: Array, batches: Sequence[Rows], lr: float) -> Iterator[tuple[Rows, Array, float]]:
    """The rows, H and ‖I − ηH‖ of each step."""
    for B in batches:
        A = np.column_stack([X[B], np.ones(len(B))]).astype(np.float64)
        H = A.T @ A / len(B)
        yield B, H, float(np.linalg.norm(np.eye(len(H)) - lr * H, 2))


def within(computed: float, exact: Fraction, bound: float) -> bool:
    """|computed − exact| ≤ bound, decided without rounding.

    >>> within(0.1 + 0.2, Fraction(3, 10), 1e-16), within(0.1 + 0.2, Fraction(3, 10), 1e-17)
    (True, False)
    """
    return bound == np.inf or (
        bool(np.isfinite(computed)) and abs(Fraction(float(computed)) - exact) <= Fraction(bound)
    )


def _magnitudes(*arrays: ArrayLike) -> list[Array]:
    """The absolute values of each array, in float64."""
    return [np.abs(np.asarray(a, dtype=np.float64)) for a in arrays]


@functools.cache
def smallest(dtype: DTypeLike) -> float:
    """What a result that underflows may be off by: a subnormal; in narrower types a normal number.

    jax on a CPU, and torch after `set_flush_denormal`, set subnormal numbers to zero.

    >>> smallest(np.float64), smallest(np.float32) == 2.0**-126
    (5e-324, True)
    """
    info = np.finfo(dtype)
    return float(info.smallest_subnormal if info.bits > 32 else info.smallest_normal)


def _underflow(k: int, largest_factor: Array | float, dtype: DTypeLike) -> Array | float:
    """The error of k results below the smallest normal number, scaled."""
    return k * smallest(dtype) * largest_factor


def _or_inf(bound: Array, largest_sum: Array, dtype: DTypeLike) -> Array:
    """The bound; inf where an intermediate sum may overflow."""
    return np.where(largest_sum < _largest(dtype) / 2, bound, np.inf)


@functools.cache
def _largest(dtype: DTypeLike) -> float:
    """The largest number of a dtype."""
    return float(np.finfo(dtype).max)
