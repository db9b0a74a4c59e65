"""Format a path as the log of a torch training loop, in the characters that torch prints."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator

import numpy as np

from linreg_np._utils.types import Array, ArrayLike

DIGITS = 1074  # after the point, of the smallest float64, 2⁻¹⁰⁷⁴; none has more


def format_log(
    w: ArrayLike,
    b: ArrayLike | None = None,
    grad_w: ArrayLike | None = None,
    grad_b: ArrayLike | None = None,
    *,
    precision: int = 4,
) -> Iterator[str]:
    """Yield the lines that the loop of `torch_log` prints along the path w₀, w₁, …, as torch does.

    Parameters
    ----------
    w : (T, d) or (T + 1, d)
        Printed as a (d, 1) column. The point after the last step is not printed.
    b : (T,) or (T + 1,), optional
        Printed as a tensor of one number, under the label ``w:`` like the weights.
    grad_w, grad_b : (T, d) and (T,), optional
        As many steps are printed as there are gradients; without gradients, all rows of w.
    precision : int
        That of ``torch.set_printoptions``: the digits after the point. What `parse_log` reads
        back is exact from precision 20 on: the fixed notation begins at 10⁻⁴, so that the 17
        significant digits that distinguish two float64 end at the 20th place; the scientific one
        needs 16, whole numbers none. For float32 (9 digits) it is 12.

    Raises
    ------
    TypeError, ValueError
        If the shapes do not match, or `precision` is not an integer from 0 to 1074.

    Examples
    --------
    >>> print(*format_log([[2, -3.4]], [4.2], precision=1), sep="", end="")
    w:  tensor([[ 2.0],
            [-3.4]], requires_grad=True)
    w:  tensor([4.2], requires_grad=True)
    """
    if isinstance(precision, bool) or not isinstance(precision, int | np.integer):
        raise TypeError(
            f"precision must be an integer, got {reprlib.repr(precision)}; torch's default is 4"
        )
    if not 0 <= precision <= DIGITS:
        raise ValueError(
            f"precision must be from 0 to {DIGITS}, every digit of a float64, got "
            f"{reprlib.repr(precision)}; torch's default is 4"
        )
    given = {"w": w, "grad_w": grad_w, "b": b, "grad_b": grad_b}  # in the order printed
    arrays: dict[str, Array] = {
        k: np.asarray(a, dtype=np.float64) for k, a in given.items() if a is not None
    }
    return _lines(arrays, _count_steps(arrays), precision)


def _count_steps(arrays: dict[str, Array]) -> int:
    """T, if all shapes agree on it."""
    w = np.atleast_1d(arrays["w"])
    steps = len(np.atleast_1d(arrays.get("grad_w", arrays.get("grad_b", w))))
    shapes = {"w": w.shape, "grad_w": (steps, *w.shape[1:]), "b": w.shape[:1], "grad_b": (steps,)}
    match = all(array.shape == shapes[name] for name, array in arrays.items())
    without_b = "grad_b" in arrays and "b" not in arrays
    if not match or without_b or w.ndim != 2 or w.shape[1] < 1 or len(w) - steps not in (0, 1):
        raise ValueError(
            "shapes must be w (T, d) or (T + 1, d), b as long, grad_w (T, d), grad_b (T,) and only "
            f"with b, got {', '.join(f'{k} {a.shape}' for k, a in arrays.items())}; pass rows of w"
        )
    return steps


def _lines(arrays: dict[str, Array], steps: int, precision: int) -> Iterator[str]:
    """What print writes at each step, a line at a time."""
    for t in range(steps):
        for name, array in arrays.items():
            label = "w.grad: " if name.startswith("grad") else "w: "
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
