"""§2: Moments: all that the loss surface needs to know of the data, in one pass and mergeable.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, *Algorithms for Computing the Sample Variance*,
The American Statistician 37 (1983).
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from itertools import starmap
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.frozen import Frozen, unchecked
from linreg_np._utils.types import RealArray
from linreg_np._utils.validation import (
    as_real_array,
    check_finite,
    check_positive_int,
    check_X,
    check_y,
)

TOO_LARGE = (
    "X and y must be so small that sums of their squares are finite, got numbers near the largest "
    "float; rescale the columns"
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
        arrays = {"mean": mean, "scatter": scatter}
        copies = {k: np.array(as_real_array(k, a), dtype=np.float64) for k, a in arrays.items()}
        super().__init__(n=check_positive_int("n", n), **copies)
        k = self.mean.size
        if k < 2 or self.mean.shape != (k,) or self.scatter.shape != (k, k):
            raise ValueError(
                "mean and scatter must have shapes (d+1,) and (d+1, d+1), d at least 1, got "
                f"{self.mean.shape} and {self.scatter.shape}; use Moments.of(X, y)"
            )
        check_finite("mean", self.mean)
        check_finite("scatter", self.scatter)

    @classmethod
    def _finite(cls, n: int, mean: NDArray[np.floating], scatter: NDArray[np.floating]) -> Moments:
        """From new float64 arrays of these shapes; the mean is finite if the scatter is."""
        try:
            check_finite("scatter", scatter)
        except ValueError:
            raise ValueError(TOO_LARGE) from None
        m: Moments = unchecked(cls, n=n, mean=mean, scatter=scatter)
        return m

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
        X_ = check_X(X, check_values=False)
        y_ = check_y(y, len(X_), check_values=False)
        try:
            return _sum(starmap(_block, row_blocks(X_, y_)))
        except ValueError:  # moments that are not finite
            refuse_overflow(X_, y_)

    @classmethod
    def of_batches(cls, batches: Iterable[tuple[ArrayLike, ArrayLike]]) -> Moments:
        """The moments of data that come in parts, one part in memory at a time.

        The parts are merged in pairs, and the pairs in pairs: rounding grows with the logarithm
        of their number only, and no more moments are kept than that logarithm. If the parts are
        blocks of a memory map, a map that is opened for each block frees its memory at once.

        Raises
        ------
        TypeError, ValueError
            As `of`, with the number of the batch; also if there is no batch, one is not a pair,
            batches differ in d, or their sum is too large.
        """
        try:
            numbered = enumerate(batches)
        except TypeError:
            raise TypeError(
                f"batches must be an iterable of (X, y), got {reprlib.repr(batches)}; pass e.g. "
                "[(X, y)]"
            ) from None
        return _sum(map(_of_batch, numbered))

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
        return Moments._finite(n, mean, scatter)

    __radd__ = __add__


def _sum(parts: Iterable[Moments]) -> Moments:
    """In pairs, and the pairs in pairs, like a binary counter that carries."""
    pairs: list[Moments] = []
    for k, part in enumerate(parts, start=1):
        while k % 2 == 0:
            part, k = pairs.pop() + part, k // 2
        pairs.append(part)
    if not pairs:
        raise ValueError("batches must hold at least one (X, y), got none; pass some samples")
    return sum(reversed(pairs[:-1]), start=pairs[-1])


def _of_batch(numbered: tuple[int, Any]) -> Moments:
    """The moments of batch k, whose errors name it."""
    k, batch = numbered
    try:
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise TypeError(f"it must be a pair (X, y), got {reprlib.repr(batch)}; pass (X, y)")
        return Moments.of(*batch)
    except (TypeError, ValueError) as error:
        raise type(error)(f"in batch {k} (counted from 0): {error}") from None


@np.errstate(all="ignore")
def _block(X: NDArray[np.floating], y: NDArray[np.floating]) -> Moments:
    """The moments of a few rows; the columns of Z are z⁽ⁱ⁾ = (x⁽ⁱ⁾, y⁽ⁱ⁾)."""
    Z = np.empty((X.shape[1] + 1, len(y)))
    Z[:-1], Z[-1] = X.T, y
    mean = Z.sum(axis=1) / len(y)
    Z -= mean[:, None]
    return Moments._finite(len(y), mean, Z.dot(Z.T))


def refuse_overflow(X: RealArray, y: RealArray) -> NoReturn:
    """Say why the second moments of X, y are not finite.

    Raises
    ------
    ValueError
    """
    check_finite("X", X)
    check_finite("y", y)
    raise ValueError(TOO_LARGE)
