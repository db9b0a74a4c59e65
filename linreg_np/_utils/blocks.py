"""Large arrays, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linreg_np._utils.types import RealArray

NUMBERS = 1 << 18  # in a block, which then stays in the cache


def row_blocks(
    X: RealArray, y: RealArray, numbers: int = NUMBERS
) -> Iterator[tuple[RealArray, RealArray]]:
    """The rows of X and y in order, about `numbers` numbers at a time."""
    rows = max(1, numbers // (X[:1].size + 2))
    return ((X[i : i + rows], y[i : i + rows]) for i in range(0, len(X), rows))


def is_memory_map(a: object) -> bool:
    """Whether the numbers of an array are in a file rather than in memory."""
    while isinstance(a, np.ndarray):
        if isinstance(a, np.memmap):
            return True
        a = a.base
    return False
