"""§2: the loss is a bowl. Its lowest point, its height at any other, and the descent from there."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from linreg_np._utils.frozen import Frozen, unchecked
from linreg_np._utils.types import Array
from linreg_np._utils.validation import (
    as_real_array,
    check_number,
    check_positive,
    check_positive_int,
    check_weights,
)
from linreg_np.surface.descent import along_the_axes
from linreg_np.surface.few_features import of_few_features
from linreg_np.surface.minimum import Minimum, describe, of_data, of_moments
from linreg_np.surface.moments import Moments
from linreg_np.surface.surface_door import checked, points, two_features, values
from linreg_np.surface.triangle import Triangle
from linreg_np.trajectory import DivergenceError


class LossSurface(Frozen):
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

    Raises
    ------
    TypeError, ValueError
        If a number is not finite, the floor under zero, or a shape does not fit.

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
    dependencies: tuple[str, ...]

    def __init__(self, w: Any, b: Any, floor: Any, U: Any, n: Any, dependencies: Any = ()) -> None:
        super().__init__(**checked(w, b, floor, U, n, dependencies))

    def __repr__(self) -> str:
        w = ", ".join(f"{x:.4g}" for x in self.w[:8]) + (", …" * (len(self.w) > 8))
        depend = "".join(f", {text}" for text in self.dependencies)
        return (
            f"LossSurface(n = {self.n}: minimum at w = [{w}], b = {self.b:.4g}, "
            f"floor {self.floor:.3g}, max_lr {self.max_lr:.3g}{depend})"
        )

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
            If X, y are not finite arrays of these shapes, or so large that a square overflows, or
            so different in size that no float holds the minimum.
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
        ValueError
            If no float holds the minimum.
        """
        if not isinstance(m, Moments):
            raise TypeError(f"m must be Moments, got {m!r:.60}; pass Moments.of(X, y)")
        return cls._at(*(of_few_features(m) or of_moments(m)))

    @classmethod
    def _at(cls, t: Triangle, at: Minimum) -> LossSurface:
        """Of a column that depends on others, U keeps what these others say of it."""
        if not (math.isfinite(at.b) and math.isfinite(at.floor)):  # if w is not, b is not
            raise ValueError(
                f"X and y must be of like sizes, got data whose minimum is at w = {at.w}, which "
                "no float can hold; rescale the columns"
            )
        U = t.U.copy() if at.dependent else t.U
        for j, c in at.dependent.items():
            U[:-1, j] = t.R @ c
        depend = tuple(describe(t, at.dependent)) if at.dependent else ()
        s: LossSurface = unchecked(
            cls, w=at.w, b=at.b, floor=at.floor, U=U, n=t.n, dependencies=depend
        )
        return s

    @property
    def minimum(self) -> tuple[Array, float]:
        """(w*, b*)."""
        return self.w, self.b

    @property
    @np.errstate(all="ignore")
    def curvature(self) -> Array:
        """H = (1/n) [X 1]ᵀ[X 1] (d+1, d+1), its last row and column for b.

        Infinite, or NaN, where a float ends on the way.
        """
        H: Array = self.U.T @ self.U
        return H

    @property
    def max_lr(self) -> float:
        """2/λ_max: below it, every full-batch step lowers the loss."""
        λ = float(self.axes[0][0])
        return 2 / λ if λ else math.inf

    @property
    def condition_number(self) -> float:
        """λ_max/λ_min of H: (length/width of the bowl)², inf where it is flat, or a float ends."""
        λ = self.axes[0].tolist()
        infinite = self.dependencies or λ[-1] in (0, math.inf)
        return math.inf if infinite else float(λ[0] / λ[-1])

    @functools.cached_property
    @np.errstate(over="ignore", under="ignore")
    def axes(self) -> tuple[Array, Array]:
        """λ (d+1,), falling, and V (d+1, d+1), read-only: H = V diag(λ) Vᵀ.

        The curvature along each principal axis of the bowl, and its direction, a column of V; from
        the singular values of U, whose squares are λ.
        """
        _, σ, Vt = np.linalg.svd(self.U)
        λ = σ**2
        λ.flags.writeable = Vt.flags.writeable = False
        return λ, Vt.T

    def excess(self, w: Any, b: Any) -> Any:
        """L(w, b) − floor = ½‖U(θ − θ*)‖², with all its digits, however near the minimum.

        Parameters
        ----------
        w : (..., d)
        b : scalar or (...)

        Returns
        -------
        (...)
            As w and b broadcast; inf where a float ends on the way.

        Raises
        ------
        TypeError, ValueError
            If w does not hold one weight a feature, or b not one bias a point.
        """
        θ = points(w, b, len(self.w))
        with np.errstate(all="ignore"):
            r = self._residual(θ)
            E = np.einsum("...i,...i", r, r) / 2
        far = np.isnan(E) & np.isfinite(θ).all(-1)  # inf − inf, and no NaN given
        return np.where(far, np.inf, E)[()]

    def loss(self, w: Any, b: Any) -> Any:
        """L(w, b), for any grid of points at once.

        Parameters, Returns and Raises as in `excess`.
        """
        return self.floor + self.excess(w, b)

    def gradient(self, w: Any, b: Any) -> tuple[Array, Any]:
        """∇L = H(θ − θ*) = UᵀU(θ − θ*): (..., d) and (...), for any grid of points at once.

        Parameters and Raises as in `excess`. Infinite, or NaN, where a float ends on the way.
        """
        with np.errstate(all="ignore"):
            g = self._residual(points(w, b, len(self.w))) @ self.U
        return g[..., :-1], g[..., -1]

    def _residual(self, θ: Array) -> Array:
        """U(θ − θ*) (..., d+1)."""
        r: Array = (θ - np.append(self.w, self.b)).dot(self.U.T)
        return r

    @np.errstate(all="ignore")
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
            inf where a float ends on the way.

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or of these shapes, or the two features are not two.
        """
        w1, w2, d = values("w1", w1), values("w2", w2), len(self.w)
        i, j = two_features(d, features)
        θ = np.zeros(d + 1)  # θ − θ*, but for the two
        if w is not None:
            θ[:d] = check_weights(w, d) - self.w
            θ[i] = θ[j] = 0
        θ[d] = 0 if b is None else check_number("b", b) - self.b
        U = self.U * math.sqrt(0.5)  # the square of ‖Uδ‖ is then what lies over the floor
        if b is None:  # the best one takes off all that lies along its column
            _, e = _size_and_direction(U[:, d])
            U -= np.outer(e, e.dot(U))
        Δ1, Δ2 = w1 - self.w[i], w2 - self.w[j]
        p, q, a, r, c, rest = _coordinates(U[:, i], U[:, j], U.dot(θ))
        L: Array = (Δ2 * q + a)[:, None] + Δ1 * p  # L = (…)² + (rΔ₂ + c)² + rest
        L *= L
        r2 = Δ2 * r + c
        L += (r2 * r2 + (rest + self.floor))[:, None]
        L[np.isnan(L)] = np.inf  # of finite numbers: inf − inf
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
        MemoryError
            If the path of all steps has no room.
        DivergenceError
            Where a path leaves the finite numbers, as in `fit`; lr > `max_lr` alone does not.
        """
        if (w := as_real_array("w", w)).ndim == 2:
            b = as_real_array("b", b)
            if b.shape not in ((), (len(w),)):
                raise ValueError(
                    f"b must have shape () or ({len(w)},), got {b.shape}; pass one b a start"
                )
            starts = zip(w, np.broadcast_to(b, len(w)), strict=True)
            return [self.descend(*start, lr=lr, steps=steps) for start in starts]
        lr, steps = check_positive("lr", lr), check_positive_int("steps", steps)
        start = np.append(check_weights(w, len(self.w)), check_number("b", b))
        path = along_the_axes(start, np.append(self.w, self.b), *self.axes, lr, steps)
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
    v, f = v - e * q, f - e * a
    r, e = _size_and_direction(v)
    c = e.dot(f)
    f = f - e * c
    return p, q, a, r, c, f.dot(f)


def _size_and_direction(u: Array) -> tuple[float, Array]:
    size = math.hypot(*u.tolist())
    return size, u / (size or 1.0)
