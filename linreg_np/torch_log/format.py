"""Format a path as the log of a torch training loop, in the characters that torch prints."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator

import numpy as np

from linreg_np._utils.types import Array
from linreg_np.trajectory import Trajectory

DIGITS = 1074  # after the point, of the smallest float64, 2⁻¹⁰⁷⁴; none has more


def format_log(path: Trajectory, *, precision: int = 4) -> Iterator[str]:
    """Yield the lines that the loop of `torch_log` prints along the path w₀, w₁, …, as torch does.

    The weights are printed as a (d, 1) column, the bias as a tensor of one number under the label
    ``w:``, too. As many steps are printed as there are gradients; without gradients, all points.

    Parameters
    ----------
    precision : int
        That of ``torch.set_printoptions``: the digits after the point. What `parse_log` reads
        back is exact from precision 20 on: the fixed notation begins at 10⁻⁴, so that the 17
        significant digits that distinguish two float64 end at the 20th place; the scientific one
        needs 16, whole numbers none. For float32 (9 digits) it is 12.

    Raises
    ------
    ValueError
        If `precision` is not an integer from 0 to 1074.

    Examples
    --------
    >>> print(*format_log(Trajectory([[2, -3.4]], [4.2]), precision=1), sep="", end="")
    w:  tensor([[ 2.0],
            [-3.4]], requires_grad=True)
    w:  tensor([4.2], requires_grad=True)
    """
    is_integer = isinstance(precision, int | np.integer) and not isinstance(precision, bool)
    if not is_integer or not 0 <= precision <= DIGITS:
        raise ValueError(
            f"precision must be an integer from 0 to {DIGITS}, got {reprlib.repr(precision)}; "
            "torch's default is 4"
        )
    weights = [("w: ", path.w), ("w.grad: ", path.grad_w)]
    bias = [("w: ", path.b), ("w.grad: ", path.grad_b)]
    given = [(label, array) for label, array in weights + bias if array is not None]
    return _lines(given, int(precision))


def _lines(given: list[tuple[str, Array]], precision: int) -> Iterator[str]:
    """What print writes at each step, a line at a time."""
    for t in range(min(len(array) for _, array in given)):
        for label, array in given:
            tensor = _tensor(array[t], label == "w: ", precision)
            yield from f"{label} {tensor}\n".splitlines(keepends=True)


def _tensor(values: Array, requires_grad: bool, precision: int) -> str:
    """A column of weights, or a bias in its one pair of brackets, as torch prints it."""
    numerals = _numerals(values.ravel().tolist(), precision)
    inside = ",\n        ".join(f"[{numeral}]" for numeral in numerals)
    text = f"tensor([{inside}]" if values.ndim else f"tensor({inside}"
    suffix = ", requires_grad=True" if requires_grad else ""
    # torch takes the last line to be two longer than it is, and breaks it at 80.
    if len(text.rpartition("\n")[2]) + 2 + len(suffix) > 80:
        suffix = suffix.replace(" ", "\n       ")
    return f"{text}{suffix})"


def _numerals(values: list[float], precision: int) -> list[str]:
    """Numbers in the one notation and width that torch chooses for a tensor."""
    usual = [x for x in values if x != 0 and math.isfinite(x)]  # these alone choose
    sizes = [abs(x) for x in usual] or [1.0]
    if max(sizes) / min(sizes) > 1e3 or max(sizes) > 1e8 or min(sizes) < 1e-4:
        notation = f".{precision}e"
    else:  # "#" keeps the point of a whole number
        notation = "#.0f" if all(x.is_integer() for x in usual) else f".{precision}f"
    width = max((len(f"{x:{notation}}") for x in usual), default=1)
    return [f"{x:{notation}}".rjust(width) for x in values]
