"""The faults that are no more than a factor for each part of a gradient."""

from __future__ import annotations

from collections.abc import Callable

Scale = Callable[[int, int], tuple[float, float]]  # n, d → the factors of grad_w and of grad_b
SCALES: dict[str, Scale] = {
    "sign-flipped": lambda n, d: (-1, -1),
    "missing-mean": lambda n, d: (n, n),
    "factor-two": lambda n, d: (2, 2),
    "factor-two-sum": lambda n, d: (2 * n, 2 * n),
    "factor-half": lambda n, d: (1 / 2, 1 / 2),
    "bias-gradient-sum": lambda n, d: (1, n),
    "weight-gradient-sum": lambda n, d: (n, 1),
    "factor-two-w": lambda n, d: (2, 1),
    "bias-step-doubled": lambda n, d: (1, 2),
    "sign-flipped-w": lambda n, d: (-1, 1),
    "sign-flipped-b": lambda n, d: (1, -1),
    "bias-gradient-double-mean": lambda n, d: (1, 1 / n),
    "divided-twice": lambda n, d: (1 / n, 1 / n),
    "bias-gradient-zero": lambda n, d: (1, 0),
    "zero-gradient": lambda n, d: (0, 0),
}
