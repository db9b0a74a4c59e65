"""The arrays of a path: copied as floats or integers, and of shapes that fit each other."""

from __future__ import annotations

import reprlib

import numpy as np
from numpy.typing import NDArray

from linreg_np._utils.types import Array, ArrayLike
from linreg_np._utils.validation import as_real_array


def copy_floats(name: str, value: ArrayLike) -> Array:
    """A copy in float32 if it is that, and in float64 otherwise.

    Raises
    ------
    TypeError
    """
    a = as_real_array(name, value)
    return np.array(a, dtype=np.float32 if a.dtype == np.float32 else np.float64)


def copy_integers(epoch_ends: ArrayLike) -> NDArray[np.int64]:
    """A copy in int64.

    Raises
    ------
    TypeError
    """
    a = as_real_array("epoch_ends", epoch_ends)
    if a.size and a.dtype.kind not in "iu":
        raise TypeError(
            f"epoch_ends must be integers, got {reprlib.repr(epoch_ends)}; pass numbers of steps"
        )
    return np.array(a, dtype=np.int64)


def check_path_shapes(
    w: Array,
    b: Array | None,
    grad_w: Array | None,
    grad_b: Array | None,
    epoch_ends: NDArray[np.int64],
) -> None:
    """Refuse shapes that are not those of one path.

    Raises
    ------
    ValueError
    """
    if w.ndim != 2 or 0 in w.shape:
        raise ValueError(
            f"w must have shape (T+1, d), one point a row, got {w.shape}; "
            "pass points as rows, w.reshape(-1, 1) for one weight"
        )
    T, d = w.shape[0] - 1, w.shape[1]
    allowed: dict[str, tuple[Array | None, list[tuple[int, ...]]]] = {
        "b": (b, [(T + 1,)]),
        "grad_w": (grad_w, [(T, d), (T + 1, d)]),
        "grad_b": (grad_b, [(T,), (T + 1,)]),
    }
    for name, (a, shapes) in allowed.items():
        if a is not None and a.shape not in shapes:
            raise ValueError(
                f"{name} must have shape {shapes[0]}, got {a.shape}; "
                "pass one b per point, and one gradient per step between two points"
            )
    if epoch_ends.ndim != 1 or (np.diff(epoch_ends, prepend=0, append=T) < 0).any():
        raise ValueError(
            f"epoch_ends must be increasing numbers of steps, at most {T}, got {epoch_ends}; "
            "pass the number of steps done at the end of each epoch"
        )
