"""From a failing example to the smallest one: fewer rows and columns, then simpler numbers.

The numbers of X and w would like to be 1, those of y and b to be 0. All candidates of a round go to
the subject at once; the first that fails too is taken, and the next round starts from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from reference.checker.call_plan import Problem

ROUNDS = 200


def smallest(
    case: Problem,
    fails: Callable[[Sequence[Problem]], Sequence[bool]],
    fixed: tuple[int, int] = (0, 0),
    deadline: float = float("inf"),
) -> Problem:
    """The smallest case found that fails as `case` does.

    Parameters
    ----------
    case : Problem
    fails : callable
        For each of a sequence of cases, whether it fails.
    fixed : (n, d)
        The only number of rows or features that there may be, or 0.
    deadline : float
        A moment of `time.monotonic()` after which nothing more is tried.

    Examples
    --------
    >>> X, y = np.arange(6.0).reshape(3, 2), np.array([5.0, 7.0, 0.1])
    >>> found = smallest(Problem(X, y, y[:2], 0.5), lambda cases: [len(c.y) > 1 for c in cases])
    >>> found.X.tolist(), found.y.tolist(), found.w.tolist(), float(found.b)
    ([[1.0], [1.0]], [0.0, 0.0], [1.0], 0.0)
    """
    for _ in range(ROUNDS):
        candidates = [c for c in simpler(case) if fits(c, fixed)]
        if not candidates or time.monotonic() > deadline:
            break
        failing = [c for c, f in zip(candidates, fails(candidates), strict=True) if f]
        if not failing:
            break
        case = failing[0]
    return case


def fits(case: Problem, fixed: tuple[int, int]) -> bool:
    """Whether a case has the only number of rows and features that there may be."""
    return all(only in (0, size) for only, size in zip(fixed, case.X.shape, strict=True))


def simpler(case: Problem) -> Iterator[Problem]:
    """Cases simpler than this one, the simplest first."""
    current = cost(case)
    for candidate in (*plain(case), *cut(case), *rounded(case), *single(case)):
        if cost(candidate) < current:
            yield candidate


def cost(case: Problem) -> tuple[Any, ...]:
    """What is to be small: the size, then how far the numbers are from what they would like."""
    numbers = [*(abs(v - 1) for v in (*case.X.flat, *case.w)), *map(abs, (*case.y, case.b))]
    numbers.append(case.lr)
    return case.X.size, len(case.y), sum(map(digits, numbers)), sum(map(float, numbers))


def digits(v: float) -> int:
    """How long a number is to read: 0 for 0, 1 for a digit, 17 for most."""
    return len(repr(abs(float(v))).removesuffix(".0")) if v else 0


def plain(case: Problem) -> Iterator[Problem]:
    """Ones in X and w, zeros in y and b: as few as show it."""
    n, d = case.X.shape
    for rows, columns in sorted(np.ndindex(n, d), key=lambda size: (size[0] + 1) * (size[1] + 1)):
        if (rows + 1) * (columns + 1) <= 12:
            yield resized(case, np.ones((rows + 1, columns + 1)))


def resized(case: Problem, X: Any) -> Problem:
    """The plain case of a size."""
    numbers = (X, np.zeros(len(X)), np.ones(X.shape[1]))
    X, y, w = (a.astype(case.X.dtype) for a in numbers)
    return case._replace(X=X, y=y, w=w, b=case.X.dtype.type(0))


def cut(case: Problem) -> Iterator[Problem]:
    """Half of the rows or columns, or one less."""
    n, d = case.X.shape
    for rows in (slice(n // 2), slice(n // 2, None), *(np.arange(n) != i for i in range(n))):
        if n > 1:
            yield case._replace(X=case.X[rows], y=case.y[rows])
    for columns in (slice(d // 2), slice(d // 2, None), *(np.arange(d) != j for j in range(d))):
        if d > 1:
            yield case._replace(X=case.X[:, columns], w=case.w[columns])


def rounded(case: Problem) -> Iterator[Problem]:
    """One argument, or all, as the plain case has it; as whole numbers; with fewer digits."""
    simple = resized(case, np.ones(case.X.shape))
    for lr in (1.0, 0.5):
        yield case._replace(lr=lr)
    for field in ("y", "b", "w", "X"):
        yield case._replace(**{field: getattr(simple, field)})
    for places in (0, 1, 3):
        changed = {f: np.round(getattr(case, f), places) + 0 for f in ("X", "y", "w", "b")}
        yield case._replace(**changed)
        for field, a in changed.items():
            yield case._replace(**{field: a})


def single(case: Problem) -> Iterator[Problem]:
    """One number at a time, as simple as possible."""
    for field, favourites in (("b", (0, 1, -1)), ("y", (0, 1, -1)), ("w", (1, -1)), ("X", (1, -1))):
        a = np.asarray(getattr(case, field))
        for i in np.ndindex(a.shape):
            for value in (
                *favourites,
                0,
                2,
                np.round(a[i]),
                np.round(a[i], 1),
                float(f"{a[i]:.1g}"),
            ):
                b = np.array(a)
                b[i] = value
                yield case._replace(**{field: b[()]})
