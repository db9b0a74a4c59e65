"""§2: the loss is a quadratic bowl: its minimum, its value anywhere, and the descent from there.

Source: S. Boyd, L. Vandenberghe, *Convex Optimization*, §9.1.1.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linreg_np._utils.frozen import Frozen, unchecked
from linreg_np._utils.validation import (
    as_real_array,
    check_data,
    check_number,
    check_positive,
    check_positive_int,
    check_weights,
)
from linreg_np.surface.descent import closed_form_path
from linreg_np.surface.divergence import warn_if_diverged
from linreg_np.surface.least_squares import Minimum, fit_data, fit_moments
from linreg_np.surface.moments import Moments
from linreg_np.trajectory import DivergenceError, Trajectory


class LossSurface(Frozen):
    """L(w, b) = min_loss + ½ (θ − θ*)ᵀ H (θ − θ*),  θ = (w, b): the loss, without the data   (§2)

    §1.2 is a square of something linear in θ, so its Taylor series at the minimum θ* ends after
    the second term, and the first is zero there. Made by `from_data` or `from_moments`; read-only
    float64 whatever the precision of the data, comparable and picklable.

    H is kept as H = UᵀU: the second term is then ½‖U(θ − θ*)‖², which cannot turn negative, nor
    cancel near the minimum as ½θᵀHθ − cᵀθ + k would.

    Attributes
    ----------
    w : (d,)
        w*, the weights of least loss; if there are many, those of least norm.
    b : float
        b*, the bias of least loss.
    min_loss : float
        L(w*, b*): what no line can explain.
    U : (d+1, d+1)
        With H = UᵀU. The last row and column belong to b.
    n : int
        Number of samples.
    rank : int
        d, or less if columns of X and a constant depend on each other: these columns can give
        each other weight without a change in loss.

    Examples
    --------
    >>> surface = LossSurface.from_data([[0.0], [2.0]], [1.0, 3.0])
    >>> surface
    LossSurface(n = 2: minimum at w = [1], b = 1, min_loss 0, max_lr 0.764)
    >>> float(surface.loss([0], 0))  # ½ (1² + 3²)/2
    2.5
    """

    w: NDArray[np.floating]
    b: float
    min_loss: float
    U: NDArray[np.floating]
    n: int
    rank: int

    def __init__(self, *arguments: object, **keywords: object) -> None:
        raise TypeError(
            "LossSurface must be made from data or moments, got a call of the class; "
            "use LossSurface.from_data(X, y) or LossSurface.from_moments(m)"
        )

    def __repr__(self) -> str:
        w = ", ".join(f"{x:.4g}" for x in self.w[:8]) + (", …" * (len(self.w) > 8))
        rank = f", rank {self.rank} of {len(self.w)}" * (self.rank < len(self.w))
        return (
            f"LossSurface(n = {self.n}: minimum at w = [{w}], b = {self.b:.4g}, "
            f"min_loss {self.min_loss:.3g}, max_lr {self.max_lr:.3g}{rank})"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: the same line, and contours through the minimum.

        Of one feature over (w, b), of more over (w₁, w₂).
        """
        from linreg_np._utils.svg import contours_svg

        names = ("w", "b") if len(self.w) == 1 else ("w₁", "w₂")
        return contours_svg(
            repr(self), np.append(self.w, self.b)[:2], self.curvature[:2, :2], names
        )

    @classmethod
    def from_data(cls, X: ArrayLike, y: ArrayLike) -> LossSurface:
        """The surface of these data, accurate even where the columns are nearly dependent.

        By QR, and two steps of Newton with the gradient in twice the precision: in three passes
        and with little memory, so that memory maps are welcome. `from_moments` takes one pass,
        and is as good unless features are strongly correlated. One feature may be x (n,).

        Raises
        ------
        TypeError, ValueError
            If X, y are not finite arrays of these shapes, or so large that a square overflows, or
            so different in size that the minimum overflows.
        """
        return cls._at(fit_data(*check_data(X, y)))

    @classmethod
    def from_moments(cls, m: Moments) -> LossSurface:
        """The surface of the data that `m` was taken from, without the data.

        Columns that agree with others to more than 7 digits count as dependent here.

        Raises
        ------
        TypeError, ValueError
            If `m` is not `Moments`, or the minimum overflows.
        """
        if not isinstance(m, Moments):
            raise TypeError(f"m must be Moments, got {m!r:.60}; pass Moments.of(X, y)")
        return cls._at(fit_moments(m))

    @classmethod
    def _at(cls, at: Minimum) -> LossSurface:
        if not (math.isfinite(at.b) and math.isfinite(at.min_loss)):  # if w is not, b is not
            raise ValueError(
                "X and y must be of similar size, got data whose minimum overflows float64 "
                f"(w = {at.w}); rescale the columns"
            )
        return unchecked(cls, w=at.w, b=at.b, min_loss=at.min_loss, U=at.U, n=at.n, rank=at.rank)

    @property
    def minimum(self) -> tuple[NDArray[np.floating], float]:
        """(w*, b*)."""
        return self.w, self.b

    @property
    @np.errstate(all="ignore")
    def curvature(self) -> NDArray[np.floating]:
        """H = (1/n) [X 1]ᵀ[X 1] (d+1, d+1), its last row and column for b.

        inf or NaN where a number overflows.
        """
        return self.U.T @ self.U

    @property
    def max_lr(self) -> float:
        """2/λ_max: below it, every full-batch step lowers the loss."""
        return 2 / float(self.principal_axes[0][0])

    @property
    def condition_number(self) -> float:
        """λ_max/λ_min of H: (length/width of the bowl)²; inf where it is flat or overflows."""
        λ = self.principal_axes[0].tolist()
        return math.inf if self.rank < len(self.w) or λ[-1] == 0 else float(λ[0] / λ[-1])

    @functools.cached_property
    @np.errstate(over="ignore", under="ignore")
    def principal_axes(self) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """λ (d+1,), falling, and V (d+1, d+1), read-only: H = V diag(λ) Vᵀ.

        The curvature along each principal axis of the bowl, and its direction, a column of V; from
        the singular values of U, whose squares are λ.
        """
        _, σ, Vt = np.linalg.svd(self.U)
        λ = σ**2
        λ.flags.writeable = Vt.flags.writeable = False
        return λ, Vt.T

    def excess(self, w: ArrayLike, b: ArrayLike) -> Any:
        """L(w, b) − min_loss = ½‖U(θ − θ*)‖², with all its digits, however near the minimum.

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
            If w does not hold one weight a feature, or b not one bias a point.
        """
        with np.errstate(all="ignore"):
            return 0.5 * (self._residual(w, b) ** 2).sum(axis=-1)

    def loss(self, w: ArrayLike, b: ArrayLike) -> Any:
        """L(w, b), for any grid of points at once: w (..., d), b scalar or (...)."""
        return self.min_loss + self.excess(w, b)

    def gradient(self, w: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.floating], Any]:
        """∇L = H(θ − θ*) = UᵀU(θ − θ*): (..., d) and (...), for w and b as in `excess`.

        inf or NaN where a number overflows.
        """
        with np.errstate(all="ignore"):
            g = self._residual(w, b) @ self.U
        return g[..., :-1], g[..., -1]

    def _residual(self, w: ArrayLike, b: ArrayLike) -> NDArray[np.floating]:
        """U(θ − θ*) (..., d+1)."""
        θ = stack_parameters(w, b, len(self.w))
        r: NDArray[np.floating] = (θ - np.append(self.w, self.b)).dot(self.U.T)
        return r

    @np.errstate(all="ignore")
    def grid(
        self,
        w1: ArrayLike,
        w2: ArrayLike,
        *,
        b: float | None = None,
        w: ArrayLike | None = None,
        features: tuple[int, int] = (0, 1),
    ) -> NDArray[np.floating]:
        """L over a rectangle of two weights, for pictures: L[i, j] is the loss at (w1[j], w2[i]).

        The order is that of matplotlib: `ax.contour(w1, w2, L)`. Of one feature it is the bowl over
        (w, b), `grid(w, b)`, without options.

        Parameters
        ----------
        w1, w2 : (k1,), (k2,)
            The values of the two weights; of one feature, those of w and of b.
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
        w1, w2, d = check_weights(w1, name="w1"), check_weights(w2, name="w2"), len(self.w)
        if d == 1 and b is None and w is None and type(features) is tuple and features == (0, 1):
            bowl: NDArray[np.floating] = self.loss(w1[:, None], w2[:, None])
            return bowl
        i, j = check_feature_pair(d, features)
        rest = np.zeros(d + 1)  # θ − θ* without the two weights
        rest[:d] = 0 if w is None else check_weights(w, d) - self.w
        rest[[i, j]] = 0
        rest[d] = 0 if b is None else check_number("b", b) - self.b
        along_w1 = self.U[:, i, None] * (w1 - self.w[i])
        along_w2 = self.U[:, j, None] * (w2 - self.w[j]) + (self.U @ rest)[:, None]
        r = along_w1[:, None, :] + along_w2[:, :, None]  # U(θ − θ*), its components first
        if b is None:
            r[-1] = 0  # which is what the best b does
        L: NDArray[np.floating] = self.min_loss + 0.5 * (r * r).sum(axis=0)
        return L

    def descend(self, w: ArrayLike, b: float, *, lr: float, steps: int) -> Trajectory:
        """The path of full-batch descent, `fit` with all samples in each batch, in closed form.

        Along an eigenvector of H with eigenvalue λ each step multiplies the distance from the
        minimum by 1 − ηλ, and so does the gradient: θₜ = θ* + V (1 − ηΛ)ᵗ Vᵀ (θ₀ − θ*).

        Parameters
        ----------
        w, b : (d,) and scalar
            Where to start.

        Returns
        -------
        Trajectory
            As `fit` records it, every step an epoch.

        Raises
        ------
        TypeError, ValueError
            If an argument is not finite or of these shapes.
        MemoryError
            If the path of all steps has no room.
        DivergenceError
            Where a path overflows, as in `fit`.

        Warns
        -----
        DivergenceWarning
            Where the loss grew, as in `fit`.
        """
        lr, steps = check_positive("lr", lr), check_positive_int("steps", steps)
        start = np.append(check_weights(w, len(self.w)), check_number("b", b))
        θ = np.append(self.w, self.b)
        path = closed_form_path(start, θ, *self.principal_axes, lr, steps)
        if path.steps < steps:
            raise DivergenceError(path, lr, self.max_lr)
        losses = tuple(float(self.loss(*path[t])) for t in (0, -1))
        return warn_if_diverged(path, losses, lambda: self.min_loss, lr, lambda: self.max_lr, 2)


def stack_parameters(w: ArrayLike, b: ArrayLike, d: int) -> NDArray[np.floating]:
    """θ = (w, b) as rows (..., d+1): w and b, broadcast.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> stack_parameters([[1, 2], [3, 4]], 5, 2)
    array([[1., 2., 5.],
           [3., 4., 5.]])
    """
    w, b = as_real_array("w", w), as_real_array("b", b)
    if w.ndim == 0 and d == 1:
        w = w.reshape(1)
    if w.shape[-1:] != (d,):
        raise ValueError(
            f"w must have shape (..., {d}), one weight a feature, got {w.shape}; "
            "pass the points of a grid as rows"
        )
    try:
        θ = np.empty((*np.broadcast_shapes(w.shape[:-1], b.shape), d + 1))
    except ValueError:
        raise ValueError(f"b must be a number or one a point of w, got shape {b.shape}") from None
    θ[..., :d], θ[..., d] = w, b
    return θ


def check_feature_pair(d: int, features: tuple[int, int]) -> tuple[int, int]:
    """The numbers of two different features, of d.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_feature_pair(3, (0, 2))
    (0, 2)
    """
    pair = as_real_array("features", features)
    if pair.shape != (2,) or pair.dtype.kind not in "iu" or len({*pair.tolist()} & {*range(d)}) < 2:
        raise ValueError(
            f"features must be two different numbers from 0 to {d - 1}, got {features!r:.60}; pass "
            "e.g. features=(0, 1); of one feature, pass w and b, without options"
        )
    return int(pair[0]), int(pair[1])
