"""The problems: every kind that is promised is really drawn, and failures shrink to small ones."""

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from reference import exact, strategies
from reference.strategies import LAYOUTS, problems

FIRST = settings(
    max_examples=2000, derandomize=True, database=None, phases=[Phase.generate]
)  # no shrinking
FEW = settings(FIRST, max_examples=500)
SMALLEST = settings(FIRST, phases=[Phase.generate, Phase.shrink])


def test_small_numbers_are_coded_by_size():
    """0, 1, −1, 2, −2 … 4, −4 and again from 0, whose sign is plain."""
    found = strategies.small(np.arange(20, dtype=np.uint8))
    order = [0, 1, -1, 2, -2, 3, -3, 4, -4]
    assert found.tolist() == [*order, *order, 0, 1]
    assert not np.signbit(found[found == 0]).any()
    assert found.dtype == float


def test_normal_numbers_have_their_bytes_as_seed():
    """Zeros stay zeros, with a plain sign; other bytes are other numbers."""
    code = np.array([0, 200, 3, 0, 7], np.uint8)
    found = strategies.normal(code)
    drawn = np.random.default_rng(int.from_bytes(bytes(code), "big")).normal(size=5)
    assert found.tolist() == [0, drawn[1], drawn[2], 0, drawn[4]]
    assert not np.signbit(found[[0, 3]]).any()
    assert strategies.normal(code[::-1])[1] != found[1]


class Draws:
    """In place of Hypothesis: gives what it is told, and remembers what it was asked for."""

    def __init__(self, *values):
        self.values, self.asked = list(values), []

    def __call__(self, strategy):
        self.asked.append(repr(strategy))
        value = self.values.pop(0)
        return strategy.elements[value] if hasattr(strategy, "elements") else value


