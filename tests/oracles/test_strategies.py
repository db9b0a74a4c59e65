"""The drawn problems: every promised kind occurs, none exceeds its limits, and failures shrink."""

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from reference import exact, strategies
from reference.strategies import LAYOUTS, problems

FIRST = settings(max_examples=2000, derandomize=True, database=None, phases=[Phase.generate])
SMALLEST = settings(FIRST, phases=[Phase.generate, Phase.shrink])


def test_small_numbers_are_integers_ordered_by_size():
    """0, 1, −1, 2, −2 … 4, −4, and again from 0, which is never −0."""
    found = strategies.small(np.arange(20, dtype=np.uint8))
    order = [0, 1, -1, 2, -2, 3, -3, 4, -4]
    assert found.tolist() == [*order, *order, 0, 1]
    assert not np.signbit(found[found == 0]).any()


def test_normal_numbers_are_drawn_from_their_bytes():
    """The same bytes give the same numbers, other bytes other ones, and 0 gives 0."""
    code = np.array([0, 200, 3, 0, 7], np.uint8)
    found = strategies.normal(code)
    assert ((found == 0) == (code == 0)).all()
    assert (found == strategies.normal(code.copy())).all()
    assert strategies.normal(code[::-1])[1] != found[1]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(4, 3), (5,)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_layout_changes_strides_and_no_number(layout, shape, dtype):
    """Flags and strides are what the layout's name says; the given array stays as it was."""
    a = np.arange(float(np.prod(shape)), dtype=dtype).reshape(shape)
    before = a.copy()
    found = strategies.LAYING_OUT[layout](a)
    assert (found.dtype, np.array_equal(found, before)) == (dtype, True)
    assert (a.flags.writeable, np.array_equal(a, before)) == (True, True)
    assert {
        "C": found.flags.c_contiguous,
        "Fortran": found.flags.f_contiguous and found.flags.c_contiguous == (len(shape) == 1),
        "strided": found.strides[-1] == 2 * found.itemsize,
        "reversed": found.strides[0] < 0 and not np.shares_memory(found, a),
        "read-only": not found.flags.writeable,
        "memory-mapped": isinstance(found, np.memmap) and found.mode == "r",
    }[layout]
    if layout == "strided":
        assert np.isnan(found.base[..., 1::2]).all()


PROMISED = {
    "one sample": lambda p: len(p.y) == 1,
    "forty samples": lambda p: len(p.y) == 40,
    "one feature": lambda p: len(p.w) == 1,
    "ten features": lambda p: len(p.w) == 10,
    "n not divisible by 4": lambda p: len(p.y) % 4 != 0,
    "more features than samples": lambda p: len(p.w) > len(p.y),
    "float32": lambda p: p.X.dtype == np.float32,
    "numbers that are all different": lambda p: p.X.shape > (3, 2) and all_differ(p),
    "a zero column": lambda p: len(p.y) > 3 and not p.X.any(axis=0).all(),
    "a constant column": lambda p: len(p.y) > 3 and (np.ptp(p.X, axis=0) == 0).any(),
    "a copied column": lambda p: p.X.shape > (3, 2) and (p.X[:, -1] == p.X[:, 0]).all(),
    "collinear columns": lambda p: p.X.shape > (3, 2) and (p.X[:, -1] == -2 * p.X[:, 0]).all(),
    "a huge offset": lambda p: len(p.y) > 3 and (p.X.mean(0) > 1e6 * p.X.std(0)).all(),
    "an offset of the labels": lambda p: len(p.y) > 3 and p.y.mean() > 1e6 * p.y.std() > 0,
    "magnitudes over 1e50": lambda p: p.X.dtype == np.float64 and np.abs(p.X).max() > 1e50,
    "magnitudes under 1e-50": lambda p: 0 < np.abs(p.w).max() < 1e-50,
    "large features and small labels": lambda p: abs(p.X).min() > 1e50 > 1e-50 > abs(p.y).max() > 0,
    "columns of different magnitude": lambda p: spread(p.X) > 1e5 and spread(p.X * p.w) < 1e3,
    "a residual of exactly zero": lambda p: len(p.y) > 3 and p.X.all() and exact.loss(*p) == 0,
    "a negative bias": lambda p: p.b < 0,
}


