"""The front doors' checks: each error states the rule, what came, and the way out.

Shapes, types and finiteness are questioned once, where data enter (`fit`, `synthetic_data`,
`Trajectory`, …); behind the doors the functions are their equations and nothing else.
"""

from __future__ import annotations

import functools
import math
import numbers
import reprlib
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy import ndarray

Array = ndarray
P = ParamSpec("P")
T = TypeVar("T")

SCALARS = {float, np.float64, np.float32}
FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
BLOCK = 1 << 20  # elements looked at together, so that a check of a huge array stays small


def as_float(a: Any) -> Any:
    """Float64 and float32 as they are; integers, bools and lists in float64.

    Python numbers stay Python numbers, which take the precision of what they meet.

    Raises
    ------
    TypeError
        If `a` is not made of real numbers.

    Examples
    --------
    >>> as_float([1, 2])
    array([1., 2.])
    """
    if isinstance(a, int | float | np.integer | np.bool) and not isinstance(a, np.float64):
        return float(a)
    a = real_array("a", a)[()]
    return a if a.dtype in FLOATS else a.astype(np.float32 if a.dtype == ">f4" else np.float64)


def in_floats(f: Callable[P, T]) -> Callable[P, T]:
    """Let `f` see only floats, so that its body can be its equation: `as_float` of each argument.

    Without it int8 would overflow in Xw and bools would be or-ed.
    """

    @functools.wraps(f)
    def g(*args: P.args, **kwargs: P.kwargs) -> T:
        a: Any
        for a in args:
            if not (a.dtype in FLOATS if type(a) is ndarray else type(a) in SCALARS):
                break
        else:  # the usual case, kept fast: all are floats already
            if not kwargs:
                return f(*args)  # type: ignore[call-arg]
        return f(*map(as_float, args), **{k: as_float(v) for k, v in kwargs.items()})

    return g


def real_array(name: str, value: Any) -> Array:
    """The array that `value` is, if it is made of real numbers.

    Raises
    ------
    TypeError
        For strings, objects, complex numbers, None, masked entries, ragged lists.
    """
    rule = f"{name} must be an array of real numbers"
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{rule}, got a masked array; pass {name}.filled(…)")
    try:
        a = np.asarray(value)
    except Exception as error:  # whatever a foreign __array__ raises
        raise TypeError(f"{rule}, got {type(value).__name__}: {error}; pass numbers") from None
    if a.dtype.kind not in "biuf" or a.dtype.itemsize > 8:
        raise TypeError(
            f"{rule}, got {_kind(value, a)}; leave out or encode what is no number, then pass "
            f"np.asarray({name}, dtype=float)"
        )
    return a


def _kind(value: Any, a: Array) -> str:
    """What came, in words: the dtype of an array, the type of anything else."""
    if value is None or isinstance(value, str | bytes):
        return reprlib.repr(value)
    return f"{type(value).__name__} of dtype {a.dtype}"


def features(X: Any, *, read: bool = True) -> Array:
    """X as a real, finite, non-empty 2-D array.

    The entries of a memory map are not read here, nor any where `read` is false: the caller
    meets them batch by batch.

    Raises
    ------
    TypeError, ValueError
    """
    A = real_array("X", X)
    if A.ndim != 2:
        raise ValueError(
            f"X must be 2-D, one sample a row, got shape {A.shape}; "
            "for a single feature pass X.reshape(-1, 1), for a single sample X.reshape(1, -1)"
        )
    if A.shape[0] == 0:
        raise ValueError(f"X must have at least one row, got shape {A.shape}; pass some samples")
    if A.shape[1] == 0:
        raise ValueError(f"X must have at least one column, got shape {A.shape}; pass features")
    if read and not isinstance(X, np.memmap):
        finite("X", A)
    return A


def labels(y: Any, n: int, *, read: bool = True) -> Array:
    """y as a real, finite array of shape (n,); for `read` see `features`.

    Raises
    ------
    TypeError, ValueError
    """
    a = real_array("y", y)
    if a.shape in ((n, 1), (1, n)):
        raise ValueError(
            f"y must have shape ({n},), got {a.shape}: "
            f"ŷ − y would broadcast to {np.broadcast_shapes((n,), a.shape)}; pass y.ravel()"
        )
    if a.ndim != 1:
        raise ValueError(f"y must have shape ({n},), got {a.shape}; pass one label a sample")
    if len(a) != n:
        raise ValueError(
            f"X and y must have one row each per sample, got {n} rows of X and {len(a)} of y; "
            "pass the labels of these very samples"
        )
    if read and not isinstance(y, np.memmap):
        finite("y", a)
    return a


