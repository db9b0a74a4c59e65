"""§2: Moments: of any part, merged in any order, within the rounding bound of the exact ones."""

import pickle
import re
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_train import REFUSED

from linreg_np import LossSurface, Moments
from linreg_np._utils import blocks
from linreg_np.surface import moments
from reference import exact, rounding
from reference.strategies import problems


def check(m, X, y, parts):
    """m is that of X, y within the bound for so many parts."""
    bounds = rounding.moments_bound(X, y, parts)
    assert m.n == len(y)
    for got, true, bound in zip((m.mean, m.scatter), exact.moments(X, y), bounds, strict=True):
        for g, t, allowed in zip(got.ravel(), np.ravel(true), bound.ravel(), strict=True):
            assert rounding.within(g, t, allowed)


@given(problem=problems())
def test_moments_are_those_of_exact_arithmetic(problem):
    """In every layout and precision, nasty magnitudes and far offsets included."""
    X, y, _, _ = problem
    check(Moments.of(X, y), X, y, parts=1)


@settings(max_examples=150)
@given(problem=problems(max_n=30, max_d=4), data=st.data())
def test_moments_add_up_in_any_order_and_any_pairs(problem, data):
    """Associative and commutative up to the bound: parts merged by a random tree are the whole."""
    X, y, _, _ = problem
    cuts = data.draw(st.sets(st.integers(1, max(1, len(y) - 1)), max_size=6))
    rows = [B for B in np.split(np.arange(len(y)), sorted(cuts)) if len(B)]
    forest = [Moments.of(X[B], y[B]) for B in rows]
    while len(forest) > 1:
        a = forest.pop(data.draw(st.integers(0, len(forest) - 1)))
        b = forest.pop(data.draw(st.integers(0, len(forest) - 1)))
        forest.append(a + b)
    check(forest[0], X, y, parts=len(rows))


@given(problem=problems(max_n=30, max_d=4), rows=st.integers(1, 9))
def test_batches_sums_and_blocks_are_the_whole(problem, rows):
    """of_batches, sum and reduce of the parts, and `of` with blocks as small, all are the whole."""
    X, y, _, _ = problem
    batches = [(X[i : i + rows], y[i : i + rows]) for i in range(0, len(y), rows)]
    parts = [Moments.of(*batch) for batch in batches]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "row_blocks", lambda X, y: iter(batches))
        by_blocks = Moments.of(X, y)
    for m in (
        Moments.of_batches(iter(batches)),
        sum(parts),
        reduce(Moments.__add__, parts),
        by_blocks,
    ):
        check(m, X, y, parts=len(parts))


