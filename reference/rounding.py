"""How far apart two correct floating-point programs may be: the one tolerance of this project.

A sum of products, evaluated by additions and multiplications in any order, is off by at most
γ_k · (the same sum of absolute values), where no term passes through more than k roundings and

    γ_k = k·u / (1 − k·u),   u = 2⁻⁵³ (float64) or 2⁻²⁴ (float32).

(Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1 and §4.2.) Each function
below counts k for one equation; two correct programs differ by at most twice its bound.

Two things escape that model. A result under the smallest normal number is off by up to half a
subnormal, whatever its size: the term `_underflow`. And where an intermediate sum could leave the
range, a correct program may answer inf or NaN: there the bound is infinite and nothing is claimed.

The bounds are themselves computed in float64, from sums of positive terms: one more rounding in k
pays for that.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np


def unit_roundoff(dtype: Any) -> float:
    """u: half the distance from 1 to the next float.

    Examples
    --------
    >>> unit_roundoff(np.float64) == 2**-53, unit_roundoff(np.float32) == 2**-24
    (True, True)
    """
    return float(np.finfo(dtype).eps) / 2


def gamma(k: int, dtype: Any) -> float:
    """γ_k = k·u / (1 − k·u): what k roundings can do, relative   (for 1.3f)

    Raises
    ------
    ValueError
        If k·u ≥ 1: so many roundings can do anything.

    Examples
    --------
    >>> f"{gamma(10, np.float64):.2g}"
    '1.1e-15'
    """
    ku = k * unit_roundoff(dtype)
    if ku >= 1:
        raise ValueError(f"k·u must be less than 1, got {ku}; use a wider dtype than {dtype}")
    return ku / (1 - ku)


def predict_bound(X: Any, w: Any, b: Any, dtype: Any) -> Any:
    """|computed − exact| of ŷ = Xw + b: γ_{d+2} · (|X||w| + |b|)   (for §1.1b)

    k: a product, at most d additions; and one for the bound itself.

    Returns
    -------
    (n,) float64

    Examples
    --------
    >>> predict_bound([[1.0, 2.0]], [1.0, 1.0], 0.0, np.float64) / 2**-53
    array([12.])
    """
    X, w, b = _magnitudes(X, w, b)
    with np.errstate(over="ignore"):
        S = X @ w + b
        bound = gamma(X.shape[1] + 2, dtype) * S + _underflow(X.shape[1] + 2, 1.0, dtype)
    return _or_inf(bound, S, dtype)


def loss_bound(X: Any, y: Any, w: Any, b: Any, dtype: Any) -> float:
    """|computed − exact| of L: γ_k · (1/2n) Σᵢ Sᵢ², k = n + 2d + 9   (for §1.2b)

    with Sᵢ = Σ_k |x_k⁽ⁱ⁾||w_k| + |b| + |y⁽ⁱ⁾|. k: a residual has d + 2 roundings, its square
    2d + 5, the sum n − 1 more, the factors 1/n and ½ at most four; and one for the bound.

    Examples
    --------
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


def gradient_bound(X: Any, y: Any, w: Any, b: Any, dtype: Any) -> tuple[Any, float]:
    """|computed − exact| of ∇L: γ_k · M_j, k = n + d + 5   (for §1.3f)

        M_j = (1/n) Σᵢ |x_j⁽ⁱ⁾| · (Σ_k |x_k⁽ⁱ⁾||w_k| + |b| + |y⁽ⁱ⁾|),   |x_j| = 1 for b.

    k: a residual has d + 2 roundings, its product with x_j one, the sum n − 1, the factor 1/n at
    most two; and one for the bound. Where there is no cancellation this catches an error of 1e-14.

    Returns
    -------
    (d,) float64, and float

    Examples
    --------
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
        gram = A.T @ A.sum(axis=1)  # a program may form XᵀX before it meets w
        bound = _or_inf(bound, 2 * np.maximum(n * M, gram), dtype)
    return bound[:-1], float(bound[-1])


def sgd_step_bound(X: Any, y: Any, w: Any, b: Any, lr: float, dtype: Any) -> tuple[Any, float]:
    """|computed − exact| of θ − η ∇L: γ_2 · |θ_j| + η γ_{k+2} · M_j   (for §1.3g, §1.3h)

    with k and M_j of `gradient_bound`: a product and a difference more.

    Returns
    -------
    (d,) float64, and float

    Examples
    --------
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


