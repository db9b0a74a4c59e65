"""From a failing example to the smallest one."""

import numpy as np
import pytest

from reference.checker import shrink
from reference.checker.call_plan import Problem
from reference.checker.shrink import smallest


def problem(n=15, d=4, dtype=float):
    """Numbers of many digits."""
    rng = np.random.default_rng(0)
    sizes = ((n, d), n, d, ())
    X, y, w, b = (np.asarray(rng.normal(size=s) + 4, dtype)[()] for s in sizes)
    return Problem(X, y, w, b, lr=0.1)


def each(condition):
    """`fails` for a condition on one problem."""
    return lambda problems: [bool(condition(p)) for p in problems]


@pytest.mark.parametrize(
    ("condition", "X", "y", "w", "b", "lr"),
    [
        (lambda p: True, [[1]], [0], [1], 0, 1),
        (lambda p: len(p.y) >= 3, [[1]] * 3, [0] * 3, [1], 0, 1),
        (lambda p: len(p.y) >= 14, [[1]] * 14, [0] * 14, [1], 0, 1),
        (lambda p: len(p.w) >= 3, [[1] * 3], [0], [1] * 3, 0, 1),
        (lambda p: len(p.w) >= 3 and len(p.y) >= 5, [[1] * 3] * 5, [0] * 5, [1] * 3, 0, 1),
        (lambda p: (p.X.sum(axis=1) > 3.25).any(), [[1] * 4], [0], [1] * 4, 0, 1),
        (lambda p: p.b > 0, [[1]], [0], [1], 1, 1),
        (lambda p: p.b > 2.2, [[1]], [0], [1], 6, 1),
        (lambda p: (p.y > 0).any(), [[1]], [1], [1], 0, 1),
        (lambda p: (p.w > 1.5).any(), [[1]], [0], [2], 0, 1),
        (lambda p: (p.X > 1.5).all(), [[2]], [0], [1], 0, 1),
        (lambda p: p.lr < 0.9, [[1]], [0], [1], 0, 0.1),
    ],
)
def test_the_smallest_example_still_fails_and_has_the_simplest_numbers(condition, X, y, w, b, lr):
    """Few rows and columns, ones in X and w, zeros in y and b, where nothing else is needed."""
    found = smallest(problem(), each(condition))
    assert condition(found)
    assert (found.X.tolist(), found.y.tolist(), found.w.tolist()) == (X, y, w)
    assert (found.b, found.lr) == (b, lr)


def test_only_the_row_that_matters_is_left():
    """With the label and the number that belong to it, and no more digits than needed."""
    first = problem()
    first.X[4, 2], first.y[4] = -7.123456, -3.3
    found = smallest(first, each(lambda p: (p.X[p.y < 0] < -6.5).any()))
    assert found.X.tolist() == [[-7]]
    assert found.y.tolist() == [-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_and_the_arguments_stay(dtype):
    """The example that was given is not changed."""
    first = problem(dtype=dtype)
    copy = [np.copy(a) for a in first]
    found = smallest(first, each(lambda p: len(p.y) >= 2))
    assert found.X.dtype == found.y.dtype == found.w.dtype == np.asarray(found.b).dtype == dtype
    assert all(np.array_equal(a, b) for a, b in zip(first, copy, strict=True))


def test_an_example_that_fails_alone_is_returned_as_it_is():
    """Nothing simpler fails."""
    first = problem()
    assert smallest(first, lambda problems: [False] * len(problems)) is first


def test_shrinking_ends(monkeypatch):
    """After `ROUNDS` rounds, also where each finds something simpler."""
    monkeypatch.setattr(shrink, "ROUNDS", 2)
    rounds = []

    def fails(problems):
        rounds.append(problems)
        return [i == len(problems) - 1 for i in range(len(problems))]

    assert smallest(problem(), fails) is rounds[1][-1]
    assert len(rounds) == 2


def test_sizes_that_are_fixed_stay():
    """A function for three features is not asked with one."""
    asked = []

    def fails(problems):
        asked.extend(p.X.shape for p in problems)
        return [True] * len(problems)

    first = problem(n=5, d=3)
    assert smallest(first, fails, fixed=(0, 3)).X.tolist() == [[1, 1, 1]]
    assert smallest(first, fails, fixed=(5, 0)).X.shape == (5, 1)
    assert all(d == 3 or n == 5 for n, d in asked)


def test_nothing_is_asked_after_the_deadline():
    """The example is then as large as it is."""
    first = problem()
    assert smallest(first, pytest.fail, deadline=0.0) is first
