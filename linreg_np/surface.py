"""§2: the loss is a bowl. Its lowest point, its curvature, and the descent from anywhere on it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from linreg_np.descent import along_the_axes
from linreg_np.minimum import Minimum, Triangle, describe, of_data, of_moments
from linreg_np.moments import Moments, blocks
from linreg_np.trajectory import DivergenceError, Record
from linreg_np.validation import (
    Array,
    features,
    number,
    positive,
    real_array,
    weights,
    whole,
)


def curvature(X: Any) -> Array:
    """H = (1/n) [X 1]ᵀ[X 1]   (for §2)

    The second derivative of L in θ = (w, b), the same at every θ: the loss is a bowl.

    Parameters
    ----------
    X : (n, d)

    Returns
    -------
    (d+1, d+1)
        The last row and column belong to b.

    Raises
    ------
    TypeError, ValueError
        If X is not a finite 2-D array.

    Source: the derivative of §1.3f.

    Examples
    --------
    >>> curvature([[1.0], [3.0]])
    array([[5., 2.],
           [2., 1.]])
    """
    X = features(X)
    dtype = np.float32 if X.dtype == np.float32 else np.float64
    H = np.zeros((X.shape[1] + 1, X.shape[1] + 1), dtype)
    for X_B, ones in blocks(X, np.ones(len(X), dtype)):
        A = np.column_stack([X_B, ones])
        H += A.T @ A
    return H / len(X)


def max_lr(X: Any) -> float:
    """2/λ_max, λ_max the largest eigenvalue of the curvature   (for §2)

    Below it every full-batch step lowers the loss; above it the path along the steepest axis of
    the bowl overshoots by more at each step.

    Parameters
    ----------
    X : (n, d)

    Returns
    -------
    scalar
        In the units of a learning rate. 0 where λ_max is too large for a float.

    Raises
    ------
    TypeError, ValueError
        If X is not a finite 2-D array.

    Source: Boyd and Vandenberghe, *Convex Optimization*, §9.3.

    Examples
    --------
    >>> max_lr([[1.0], [-1.0]])
    2.0
    """
    with np.errstate(over="ignore"):
        H = curvature(X)
    return 2 / float(np.linalg.eigvalsh(H)[-1]) if np.isfinite(H).all() else 0.0


@dataclass(frozen=True, eq=False, repr=False)
class LossSurface(Record):
    """L(w, b) = floor + ½ (θ − θ*)ᵀ H (θ − θ*),  θ = (w, b): the loss, with no data left   (for §2)

    §1.2 is a square of something linear in θ, so its Taylor series at the minimum θ* ends after
    the second term, and the first is zero there. Made by `from_data` or `from_moments`; read-only
    float64 whatever the precision of the data, comparable and picklable.

    H is kept as H = UᵀU: the bowl is then ½‖U(θ − θ*)‖², which cannot turn negative, nor cancel
    near the minimum as ½θᵀHθ − cᵀθ + k would.

    Parameters
    ----------
    w : (d,)
        w*, the weights of least loss; if there are many, those of least norm.
    b : scalar
        b*, the bias of least loss.
    floor : scalar
        L(w*, b*): what no line can explain.
    U : (d+1, d+1)
        With H = UᵀU. The last row and column belong to b.
    n : int
        Number of samples.
    dependencies : tuple of str
        Which columns of X depend on which, such as "column 2 = 2·column 0 − 1", counted from 0:
        those columns can give each other weight without a change in loss.

    Source: S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.1.1; Å. Björck, *Numerical Methods
    for Least Squares Problems*, ch. 2.

    Examples
    --------
    >>> surface = LossSurface.from_data([[0.0], [2.0]], [1.0, 3.0])
    >>> surface
    LossSurface(n = 2: minimum at w = [1], b = 1, floor 0, max_lr 0.764)
    >>> float(surface.loss([0], 0))  # ½ (1² + 3²)/2
    2.5
    """

    w: Array
    b: float
    floor: float
    U: Array
    n: int
    dependencies: tuple[str, ...] = ()

    def __repr__(self) -> str:
        w = ", ".join(f"{x:.4g}" for x in self.w[:8]) + (", …" * (len(self.w) > 8))
        depend = "".join(f", {text}" for text in self.dependencies)
        return (
            f"LossSurface(n = {self.n}: minimum at w = [{w}], b = {self.b:.4g}, "
            f"floor {self.floor:.3g}, max_lr {self.max_lr:.3g}{depend})"
        )

    def __post_init__(self) -> None:
        for name in ("w", "U"):
            a = np.array(getattr(self, name), dtype=np.float64)
            a.setflags(write=False)
            object.__setattr__(self, name, a)

    @classmethod
    def from_data(cls, X: Any, y: Any) -> LossSurface:
        """The surface of these data, accurate even where the columns are nearly dependent.

        By QR, and two steps of Newton with the gradient in twice the precision: in four passes
        and with little memory, so that memory maps are welcome. `from_moments` takes one pass,
        and is as good unless features are strongly correlated.

        Parameters
        ----------
        X : (n, d)
        y : (n,)

        Raises
        ------
        TypeError, ValueError
            If X, y are not finite arrays of these shapes, or so large that a square overflows.
        """
        return cls._at(*of_data(X, y))

    @classmethod
    def from_moments(cls, m: Moments) -> LossSurface:
        """The surface of the data that `m` was taken from, without the data.

        Parameters
        ----------
        m : Moments
            Columns that agree with others to more than 7 digits pass as dependent here.

        Raises
        ------
        TypeError
            If `m` is not `Moments`.
        """
        if not isinstance(m, Moments):
            raise TypeError(f"m must be Moments, got {m!r:.60}; pass Moments.of(X, y)")
        return cls._at(*of_moments(m))

    @classmethod
    def _at(cls, t: Triangle, at: Minimum) -> LossSurface:
        """Of a column that depends on others, U keeps what these others say of it."""
        d = len(t.z)
        U = np.zeros((d + 1, d + 1))
        U[:d, :d], U[d, :d], U[d, d] = t.R, t.x_mean, 1
        for j, c in at.dependent.items():
            U[:d, j] = t.R @ c
        values = at.w, float(at.b), float(at.floor), U, t.n, tuple(describe(t, at.dependent))
        surface: LossSurface = cls._of(*values)
        return surface

    @property
    def minimum(self) -> tuple[Array, float]:
        """(w*, b*)."""
        return self.w, self.b

    @property
    def curvature(self) -> Array:
        """H = (1/n) [X 1]ᵀ[X 1] (d+1, d+1), its last row and column for b."""
        H: Array = self.U.T @ self.U
        return H

    @property
    def max_lr(self) -> float:
        """2/λ_max: below it, every full-batch step lowers the loss."""
        return 2 / float(self._axes[0][0])

    @property
    def condition_number(self) -> float:
        """λ_max/λ_min of H: (length/width of the bowl)², inf where it is flat."""
        λ = self._axes[0]
        return math.inf if self.dependencies or λ[-1] == 0 else float(λ[0] / λ[-1])

    @functools.cached_property
    def _axes(self) -> tuple[Array, Array]:
        """H = V diag(λ) Vᵀ, λ falling: from U, whose singular values are their roots."""
        _, σ, Vt = np.linalg.svd(self.U)
        with np.errstate(over="ignore", under="ignore"):
            return σ**2, Vt.T

    def excess(self, w: Any, b: Any) -> Any:
        """L(w, b) − floor = ½‖U(θ − θ*)‖², with all its digits, however near the minimum.

        Parameters
        ----------
        w : (..., d)
        b : scalar or (...)

        Returns
        -------
        (...)
            As w and b broadcast.

        Raises
        ------
        TypeError, ValueError
            If w does not hold one weight a feature.
        """
        r = self._residual(w, b)
        return np.einsum("...i,...i", r, r) / 2

    def loss(self, w: Any, b: Any) -> Any:
        """L(w, b), for any grid of points at once.

        Parameters, Returns and Raises as in `excess`.
        """
        return self.floor + self.excess(w, b)

    def gradient(self, w: Any, b: Any) -> tuple[Array, Any]:
        """∇L = H(θ − θ*) = UᵀU(θ − θ*): (..., d) and (...), for any grid of points at once.

        Parameters and Raises as in `excess`.
        """
        g = self._residual(w, b) @ self.U
        return g[..., :-1], g[..., -1]

    def _residual(self, w: Any, b: Any) -> Array:
        """U(θ − θ*) (..., d+1)."""
        w, b = real_array("w", w), real_array("b", b)
        d = len(self.w)
        if w.shape[-1:] != (d,):
            raise ValueError(
                f"w must have shape (..., {d}), one weight a feature, got {w.shape}; "
                "pass the points of a grid as rows"
            )
        Δ = np.empty((*np.broadcast_shapes(w.shape[:-1], b.shape), d + 1))
        Δ[..., :d], Δ[..., d] = w, b
        r: Array = (Δ - np.append(self.w, self.b)).dot(self.U.T)
        return r

    def grid(
        self, w1: Any, w2: Any, *, b: Any = None, w: Any = None, features: tuple[int, int] = (0, 1)
    ) -> Array:
        """L over a rectangle of two weights, for pictures: L[i, j] is the loss at (w1[j], w2[i]).

        The order is that of matplotlib: `ax.contour(w1, w2, L)`.

        Parameters
        ----------
        w1, w2 : (k1,), (k2,)
            The values of the two weights.
        b : scalar, optional
            The bias, the same everywhere; if not given, at each point the best one there.
        w : (d,), optional
            Where the other weights stay; w* if not given.
        features : pair of int
            Which two weights.

        Returns
        -------
        (k2, k1)

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or of these shapes, or the two features are not two.
        """
        w1, w2, (i, j) = weights(w1, name="w1"), weights(w2, name="w2"), features
        d = len(self.w)
        if i == j or i not in range(d) or j not in range(d):
            raise ValueError(
                f"features must be two different numbers from 0 to {d - 1}, got {features}; "
                "pass e.g. features=(0, 1)"
            )
        θ = np.zeros(d + 1) if w is None else np.append(weights(w, d) - self.w, 0.0)
        θ[i] = θ[j] = 0  # θ − θ* but for the two
        θ[d] = 0 if b is None else number("b", b) - self.b
        U = self.U[: d if b is None else d + 1]  # the best b makes the last row vanish
        U = U * math.sqrt(0.5)  # the square of ‖Uδ‖ is then what lies over the floor
        p, q, a, r, c, rest = _coordinates(U[:, i], U[:, j], U.dot(θ))
        Δ1, Δ2 = w1 - self.w[i], w2 - self.w[j]
        L: Array = np.add.outer(q * Δ2 + a, p * Δ1)
        L *= L
        r2 = r * Δ2 + c
        L += (r2 * r2 + (rest + self.floor))[:, None]
        return L

    def descend(self, w: Any, b: Any, *, lr: Any, steps: Any) -> Any:
        """The path of full-batch descent, `fit` with all samples in each batch, in closed form.

        Along an eigenvector of H with eigenvalue λ each step multiplies the distance from the
        minimum by 1 − ηλ, and so does the gradient: θₜ = θ* + V (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*).

        Parameters
        ----------
        w : (d,) or (k, d)
            Where to start, or k starts.
        b : scalar, or (k,) with k starts
        lr : scalar
            η, the learning rate.
        steps : int

        Returns
        -------
        Trajectory, or a list of k
            As `fit` records it, every step an epoch.

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or of these shapes.
        DivergenceError
            Where a path leaves the finite numbers, as in `fit`; lr > `max_lr` alone does not.
        """
        if np.ndim(w) == 2:
            if np.shape(b) not in ((), (len(w),)):
                raise ValueError(
                    f"b must have shape () or ({len(w)},), got {np.shape(b)}; pass one b a start"
                )
            starts = zip(w, np.broadcast_to(b, len(w)), strict=True)
            return [self.descend(*start, lr=lr, steps=steps) for start in starts]
        lr, steps = positive("lr", lr), whole("steps", steps)
        start = np.append(weights(w, len(self.w)), number("b", b))
        path = along_the_axes(start, np.append(self.w, self.b), *self._axes, lr, steps)
        if path.steps < steps:
            raise DivergenceError(path, lr, self.max_lr)
        return path


def _coordinates(u: Array, v: Array, f: Array) -> tuple[Any, ...]:
    """‖uΔ₁ + vΔ₂ + f‖² = (pΔ₁ + qΔ₂ + a)² + (rΔ₂ + c)² + rest: Δ₁ meets Δ₂ in one square only.

    By Gram and Schmidt: p, q, a are the components along u, and r, c those along what is then
    left of v.
    """
    p, e = _size_and_direction(u)
    q, a = e.dot(v), e.dot(f)
    v, f = v - q * e, f - a * e
    r, e = _size_and_direction(v)
    c = e.dot(f)
    f = f - c * e
    return p, q, a, r, c, f.dot(f)


def _size_and_direction(u: Array) -> tuple[float, Array]:
    size = math.hypot(*u.tolist())
    return size, u / (size or 1.0)