def sgd_path_bound(batches: Any, w: Any, b: Any, lr: float, dtype: Any) -> Any:
    """‖θₜ − θ'ₜ‖ of two correct trainings on the same batches, t = 0 … T   (for §2)

        e₀ = 0,   eₜ₊₁ = ‖I − η H_B‖ eₜ + 2 ‖bound of the step‖,   H_B = (1/m) [X_B 1]ᵀ[X_B 1]

    A step is an affine map of θ with the matrix I − η H_B: it passes the distance on, at most so
    much larger, and each training adds its own `sgd_step_bound`. γ_{k+8} in place of γ_k pays for
    a batch whose gradient is the average of its parts', and for taking M_j at the first path only.

    Parameters
    ----------
    batches : sequence of (X_B, y_B)
        One a step, T in all.
    w, b : (T+1, d), (T+1,)
        The path of one of the two.

    Returns
    -------
    (T+1,) float64

    Examples
    --------
    >>> X, y = np.ones((1, 1)), np.zeros(1)
    >>> (sgd_path_bound([(X, y)], np.ones((2, 1)), np.zeros(2), 0.5, np.float64) * 2**53).round()
    array([ 0., 30.])
    """
    e = [0.0]
    for (X_B, y_B), w_t, b_t in zip(batches, w[:-1], b[:-1], strict=True):
        k = sum(X_B.shape) + 5
        A = np.column_stack([X_B, np.ones(len(X_B))]).astype(np.float64)
        λ = np.linalg.eigvalsh(A.T @ A / len(A))
        step = np.append(*sgd_step_bound(X_B, y_B, w_t, b_t, lr, dtype))
        step *= gamma(k + 10, dtype) / gamma(k + 2, dtype)
        e.append(float(abs(1 - lr * λ).max() * e[-1] + 2 * np.linalg.norm(step)))
    return np.array(e)


def moments_bound(X: Any, y: Any, parts: int = 1) -> tuple[Any, Any]:
    """|computed − exact| of z̄ and of Σᵢ (z⁽ⁱ⁾ − z̄)(z⁽ⁱ⁾ − z̄)ᵀ, z = (x, y), in float64   (for §2)

        γ_k · ā   and   γ_k · (Σᵢ a⁽ⁱ⁾ a⁽ⁱ⁾ᵀ + n ā āᵀ),   a = |z| + mean |z|,   k = 8 parts (n + 8)

    k: a mean has n roundings, a product of two differences from it 2n more and the sum n. To merge
    a part adds eight to a term, and an error of the means once to every part: hence the factor.

    Returns
    -------
    (d+1,) and (d+1, d+1) float64

    Examples
    --------
    >>> mean, scatter = moments_bound([[1.0], [3.0]], [0.0, 0.0])
    >>> (mean * 2**53).round(), scatter.shape
    (array([320.,   0.]), (2, 2))
    """
    Z = np.column_stack(_magnitudes(X, y))
    a, n = Z + Z.mean(axis=0), len(Z)
    k = 8 * parts * (n + 8)
    mean = a.mean(axis=0)
    γ, under = gamma(k, np.float64), _underflow(k, 1 + a.sum(), np.float64)
    return γ * mean + under, γ * (a.T @ a + n * np.outer(mean, mean)) + under


def within(computed: Any, exact: Fraction, bound: float) -> bool:
    """|computed − exact| ≤ bound, decided without rounding.

    Examples
    --------
    >>> within(0.1 + 0.2, Fraction(3, 10), 1e-16), within(0.1 + 0.2, Fraction(3, 10), 1e-17)
    (True, False)
    """
    return bound == np.inf or (
        bool(np.isfinite(computed)) and abs(Fraction(float(computed)) - exact) <= Fraction(bound)
    )


def _magnitudes(*arrays: Any) -> list[Any]:
    """|·| of each, in float64."""
    return [np.abs(np.asarray(a, dtype=np.float64)) for a in arrays]


def _underflow(k: int, largest_factor: Any, dtype: Any) -> Any:
    """What k results under the smallest normal number add: half a subnormal each, multiplied."""
    return k * largest_factor * float(np.finfo(dtype).smallest_subnormal)


def _or_inf(bound: Any, largest_sum: Any, dtype: Any) -> Any:
    """The bound, or inf where an intermediate sum may overflow."""
    return np.where(largest_sum < float(np.finfo(dtype).max) / 2, bound, np.inf)