def test_a_mean_far_from_zero_costs_no_digits():
    """10⁹ away from zero the second moments keep 14 digits; E[z²] − E[z]² would keep none."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 1)), rng.normal(size=1000)
    X = np.round(X * 2**20) / 2**20  # so that X + 10⁹ is exact
    near, far = Moments.of(X, y), Moments.of(X + 1e9, y)
    np.testing.assert_allclose(far.scatter, near.scatter, rtol=0, atol=1e-11)
    (true, _), _ = exact.moments(X + 1e9, y)
    assert rounding.within(far.mean[0], true, 1.01 * 2.0**-53 * 1e9), "the mean to its last bit"


@pytest.mark.parametrize("mean", [0.1, 0.5, 1, 1.7, 1.8, 3, 10, 1e3, 1e6])
def test_no_mean_costs_digits(mean):
    """Whether it is taken off before the squares are summed, or after: 15 digits are there."""
    rng = np.random.default_rng(1)
    X, y = (np.round(z * 2**20) / 2**20 for z in (rng.normal(size=(500, 2)), rng.normal(size=500)))
    shift = round(mean * 2**10) / 2**10  # all sums of two are exact
    near, far = Moments.of(X, y), Moments.of(X + np.array([shift, 0]), y - shift)
    np.testing.assert_allclose(far.scatter, near.scatter, rtol=0, atol=1e-15 * 500)


@pytest.mark.parametrize("size", [1e-170, 1e150])
def test_columns_of_extreme_size_have_their_moments(size):
    """Squares that vanish are zero, and those that are huge beside others right."""
    X, y = np.array([[1.0, size], [2.0, -size], [6.0, size]]), np.array([1.0, 2.0, 3.0])
    scatter = Moments.of(X, y).scatter
    np.testing.assert_allclose(scatter[0], [14, 2 * size, 5], rtol=1e-14)
    np.testing.assert_allclose(scatter[1, 1], 8 / 3 * size**2, rtol=1e-15)


def test_blocks_hold_all_rows_in_order():
    """The rows of a block are cut so that none is lost and each block stays small."""
    X, y = np.arange(3_000_000.0).reshape(-1, 3), np.arange(1_000_000.0)
    parts = list(blocks.row_blocks(X, y))
    np.testing.assert_array_equal(np.concatenate([y_B for _, y_B in parts]), y)
    assert len(parts) > 2
    assert all(X_B.size + 2 * len(y_B) <= blocks.NUMBERS for X_B, y_B in parts)


@given(n=st.integers(1, 30), d=st.integers(1, 5), numbers=st.integers(1, 100))
def test_blocks_are_as_large_as_they_may_be(n, d, numbers):
    """A row is d + 2 numbers: X, y and 1. One row more would be too many; one there always is."""
    X, y = np.arange(1.0 * n * d).reshape(n, d), np.arange(1.0 * n)
    parts = list(blocks.row_blocks(X, y, numbers))
    for whole, cut in zip((X, y), zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(cut), whole)
    for _, y_B in parts:
        assert len(y_B) == 1 or len(y_B) * (d + 2) <= numbers
    for _, y_B in parts[:-1]:
        assert (len(y_B) + 1) * (d + 2) > numbers


def test_moments_are_frozen_comparable_and_picklable():
    """Read-only arrays, equality by content, and a pickle that is as read-only."""
    m = Moments.of([[1.0], [2.0], [6.0]], [1, 2, 3])
    again = pickle.loads(pickle.dumps(m))
    assert again == m
    assert m != Moments.of([[1.0], [2.0], [7.0]], [1, 2, 3])
    assert m != "moments"
    for array in (m.mean, m.scatter, again.scatter):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        m.n = 4
    assert 0 + m is m
    for add in (lambda: m + 1, lambda: np.zeros(2, int) + m, lambda: m + np.zeros(2, int)):
        with pytest.raises(TypeError, match=r"unsupported operand|NumPy arrays|support ufuncs"):
            add()


@pytest.mark.parametrize("front_door", [Moments.of, LossSurface.from_data])
@pytest.mark.parametrize(
    ("bad", "error", "message"), [r for r in REFUSED if set(r[0]) <= {"X", "y"}]
)
def test_the_doors_refuse_as_fit_does(front_door, bad, error, message):
    """The errors about X and y are those of `fit`."""
    arguments = {"X": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]], "y": [1.0, 2.0, 3.0], **bad}
    with pytest.raises(error, match=f"^{message}"):
        front_door(arguments["X"], arguments["y"])


def test_a_bad_batch_is_named():
    """The error says which batch, and which of its rows."""
    good, bad = (np.ones((3, 1)), np.ones(3)), (np.ones((3, 1)), np.array([1, 2, np.nan]))
    where = r"^in batch 1 \(counted from 0\): "
    with pytest.raises(ValueError, match=f"{where}y must be finite, got nan in row 2"):
        Moments.of_batches([good, bad])
    with pytest.raises(TypeError, match=f"{where}X must be an array of real numbers"):
        Moments.of_batches([good, (None, good[1])])
    for pair, got in (
        ((1, 2, 3), "(1, 2, 3)"),
        ("Xy", "'Xy'"),
        (np.array([1, 2]), "array([1, 2])"),
    ):
        message = f"in batch 1 (counted from 0): it must be a pair (X, y), got {got}; pass (X, y)"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            Moments.of_batches([good, pair])
    message = "batches must be an iterable of (X, y), got 3; pass e.g. [(X, y)]"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        Moments.of_batches(3)
    for batches, message in (
        ([], "batches must hold at least one (X, y), got none; pass some samples"),
        (
            [good, (np.ones((3, 2)), good[1])],
            "moments must be of the same features to be added, got d = 1 and 2; take the same columns of each part",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            Moments.of_batches(batches)


def test_squares_that_overflow_are_refused():
    """Not a surface of infinities: the error says to rescale."""
    message = (
        "^X and y must be so small that sums of their squares are finite, got numbers near the "
        "largest float; rescale the columns$"
    )
    for y in ([1.0, 2.0], [1.0, -1.0]):  # a mean that is taken off, and none
        with pytest.raises(ValueError, match=message):
            Moments.of([[1e200], [-1e200]], y)


@pytest.mark.parametrize(
    ("n", "mean", "scatter", "message"),
    [
        (0, [1, 2], np.eye(2), "n must be greater than zero, got 0; pass 1 or more"),
        (
            3,
            [1, 2],
            np.eye(3),
            "mean and scatter must have shapes (d+1,) and (d+1, d+1), d at least 1, got (2,) and (3, 3); use Moments.of(X, y)",
        ),
        (
            3,
            [1],
            [[1]],
            "mean and scatter must have shapes (d+1,) and (d+1, d+1), d at least 1, got (1,) and (1, 1); use Moments.of(X, y)",
        ),
        (
            3,
            [1, np.nan],
            np.eye(2),
            "mean must be finite, got nan in row 1 (counted from 0); drop or fill what is NaN or infinite first",
        ),
        (
            3,
            [1, 2],
            np.full((2, 2), np.inf),
            "scatter must be finite, got inf in row 0 (counted from 0); drop or fill what is NaN or infinite first",
        ),
    ],
)
def test_moments_made_by_hand_are_checked(n, mean, scatter, message):
    """What a worker sends may be broken: shapes, count and numbers are questioned."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole message is compared)
        Moments(n, mean, scatter)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["mean", "scatter"])
def test_moments_made_by_hand_are_numbers(name):
    """What is no array of real numbers is refused under its own name."""
    with pytest.raises(TypeError, match=f"^{name} must be an array of real numbers, got list of"):
        Moments(**{"n": 3, "mean": [1, 2], "scatter": np.eye(2), name: ["a", "b"]})


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_moments_made_by_hand_are_float64(kind):
    """Whatever came: n is an int, the arrays are float64 and nobody else's."""
    mean, scatter = np.array([1, 2], kind), np.eye(2, dtype=kind)
    m = Moments(kind(3), mean, scatter)
    assert type(m.n) is int
    assert m.n == 3
    assert m.mean.dtype == m.scatter.dtype == np.float64
    mean[:], scatter[:] = 0, 0
    assert m == Moments(3, [1.0, 2.0], np.eye(2))


def test_a_sum_that_overflows_is_refused():
    """Two samples so far apart that the square of their distance is no float."""
    a, b = (Moments.of([[x]], [0.0]) for x in (-1e160, 1e160))
    with pytest.raises(ValueError, match=r"^X and y must be so small"):
        a + b


def test_the_repr_is_the_constructor():
    """What is printed can be read back."""
    m = Moments.of([[1.0], [2.0], [6.0]], [1.0, 2.0, 3.0])
    assert eval(repr(m), {"Moments": Moments, "array": np.array}) == m
    assert re.match(r"Moments\(n=3", repr(m))
