"""The problems that a function is tried on, drawn by NumPy; their exact answers, computed once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected

LRS = [float(np.float32(lr)) for lr in (0.5, 0.25, 0.1, 0.03, 1, 2)]  # the same in float32
SHAPES = [(5, 3), (7, 4), (4, 2), (3, 5), (2, 3), (6, 1), (9, 6), (2, 1), (1, 3), (1, 1)]
SHAPES += [(8, 2), (12, 5), (5, 4), (10, 7), (3, 3), (2, 2), (1, 2), (11, 8), (4, 4), (1, 4)]


def distinguishing_problems(seed: int) -> list[Problem]:
    """Problems on which no two faults of the catalogue look alike: normal numbers, n and d vary."""
    rng = np.random.default_rng(seed)
    found = []
    for n, d in SHAPES * 2:
        X, y, w = rng.normal(size=(n, d)), 3 * rng.normal(size=n), rng.normal(size=d)
        lr = float(rng.choice([0.125, 0.25, 0.375]))
        found.append(Problem(X, y, w, np.float64(rng.normal()), lr=lr))
    return found


@lru_cache(maxsize=8)
def random_problems(seed: int, count: int, extreme: bool = True) -> list[Problem]:
    """`count` problems with n to 40 and d to 10, the same for the same seed.

    Whole numbers and normal ones in turn; if `extreme`, also those of `EXTREME`. Magnitudes of
    1e±15 are as far as a complex step with h = 1e-200 can follow.
    """
    rng = np.random.default_rng(seed)
    styles = [whole_numbers, normal_numbers, *(EXTREME if extreme else [])]
    found = []
    for i in range(count):
        n, d = int(rng.integers(1, 41)), int(rng.integers(1, 11))
        X, y, w, b = styles[i % len(styles)](rng, n, d)
        scale = 2.0**-33 if i % 10 == 7 else 1.0  # labels and parameters about 1e-10
        lr = LRS[rng.integers(len(LRS))]
        found.append(Problem(X, y * scale, w * scale, np.float64(b * scale), lr=lr))
    return found


def whole_numbers(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """Whole numbers from −4 to 4."""
    table = rng.integers(-4, 5, (n + 1, d + 1)).astype(float)
    return table[:n, :d].copy(), table[:n, -1].copy(), table[-1, :d].copy(), table[-1, -1]


def normal_numbers(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """Standard normal numbers."""
    return rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), rng.normal()


def scaled(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """X, y, w and b, and the columns of X, each with a magnitude of its own."""
    X, y, w, b = normal_numbers(rng, n, d)
    scale, columns = 10.0 ** rng.integers(-15, 16, 4), 10.0 ** rng.integers(-3, 4, d)
    X = np.clip(X * scale[0] * columns, -1e15, 1e15)
    return X, y * scale[1], w * scale[2] / columns, b * scale[3]


def offset(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """Columns far from zero beside their spread: years, temperatures in kelvin, prices."""
    X, y, w, b = normal_numbers(rng, n, d)
    far = 10.0 ** rng.integers(0, 9, 2)
    return X + far[0], y + far[1], w, b


def degenerate(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """A column that is zero, constant, a copy or a multiple of the first."""
    X, y, w, b = whole_numbers(rng, n, d)
    first = X[:, 0].copy()
    column = [0 * first, 0 * first + 3, first, -2 * first][rng.integers(4)]
    X[:, rng.integers(d)] = column
    return X, y, w, b


def solved(rng: np.random.Generator, n: int, d: int) -> tuple[Any, ...]:
    """y = Xw + b in whole numbers: every residual is exactly zero."""
    X, _, w, b = whole_numbers(rng, n, d)
    return X, X @ w + b, w, b


EXTREME = [scaled, offset, degenerate, solved]


def exact_answers(plan: CallPlan, loss: str, seed: int, count: int) -> list[Expected]:
    """What the answers to `random_problems` should be, once for all that is called alike."""
    alike = CallPlan("", plan.kind, tuple((role, role) for _, role in plan.roles))
    return computed(alike, loss, seed, count)


@lru_cache(maxsize=32)
def computed(plan: CallPlan, loss: str, seed: int, count: int) -> list[Expected]:
    """The exact answers, once for all."""
    return [Expected(plan, case, loss) for case in random_problems(seed, count, True)]
