"""Argument validation: errors state the requirement, the value received, and how to fix it.

Public functions validate shape, type and finiteness once, where data enter (`fit`,
`synthetic_data`, `Trajectory`, …); internal functions contain only their equation.
"""

from __future__ import annotations

import functools
import inspect
import math
import numbers
import reprlib
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
from numpy import ndarray

from linreg_np._utils.blocks import row_blocks
from linreg_np._utils.types import Array, RealArray

P = ParamSpec("P")
T = TypeVar("T")

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
FLOAT_SCALARS = {float, np.float64, np.float32}


def as_float(name: str, a: Any) -> float | np.floating | Array:
    """float64 and float32 as they are; integers, bools and lists in float64.

    Python numbers stay Python numbers, which take the precision of what they are combined with.

    Raises
    ------
    TypeError
        If `a` is not made of real numbers.

    Examples
    --------
    >>> as_float("w", [1, 2])
    array([1., 2.])
    """
    if isinstance(a, int | float | np.integer | np.bool) and not isinstance(a, np.float64):
        return float(a)
    a = as_real_array(name, a)[()]
    dtype = np.float32 if a.dtype == ">f4" else np.float64
    return a if a.dtype in FLOATS else a.astype(dtype)  # type: ignore[no-any-return]


def convert_args_to_float(f: Callable[P, T]) -> Callable[P, T]:
    """Apply `as_float` to each argument of `f`, so that the body of `f` can be its equation.

    Without it int8 would overflow in Xw, and bools would be combined by a logical or. Shapes that
    do not match are an error that names the argument, also those of which NumPy makes something
    else in silence: predictions, which need X but no y, are one number a sample.
    """
    signature = inspect.signature(f)
    predicts = "X" in signature.parameters and "y" not in signature.parameters

    @functools.wraps(f)
    def g(*args: P.args, **kwargs: P.kwargs) -> T:
        a: Any
        for a in args:
            if not (a.dtype in FLOATS if type(a) is ndarray else type(a) in FLOAT_SCALARS):
                break
        else:  # a shortcut for the usual case: all are floats already
            if not kwargs:
                try:
                    result: Any = f(*args)  # type: ignore[call-arg]
                except (ValueError, AttributeError):  # a Python float has no dot
                    check_shapes(**signature.bind(*args).arguments)
                    raise
                if predicts and result.ndim != 1:
                    check_shapes(*args[:2])
                return result  # type: ignore[no-any-return]
        given = signature.bind(*args, **kwargs).arguments
        check_same_index(given.get("X"), given.get("y"))
        return g(*(as_float(name, a) for name, a in given.items()))  # type: ignore[call-arg, arg-type]

    return g


def check_shapes(
    X: Any = None, w: Any = None, x: Any = None, grad_w: Any = None, **_: object
) -> None:
    """Refuse w or its gradient where these are why shapes do not match; x is one sample.

    Raises
    ------
    ValueError
    """
    features = check_X(X, w)[0] if X is not None else x
    if np.ndim(features) == 1 and np.ndim(X) != 1:
        check = functools.partial(_check_vector, "w", np.asarray(w), plain=False)
        check(len(features), "one weight per feature")
    if grad_w is not None:
        _check_vector("grad_w", np.asarray(grad_w), np.size(w), "one number per weight")


def check_same_index(X: object, y: object) -> None:
    """Refuse to pair the rows of pandas objects by position where their labels are others.

    Raises
    ------
    ValueError
    """
    ours: Any = getattr(X, "index", None)
    theirs: Any = getattr(y, "index", None)
    if hasattr(ours, "equals") and hasattr(theirs, "equals") and not ours.equals(theirs):
        raise ValueError(
            f"X and y must have the same index, got {reprlib.repr(list(ours))} and "
            f"{reprlib.repr(list(theirs))}; pass y.loc[X.index], or to pair the rows as they "
            "stand X.to_numpy() and y.to_numpy()"
        )