def all_differ(p):
    """Whether no two numbers of a problem are equal, and not all are integers."""
    numbers = np.concatenate([p.X.ravel(), p.y, p.w, [p.b]])
    return len(set(numbers)) == len(numbers) and (numbers % 1).any()


def spread(X):
    """The largest column over the smallest; 1 where a column is 0."""
    size = np.abs(np.float64(X)).max(axis=0)
    return size.max() / size.min() if size.all() else 1


@pytest.mark.sample(2)
@pytest.mark.parametrize("kind", PROMISED)
def test_every_promised_kind_is_drawn(kind):
    """One occurs within 2,000 problems."""
    with np.errstate(all="ignore"):
        find(problems(), PROMISED[kind], settings=FIRST)


@given(problems())
def test_problems_are_within_their_limits(problem):
    """1 ≤ n ≤ 40, 1 ≤ d ≤ 10, |x| ≤ 1e100, or 1e10 in float32; one precision, all finite."""
    X, y, w, b = problem
    assert 1 <= X.shape[0] <= 40
    assert 1 <= X.shape[1] <= 10
    assert (y.shape, w.shape) == (X.shape[:1], X.shape[1:])
    assert X.dtype == y.dtype == w.dtype == b.dtype
    assert np.abs(X).max() <= {"float64": 1.1e100, "float32": 1.1e10}[X.dtype.name]
    assert all(np.isfinite(a).all() for a in problem)


@given(problems(max_n=3, max_d=2, dtypes=[np.float32], layouts=["reversed"], extreme=False))
def test_the_options_are_limits(problem):
    """No larger, in no other precision and layout, and without extreme magnitudes."""
    X, y, w, b = problem
    assert X.shape <= (3, 2)
    assert len(w) <= 2
    assert {a.dtype for a in problem} == {np.dtype(np.float32)}
    assert (X.strides[0] < 0, y.strides[0] < 0, w.strides[0] > 0) == (True, True, True)
    assert max(np.abs(X).max(), np.abs(y).max(), np.abs(w).max(), abs(b)) < 8


def test_magnitudes_reach_the_given_power_of_ten_and_end_there():
    """10²⁰ where that is allowed, and no more."""
    drawn = problems(dtypes=[np.float64], layouts=["C"], max_exponent=20)
    find(drawn, lambda p: 1e19 < np.abs(p.X).max() <= 1.1e20, settings=FIRST)
    with pytest.raises(NoSuchExample):
        find(
            drawn, lambda p: np.abs(p.X).max() > 1.1e20, settings=settings(FIRST, max_examples=100)
        )


@pytest.mark.parametrize("field", ["X", "y", "w", "b"])
def test_each_number_shrinks_by_itself(field):
    """A condition on one number leaves all others 0, of one sample and one feature."""
    drawn = problems(max_n=4, max_d=3, extreme=False)
    p = find(drawn, lambda p: np.ravel(getattr(p, field))[0] == 3, settings=SMALLEST)
    assert p.X.shape == (1, 1)
    numbers = {f: float(np.ravel(getattr(p, f))[0]) for f in "Xywb"}
    assert numbers == {**dict.fromkeys("Xywb", 0.0), field: 3.0}


def test_a_failure_shrinks_to_small_integers():
    """What fails for d ≥ 5 shrinks to one sample of zeros and ones."""
    fails = lambda p: len(p.w) >= 5 and any(exact.gradient(*p)[0])  # noqa: E731
    p = find(problems(), fails, settings=SMALLEST)
    assert len(p.y) == 1
    assert set(np.abs(np.concatenate([p.X[0], p.y, p.w, [p.b]]))) == {0.0, 1.0}