def table():
    """X, y, w, b of normal numbers."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=2), rng.normal()


def whole(low, high):
    """How a strategy of whole numbers is asked for."""
    return f"integers(min_value={low}, max_value={high})"


def test_each_part_has_a_magnitude_of_its_own():
    """X, y, w and b up to 10^±digits; columns up to 10^±3, taken off again in w; X no further."""
    X, y, w, b = table()
    draw = Draws(2, -1, 1, 3, 3, -2)
    found = strategies.scaled(draw, X, y, w, b, 7)
    np.testing.assert_allclose(found.X, X * [1e5, 1], rtol=1e-12)
    np.testing.assert_allclose(found.y, y * 0.1, rtol=1e-12)
    np.testing.assert_allclose(found.w, w * [1e-2, 1e3], rtol=1e-12)
    np.testing.assert_allclose(found.b, b * 1e3, rtol=1e-12)
    assert draw.asked == [whole(-7, 7)] * 4 + [whole(-3, 3)] * 2
    far = strategies.scaled(Draws(7, 0, 0, 0, 3, 3), np.array([[9.0, -9.0]]), y, w, b, 7)
    assert far.X.tolist() == [[1e7, -1e7]]


def test_offsets_are_added_to_features_and_labels():
    """Up to 1e8, each its own; w and b stay."""
    X, y, w, b = table()
    draw = Draws(3, 8)
    found = strategies.offset(draw, X, y, w, b, 7)
    assert (found.X == X + 1e3).all()
    assert (found.y == y + 1e8).all()
    assert (found.w is w, found.b is b) == (True, True)
    assert draw.asked == [whole(0, 8)] * 2


@pytest.mark.parametrize(
    ("kind", "column"),
    [(0, lambda x: 0 * x), (1, lambda x: 0 * x + 3), (2, lambda x: x), (3, lambda x: -2 * x)],
)
@pytest.mark.parametrize("j", [0, 1])
def test_a_column_depends_on_the_first(kind, column, j):
    """Zero, three, a copy, or −2 times it; any column, whose first is as it was."""
    X, y, w, b = table()
    before = X.copy()
    draw = Draws(j, kind)
    found = strategies.degenerate(draw, X, y, w, b, 7)
    assert (found.X[:, j] == column(before[:, 0])).all()
    assert (found.X[:, 1 - j] == before[:, 1 - j]).all()
    assert (found.y is y, found.w is w, found.b is b) == (True, True, True)
    assert draw.asked[0] == whole(0, 1)


def test_solved_problems_have_no_residual():
    """X, w and b are whole numbers about four times as large, and y = Xw + b."""
    X, y, w, b = table()
    found = strategies.solved(Draws(), X, y, w, b, 7)
    assert (np.round(4 * X) == found.X).all()
    assert (found.w == np.round(4 * w)).all()
    assert found.b == round(4 * b)
    assert not any(exact.residual(exact.predict(found.X, found.w, found.b), found.y))
    assert [f.__name__ for f in strategies.NASTY] == ["scaled", "offset", "degenerate", "solved"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(4, 3), (5,)])
def test_a_layout_changes_no_number(layout, shape):
    """Of features and of labels, in either precision; strides are what the name says."""
    for dtype in (np.float64, np.float32):
        a = np.arange(float(np.prod(shape)), dtype=dtype).reshape(shape)
        before = a.copy()
        found = strategies.LAYING_OUT[layout](a)
        assert np.array_equal(found, before)
        assert found.dtype == dtype
        assert (a.flags.writeable, np.array_equal(a, before)) == (True, True)
    flags = found.flags
    if layout == "C":
        assert flags.c_contiguous
    elif layout == "Fortran":
        assert flags.f_contiguous
        assert flags.c_contiguous == (len(shape) == 1)
    elif layout == "strided":
        assert found.strides[-1] == 2 * found.itemsize
        assert np.isnan(found.base[..., 1::2]).all()
    elif layout == "reversed":
        assert found.strides[0] < 0
        assert not np.shares_memory(found, a)
    elif layout == "read-only":
        assert not flags.writeable
    else:
        assert isinstance(found, np.memmap)
        assert found.mode == "r"


@given(problems(max_n=3, max_d=2, dtypes=[np.float32], layouts=["reversed"], nasty=False))
def test_what_is_asked_for_is_drawn(problem):
    """No larger, in no other precision, in no other layout."""
    assert problem.X.shape[0] <= 3
    assert problem.X.shape[1] <= 2
    assert {a.dtype for a in problem} == {np.dtype(np.float32)}
    assert problem.X.strides[0] < 0
    assert problem.y.strides[0] < 0
    assert problem.w.strides[0] > 0


@pytest.mark.parametrize("shape", [(3, 2), (1, 1), (3, 1), (1, 2)])
def test_every_size_up_to_the_largest_is_drawn(shape):
    """One sample and one feature, and as many as were asked for."""
    find(problems(max_n=3, max_d=2), lambda p: p.X.shape == shape, settings=FIRST)


@pytest.mark.parametrize("field", ["X", "y", "w", "b"])
def test_each_number_shrinks_by_itself(field):
    """A condition on one leaves all the others 0, of one sample and one feature."""
    drawn = problems(max_n=4, max_d=3, nasty=False)
    p = find(drawn, lambda p: np.ravel(getattr(p, field))[0] == 3, settings=SMALLEST)
    assert p.X.shape == (1, 1)
    numbers = {f: float(np.ravel(getattr(p, f))[0]) for f in "Xywb"}
    assert numbers == {**dict.fromkeys("Xywb", 0.0), field: 3.0}


@pytest.mark.parametrize(("dtype", "digits"), [(np.float64, 20), (np.float32, 10)])
def test_magnitudes_end_where_they_were_told_to(dtype, digits):
    """At 10^±digits in float64; at 10^±10 in float32, whatever is asked for."""
    drawn = problems(dtypes=[dtype], layouts=["C"], digits=20)
    reached = 10.0 ** (digits - 1)
    find(drawn, lambda p: np.abs(p.X).max() > reached, settings=FIRST)
    with pytest.raises(NoSuchExample):
        find(drawn, lambda p: np.abs(p.X).max() > 1.1 * 10.0**digits, settings=FEW)


def test_no_problem_is_larger_than_the_largest():
    """n ≤ 40, d ≤ 10, |x| ≤ 1e100, if nothing else was asked for."""
    with pytest.raises(NoSuchExample):
        find(
            problems(dtypes=[np.float64]),
            lambda p: len(p.y) > 40 or len(p.w) > 10 or abs(p.X).max() > 2e100,
            settings=FEW,
        )


def test_no_number_has_two_places():
    """X, y, w and b have no entry in common, in the largest problem either."""
    drawn = problems(max_n=3, max_d=2, dtypes=[np.float64], layouts=["C"], nasty=False)
    p = find(drawn, lambda p: p.X.shape == (3, 2) and len(numbers(p)) == 12, settings=FIRST)
    assert any(x % 1 for x in numbers(p))


def numbers(p):
    """All of them, those that are equal once."""
    return {*p.X.ravel(), *p.y, *p.w, p.b}


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
        find(problems(nasty=False), lambda p: np.abs(p.X).max() > 8, settings=SMALLEST)


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
        settings=SMALLEST,
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