def as_real_array(name: str, value: object) -> RealArray:
    """`value` as an array, if it is made of real numbers.

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
    except Exception as error:  # an object's own __array__ may raise anything
        raise TypeError(f"{rule}, got {type(value).__name__}: {error}; pass numbers") from None
    if a.dtype.kind not in "biuf" or a.dtype.itemsize > 8:
        raise TypeError(
            f"{rule}, got {type(value).__name__} of dtype {a.dtype}; remove or encode what is not "
            f"a number, then pass np.asarray({name}, dtype=float)"
        )
    return a


def check_X(X: object, w: object = None) -> RealArray:
    """X as a real, non-empty 2-D array; the values are not looked at.

    x of shape (n,) is one feature if w is a number or not given: (n, 1). With several weights it
    could as well be one sample, so it is refused.

    Raises
    ------
    TypeError, ValueError
    """
    A = as_real_array("X", X)
    if A.ndim == 1 and (w is None or is_scalar(w)):
        A = A[:, None]
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(
            f"X must be 2-D and not empty, one sample a row, got shape {A.shape}; "
            "for a single feature pass X.reshape(-1, 1), for a single sample X.reshape(1, -1)"
        )
    return A


def is_scalar(a: object) -> bool:
    """Whether this is one number, not in an array of any length."""
    return isinstance(a, numbers.Real) or (isinstance(a, ndarray) and a.ndim == 0)


def check_data(X: object, y: object, w: object = None) -> tuple[RealArray, RealArray]:
    """X (n, d) and y (n,), with x (n,) as one feature as in `check_X`; pandas indexes must agree.

    Raises
    ------
    TypeError, ValueError
    """
    check_same_index(X, y)
    A = check_X(X, w)
    return A, check_y(y, len(A))


def check_y(y: object, n: int) -> RealArray:
    """y as a real array of shape (n,); the values are not looked at.

    Raises
    ------
    TypeError, ValueError
    """
    a = as_real_array("y", y)
    return _check_vector("y", a, n, "one label per row of X", plain=type(y) is ndarray)


def check_weights(w: object, d: int | None = None, *, name: str = "w") -> RealArray:
    """w as a real, finite array of shape (d,), or of any length if d is None.

    For one feature it may be a number.

    Raises
    ------
    TypeError, ValueError
    """
    a = as_real_array(name, w)
    if a.ndim == 0 and d == 1:
        a = a.reshape(1)
    _check_vector(name, a, d or max(1, a.size), "one weight per feature", plain=type(w) is ndarray)
    check_finite(name, a)
    return a


def _check_vector(
    name: str, a: RealArray, length: int, meaning: str, *, plain: bool = True
) -> RealArray:
    if a.shape != (length,):
        array = name if plain else f"np.asarray({name})"  # a matrix stays 2-D, a list has no ravel
        fix = f"{array}.ravel()" if a.size == length else f"{length} number(s)"
        raise ValueError(
            f"{name} must have shape ({length},), {meaning}, got {a.shape}; pass {fix}"
        )
    return a


def check_finite(name: str, a: RealArray) -> None:
    """Refuse NaN and infinity, naming the first such row.

    Raises
    ------
    ValueError
    """
    row = 0
    for block, _ in row_blocks(a, a):
        bad = ~np.isfinite(block)
        if bad.any():
            row += int(np.argwhere(bad)[0][0])
            raise ValueError(
                f"{name} must be finite, got {block[bad][0]} in row {row} (counted from 0); "
                "remove or fill NaN and infinity first"
            )
        row += len(block)


def refuse_overflow(**data: RealArray) -> NoReturn:
    """Say why sums of squares of the data are not finite.

    Raises
    ------
    ValueError
    """
    for name, a in data.items():
        check_finite(name, a)
    raise ValueError(
        f"{' and '.join(data)} must be so small that sums of squares are finite, got numbers near "
        "the largest float; rescale the columns"
    )


def check_number(name: str, value: object) -> float:
    """`value` as a finite real number.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be one real number, got {reprlib.repr(value)}; pass a float")
    try:
        x = float(value)
    except (OverflowError, TypeError):  # an int that is too large; np.timedelta64
        x = math.nan
    if not math.isfinite(x):
        raise ValueError(f"{name} must be finite, got {reprlib.repr(value)}; pass a finite number")
    return x


def check_positive(name: str, value: object, *, or_zero: bool = False) -> float:
    """`value` as a finite number greater than zero (or, where allowed, zero).

    Raises
    ------
    TypeError, ValueError
    """
    x = check_number(name, value)
    if x < 0 or (x == 0 and not or_zero):
        rule = "zero or more" if or_zero else "greater than zero"
        raise ValueError(f"{name} must be {rule}, got {reprlib.repr(value)}; pass a larger number")
    return x


def check_positive_int(name: str, value: Any) -> int:
    """`value` as an integer from 1 up.

    Raises
    ------
    TypeError, ValueError
    """
    x = check_positive(name, value)
    if not x.is_integer():
        got = reprlib.repr(value)
        raise ValueError(f"{name} must be an integer, got {got}; pass {max(1, round(x))}")
    return int(value)  # not int(x): x has 53 bits only


def check_weight_number(j: int, x: Any) -> int:
    """j, if x has a feature of that number.

    Raises
    ------
    IndexError
    """
    if not -len(x) <= j < len(x):
        raise IndexError(f"j must be from 0 to {len(x) - 1}, the number of a weight, got {j}")
    return j


def check_rng(rng: object) -> np.random.Generator:
    """`rng` itself if it is a Generator, or a new one from a seed or None.

    Raises
    ------
    TypeError, ValueError
    """
    if rng is not None and not isinstance(rng, np.random.Generator | int | np.integer):
        raise TypeError(
            f"rng must be a numpy.random.Generator, a seed or None, got {reprlib.repr(rng)}; "
            "pass np.random.default_rng(0)"
        )
    if isinstance(rng, int | np.integer) and rng < 0:
        raise ValueError(f"rng as a seed must be zero or more, got {reprlib.repr(rng)}; pass rng=0")
    return np.random.default_rng(rng)


def empty(shape: tuple[int, ...], dtype: Any, **size: int) -> Array:
    """An array not yet filled, whose length is due to the argument `size`.

    Raises
    ------
    MemoryError
    """
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError):
        ((name, value),) = size.items()
        raise MemoryError(
            f"{name} must be so small that the result fits in memory, got {value}, for an array "
            f"of shape {shape}; do it in parts"
        ) from None