def weights(w: Any, d: int | None = None, *, name: str = "w") -> Array:
    """w (or what `name` says) as a real, finite array of shape (d,); of any length if d is None.

    Raises
    ------
    TypeError, ValueError
    """
    a = real_array(name, w)
    if a.ndim != 1 or a.size == 0 or (d is not None and len(a) != d):
        rule = f"{name} must have shape ({'d' if d is None else d},), got {a.shape}"
        column = a.ndim == 2 and 1 in a.shape
        raise ValueError(f"{rule}; pass {f'{name}.ravel()' if column else 'one weight a feature'}")
    finite(name, a)
    return a


def finite(name: str, a: Array) -> None:
    """Refuse NaN and infinity, naming the first bad row.

    Raises
    ------
    ValueError
    """
    if a.size <= BLOCK and np.count_nonzero(np.isfinite(a)) == a.size:
        return  # the usual case, kept fast
    for row, block in _blocks(a):
        good = np.isfinite(block)
        if not good.all():
            bad = ~good
            at = row + int(np.argwhere(bad)[0][0])
            raise ValueError(
                f"{name} must be finite, got {block[bad][0]} in row {at} (counted from 0); "
                "drop or fill what is NaN or infinite first"
            )


def _blocks(a: Array) -> Iterator[tuple[int, Array]]:
    """(first row, rows) of `a`, about BLOCK elements at a time."""
    if a.size <= BLOCK:
        return iter(((0, a),))
    rows = max(1, BLOCK // a[:1].size)
    return ((i, a[i : i + rows]) for i in range(0, len(a), rows))


def number(name: str, value: Any) -> float:
    """`value` as a finite real number.

    Raises
    ------
    TypeError, ValueError
    """
    if type(value) is float and math.isfinite(value):
        return value  # the usual case, kept fast
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, numbers.Real | np.bool):
        raise TypeError(f"{name} must be one real number, got {reprlib.repr(value)}; pass a float")
    try:
        x = float(value)
    except OverflowError:
        x = math.inf
    except Exception:  # a time difference, say, which NumPy counts among the whole numbers
        x = math.nan
    if not math.isfinite(x):
        raise ValueError(f"{name} must be finite, got {reprlib.repr(value)}; pass a finite number")
    return x


def positive(
    name: str, value: Any, *, or_zero: bool = False, way_out: str = "a small number such as 0.03"
) -> float:
    """`value` as a finite number over zero (or, where allowed, zero).

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be a number, got {reprlib.repr(value)}; pass {way_out}")
    x = number(name, value)
    if x < 0 or (x == 0 and not or_zero):
        rule = "zero or more" if or_zero else "greater than zero"
        raise ValueError(f"{name} must be {rule}, got {reprlib.repr(value)}; pass {way_out}")
    return x


def whole(name: str, value: Any, *, at_most: int | None = None) -> int:
    """`value` as a whole number from 1 up.

    Raises
    ------
    TypeError, ValueError
    """
    x, got = positive(name, value, way_out="1 or more"), reprlib.repr(value)
    if not x.is_integer():
        raise ValueError(f"{name} must be a whole number, got {got}; pass {max(1, round(x))}")
    if at_most is not None and x > at_most:
        raise ValueError(
            f"{name} must be at most the number of samples, {at_most}, got {got}; "
            f"pass {name}={at_most} for full-batch descent"
        )
    return int(value)  # not of x, which has 53 bits


def generator(rng: Any) -> np.random.Generator:
    """The Generator that `rng` is or, for a seed or None, begins.

    Raises
    ------
    TypeError
    """
    if rng is not None and not isinstance(rng, np.random.Generator | int | np.integer):
        raise TypeError(
            f"rng must be a numpy.random.Generator, a seed or None, got {reprlib.repr(rng)}; "
            "pass np.random.default_rng(0)"
        )
    if isinstance(rng, int | np.integer) and rng < 0:
        raise ValueError(f"rng as a seed must be zero or more, got {reprlib.repr(rng)}; pass rng=0")
    return np.random.default_rng(rng)
