"""The problems: every kind that is promised is really drawn, and failures shrink to small ones."""

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from reference import exact
from reference.strategies import LAYOUTS, problems

FIRST = settings(
    max_examples=2000, derandomize=True, database=None, phases=[Phase.generate]
)  # no shrinking
PROMISED = {
    "one sample": lambda p: len(p.y) == 1,
    "forty samples": lambda p: len(p.y) == 40,
    "ten features": lambda p: len(p.w) == 10,
    "n not divisible by 4": lambda p: len(p.y) % 4 != 0,
    "more features than samples": lambda p: len(p.w) > len(p.y),
    "float32": lambda p: p.X.dtype == np.float32,
    "a zero column": lambda p: len(p.y) > 3 and not p.X.any(axis=0).all(),
    "a constant column": lambda p: len(p.y) > 3 and (np.ptp(p.X, axis=0) == 0).any(),
    "collinear columns": lambda p: p.X.shape > (3, 2) and (p.X[:, -1] == -2 * p.X[:, 0]).all(),
    "a huge offset": lambda p: len(p.y) > 3 and (p.X.mean(0) > 1e6 * p.X.std(0)).all(),
    "magnitudes over 1e50": lambda p: p.X.dtype == np.float64 and np.abs(p.X).max() > 1e50,
    "magnitudes under 1e-50": lambda p: 0 < np.abs(p.w).max() < 1e-50,
    "a residual of exactly zero": lambda p: len(p.y) > 3 and p.X.all() and exact.loss(*p) == 0,
    "a negative bias": lambda p: p.b < 0,
}


@pytest.mark.parametrize("kind", PROMISED)
def test_every_promised_kind_is_drawn(kind):
    """One is met within 2,000 problems."""
    find(problems(), PROMISED[kind], settings=FIRST)


def test_tame_problems_are_tame():
    """nasty=False: whole numbers up to 4 and normal ones, nothing else."""
    with pytest.raises(NoSuchExample):
        find(
            problems(nasty=False), lambda p: np.abs(p.X).max() > 8, settings=settings(database=None)
        )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_one(layout):
    """Strides, flags and types are those of the layout's name; the numbers plain ones."""
    X, *_ = find(problems(layouts=[layout]), lambda p: min(p.X.shape) > 1, settings=FIRST)
    has = {
        "C": X.flags.c_contiguous,
        "Fortran": X.flags.f_contiguous and not X.flags.c_contiguous,
        "strided": X.strides[1] == 2 * X.itemsize,
        "reversed": X.strides[0] < 0,
        "read-only": not X.flags.writeable,
        "memory-mapped": isinstance(X, np.memmap),
    }
    assert has[layout]
    assert np.isfinite(np.array(X)).all()


def test_a_failure_shrinks_to_small_whole_numbers():
    """What fails for d ≥ 5 shrinks to one sample of zeros but for what matters."""
    p = find(
        problems(),
        lambda p: len(p.w) >= 5 and any(exact.gradient(*p)[0]),
        settings=settings(database=None),
    )
    assert len(p.y) == 1
    assert set(np.abs(np.concatenate([p.X[0], p.y, p.w, [p.b]]))) == {0.0, 1.0}


@given(problems())
def test_problems_are_what_they_promise(problem):
    """1 ≤ n ≤ 40, 1 ≤ d ≤ 10, one precision, all finite."""
    X, y, w, b = problem
    assert 1 <= X.shape[0] <= 40
    assert 1 <= X.shape[1] <= 10
    assert y.shape == X.shape[:1]
    assert w.shape == X.shape[1:]
    assert X.dtype == y.dtype == w.dtype == b.dtype
    assert X.dtype in (np.float64, np.float32)
    assert all(np.isfinite(a).all() for a in problem)
