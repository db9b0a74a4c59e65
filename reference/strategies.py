"""Hypothesis strategies that draw regression problems, for property tests of any program.

from hypothesis import given
from reference.strategies import problems

@given(problems())
def test_my_gradient(problem):
    X, y, w, b = problem
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[np.floating]

LAYOUTS = ("C", "Fortran", "strided", "reversed", "read-only", "memory-mapped")


class Problem(NamedTuple):
    """X (n, d), y (n,), w (d,), b scalar, all of one dtype: the arguments of `gradient`."""

    X: Array
    y: Array
    w: Array
    b: np.floating


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    max_n: int = 40,
    max_d: int = 10,
    dtypes: Sequence[DTypeLike] = (np.float64, np.float32),
    layouts: Sequence[str] = LAYOUTS,
    extreme: bool = True,
    max_exponent: int = 100,
) -> Problem:
    """Draw a regression problem; failures shrink to small integers in few rows and columns.

    Parameters
    ----------
    max_n, max_d
        The largest n and d; the smallest are 1.
    dtypes
        The precisions to draw from.
    layouts
        The memory layouts of X and y to draw from, out of `LAYOUTS`.
    extreme
        Also draw magnitudes from 1e-100 to 1e100 (1e-10 to 1e10 in float32), huge offsets, zero,
        constant and collinear columns, and labels whose residual is exactly zero.
    max_exponent
        Draw magnitudes up to 10 to the power of this, in float64.

    >>> from hypothesis import find
    >>> find(problems(dtypes=[np.float64], layouts=["C"]), lambda p: p.X[0, 0] != 0)
    Problem(X=array([[1.]]), y=array([0.]), w=array([0.]), b=np.float64(0.0))
    """
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    style = draw(st.sampled_from([small, normal, *(EXTREME if extreme else [])]))
    n, d = draw(st.integers(1, max_n)), draw(st.integers(1, max_d))
    size = (max_n + 1) * (max_d + 1)  # the same for all n and d, so that these can shrink
    code = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), np.uint8)
    table = (small if style is small else normal)(code).reshape(max_n + 1, max_d + 1)
    problem = Problem(table[:n, :d], table[:n, -1], table[-1, :d], table[-1, -1])
    if style in EXTREME:
        problem = style(draw, *problem, max_exponent if dtype == np.float64 else 10)
    layout = LAYING_OUT[draw(st.sampled_from(layouts))]
    X, y, w = (a.astype(dtype) for a in problem[:3])
    return Problem(layout(X), layout(y), w, dtype.type(problem.b))


def small(code: NDArray[np.uint8]) -> Array:
    """Map each byte to an integer from −4 to 4, and 0 to 0, so that each shrinks by itself."""
    k = code % 9.0
    return np.where(k % 2, (k + 1) / 2, -k / 2) + 0.0  # 0, 1, −1, 2, −2, …


def normal(code: NDArray[np.uint8]) -> Array:
    """Draw standard normal numbers with the bytes as the seed; 0 where the byte is 0."""
    rng = np.random.default_rng(int.from_bytes(code.tobytes(), "big"))
    return np.where(code == 0, 0.0, rng.normal(size=len(code)))


def scaled(
    draw: st.DrawFn, X: Array, y: Array, w: Array, b: np.floating, max_exponent: int
) -> Problem:
    """Multiply X, y, w, b and each column of X by powers of ten."""
    scale = [10.0 ** draw(st.integers(-max_exponent, max_exponent)) for _ in range(4)]
    columns = 10.0 ** np.array([draw(st.integers(-3, 3)) for _ in w])
    X = np.clip(X * scale[0] * columns, -(10.0**max_exponent), 10.0**max_exponent)
    return Problem(X, y * scale[1], w * scale[2] / columns, b * scale[3])


def offset(
    draw: st.DrawFn, X: Array, y: Array, w: Array, b: np.floating, max_exponent: int
) -> Problem:
    """Add a large constant to X and to y, as in years, temperatures in kelvin or prices."""
    far = [10.0 ** draw(st.integers(0, 8)) for _ in range(2)]
    return Problem(X + far[0], y + far[1], w, b)


def degenerate(
    draw: st.DrawFn, X: Array, y: Array, w: Array, b: np.floating, max_exponent: int
) -> Problem:
    """Make one column zero, constant, or a copy or multiple of the first."""
    first, column = X[:, 0].copy(), draw(st.integers(0, len(w) - 1))
    X[:, column] = draw(st.sampled_from([0 * first, 0 * first + 3, first, -2 * first]))
    return Problem(X, y, w, b)


def solved(
    draw: st.DrawFn, X: Array, y: Array, w: Array, b: np.floating, max_exponent: int
) -> Problem:
    """Set y = Xw + b in integers, so that every residual is exactly zero."""
    X, w, b = np.rint(4 * X), np.rint(4 * w), np.rint(4 * b)
    return Problem(X, X @ w + b, w, b)


EXTREME = [scaled, offset, degenerate, solved]


def _strided(a: Array) -> Array:
    wide = np.repeat(a, 2, axis=-1)
    wide[..., 1::2] = np.nan  # a program that ignores the strides reads these
    return wide[..., ::2]


def _read_only(a: Array) -> Array:
    a = a.copy()
    a.setflags(write=False)
    return a


def _memory_mapped(a: Array) -> Array:
    with tempfile.TemporaryFile() as file:
        file.write(a.tobytes())
        file.flush()
        return np.memmap(file, dtype=a.dtype, mode="r", shape=a.shape)


LAYING_OUT: dict[str, Callable[[Array], Array]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "strided": _strided,
    "reversed": lambda a: a[::-1].copy()[::-1],
    "read-only": _read_only,
    "memory-mapped": _memory_mapped,
}
