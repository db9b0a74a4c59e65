"""Arrays that keep the size of their terms, so that a formula gives its own rounding bound.

Each value is kept with the sum of the absolute values of the terms that made it. Evaluate any
formula of additions and multiplications on such arrays, and every program that evaluates the same
formula is within γ_k · size of the value (`reference.rounding`): a bound for formulas that have no
bound of their own, the wrong ones of `reference.checker.diagnosis.faults`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import rounding


class Terms(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of values, and the sizes of their terms.

    Examples
    --------
    >>> x = Terms(np.array([1.0, 2.0]))
    >>> difference = (3 * x - x).sum()
    >>> difference.value, difference.size
    (np.float64(6.0), np.float64(12.0))
    """

    def __init__(self, value: Any, size: Any = None) -> None:
        self.value = np.asarray(value, dtype=float)[()]
        self.size = np.abs(self.value) if size is None else size

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Any:
        if method != "__call__" or ufunc not in SIZES:
            return NotImplemented
        terms = [a if isinstance(a, Terms) else Terms(a) for a in inputs]
        return Terms(ufunc(*(t.value for t in terms)), SIZES[ufunc](*terms))

    def __getitem__(self, index: Any) -> Terms:
        return Terms(self.value[index], self.size[index])

    def __len__(self) -> int:
        return len(self.value)

    @property
    def T(self) -> Terms:
        """Transposed."""
        return Terms(self.value.T, self.size.T)

    def sum(self, axis: int | None = None) -> Terms:
        """As for an array."""
        return Terms(self.value.sum(axis), self.size.sum(axis))

    def mean(self, axis: int | None = None) -> Terms:
        """As for an array."""
        return Terms(self.value.mean(axis), self.size.mean(axis))

    def bound(self, k: int, dtype: Any) -> Any:
        """How far a program of `dtype` may be from `value`, which is computed in float64.

        k is the number of roundings that a term passes. A product with a subnormal adds at most a
        subnormal times the size, which is negligible against γ · size.
        """
        gammas = rounding.gamma(k, dtype) + rounding.gamma(k, np.float64)
        tiny = k * rounding.smallest(dtype)
        bound = gammas * self.size + tiny
        return np.where(self.size < float(np.finfo(dtype).max) / k, bound, np.inf)


def sign_size(a: Terms) -> Any:
    """1; inf where rounding may have changed the sign; 0 for an exact 0."""
    return np.where(np.abs(a.value) > 1e-12 * a.size, 1.0, np.where(a.size == 0, 0.0, np.inf))


SIZES = {
    np.add: lambda a, b: a.size + b.size,
    np.subtract: lambda a, b: a.size + b.size,
    np.multiply: lambda a, b: a.size * b.size,
    np.matmul: lambda a, b: a.size @ b.size,
    np.true_divide: lambda a, b: a.size / np.abs(b.value),  # by numbers, not by sums
    np.negative: lambda a: a.size,
    np.absolute: lambda a: a.size,
    np.sign: sign_size,
    np.minimum: lambda a, b: np.where(a.value <= b.value, a.size, b.size),
    np.maximum: lambda a, b: np.where(a.value >= b.value, a.size, b.size),
    np.sqrt: lambda a: a.size / np.sqrt(a.value),  # twice its first order
}
