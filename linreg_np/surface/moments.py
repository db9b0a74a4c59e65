"""§2: Moments: all that the loss surface needs to know of the data, in one pass and mergeable.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, *Algorithms for Computing the Sample Variance*,
The American Statistician 37 (1983).
"""

from __future__ import annotations

import functools
import itertools
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.frozen import Frozen
from linreg_np._utils.validation import (
    as_real_array,
    check_data,
    check_finite,
    check_positive_int,
    refuse_overflow,
)


class Moments(Frozen):
    """n, the means and the centred second moments of (x, y): a sum of data, whatever their number.

    Read-only float64, comparable and picklable. `a + b` are the moments of both data together, so
    that shards can be summed anywhere: `sum(parts)` works, and 0 is the moments of nothing.

    Parameters
    ----------
    n : int
        Number of samples.
    mean : (d+1,)
        z̄ = (x̄, ȳ), the means of the features and of the label.
    scatter : (d+1, d+1)
        Σᵢ (z⁽ⁱ⁾ − z̄)(z⁽ⁱ⁾ − z̄)ᵀ, z = (x, y).

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit or a number is not finite.

    Examples
    --------
    >>> Moments.of([[1.0], [2.0], [6.0]], [1.0, 2.0, 3.0])
    Moments(n=3, mean=array([3., 2.]), scatter=array([[14.,  5.],
           [ 5.,  2.]]))
    """

    n: int
    mean: NDArray[np.floating]
    scatter: NDArray[np.floating]
    __array_ufunc__ = None  # an array + moments is a TypeError, not an array of sums

    def __init__(self, n: int, mean: ArrayLike, scatter: ArrayLike) -> None:
        super().__init__(
            n=check_positive_int("n", n),
            mean=np.array(as_real_array("mean", mean), float),
            scatter=np.array(as_real_array("scatter", scatter), float),
        )
        k = self.mean.size
        if k < 2 or self.mean.shape != (k,) or self.scatter.shape != (k, k):
            raise ValueError(
                "mean and scatter must have shapes (d+1,) and (d+1, d+1), d at least 1, got "
                f"{self.mean.shape} and {self.scatter.shape}; use Moments.of(X, y)"
            )
        check_finite("mean", self.mean)
        check_finite("scatter", self.scatter)

    @property
    def d(self) -> int:
        """The number of features."""
        return len(self.mean) - 1

    @classmethod
    def of(cls, X: ArrayLike, y: ArrayLike) -> Moments:
        """The moments of data in memory or in a memory map, in one pass.

        Raises
        ------
        TypeError, ValueError
            If X, y are not finite arrays of these shapes, or so large that a square overflows.
        """
        X_, y_ = check_data(X, y)
        try:
            return functools.reduce(operator.add, itertools.starmap(_block, row_blocks(X_, y_)))
        except ValueError:  # moments that are not finite
            refuse_overflow(X=X_, y=y_)

    def __add__(self, other: Any) -> Moments:
        """Both data together: the pairwise update of Chan, Golub and LeVeque.

        n = n_a + n_b,  δ = z̄_b − z̄_a,  z̄ = z̄_a + δ n_b/n,  S = S_a + S_b + δ δᵀ n_a n_b/n
        """
        if isinstance(other, int) and other == 0:
            return self  # the start of sum()
        if not isinstance(other, Moments):
            return NotImplemented
        if self.d != other.d:
            raise ValueError(
                f"moments must be of the same features to be added, got d = {self.d} and "
                f"{other.d}; take the same columns of each part"
            )
        n = self.n + other.n
        with np.errstate(all="ignore"):
            δ = other.mean - self.mean
            mean = self.mean + δ * (other.n / n)
            scatter = self.scatter + other.scatter + np.outer(δ, δ) * (self.n * (other.n / n))
        return Moments(n, mean, scatter)

    __radd__ = __add__


@np.errstate(all="ignore")
def _block(X: NDArray[np.floating], y: NDArray[np.floating]) -> Moments:
    """The moments of a few rows; the columns of Z are z⁽ⁱ⁾ = (x⁽ⁱ⁾, y⁽ⁱ⁾)."""
    Z = np.empty((X.shape[1] + 1, len(y)))
    Z[:-1], Z[-1] = X.T, y
    mean = Z.sum(axis=1) / len(y)
    Z -= mean[:, None]
    return Moments(len(y), mean, Z.dot(Z.T))
