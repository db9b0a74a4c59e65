"""§2: Moments: of any part, merged in any order, within the rounding bound of the exact ones."""

import pickle
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linreg_np import LossSurface, Moments, fit
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
    """In every layout and precision, extreme magnitudes and far offsets included."""
    X, y, _, _ = problem
    check(Moments.of(X, y), X, y, parts=1)


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
def test_sums_and_blocks_are_the_whole(problem, rows):
    """sum and reduce of the parts, and `of` with blocks as small, all are the whole."""
    X, y, _, _ = problem
    batches = [(X[i : i + rows], y[i : i + rows]) for i in range(0, len(y), rows)]
    parts = [Moments.of(*batch) for batch in batches]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "row_blocks", lambda X, y: iter(batches))
        by_blocks = Moments.of(X, y)
    for m in (sum(parts), reduce(Moments.__add__, parts), by_blocks):
        check(m, X, y, parts=len(parts))


@pytest.mark.parametrize(("mean", "lost"), [(1, 1e-15), (1e3, 1e-15), (1e6, 1e-15), (1e9, 1e-13)])
def test_no_mean_costs_digits(mean, lost):
    """15 digits are there, 13 for a mean of 10⁹; E[z²] − E[z]² would lose 18."""
    rng = np.random.default_rng(1)
    X, y = (np.round(z * 2**20) / 2**20 for z in (rng.normal(size=(500, 2)), rng.normal(size=500)))
    near, far = Moments.of(X, y), Moments.of(X + np.array([mean, 0]), y - mean)  # exact sums
    np.testing.assert_allclose(far.scatter, near.scatter, rtol=0, atol=lost * 500)


@pytest.mark.parametrize("size", [1e-170, 1e150])
def test_columns_of_extreme_size_have_their_moments(size):
    """Squares that vanish are zero, and those that are huge beside others right."""
    X, y = np.array([[1.0, size], [2.0, -size], [6.0, size]]), np.array([1.0, 2.0, 3.0])
    scatter = Moments.of(X, y).scatter
    np.testing.assert_allclose(scatter[0], [14, 2 * size, 5], rtol=1e-14)
    np.testing.assert_allclose(scatter[1, 1], 8 / 3 * size**2, rtol=1e-15)


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


X, Y = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]], [1.0, 2.0, 3.0]
LARGE = r"^X and y must be so small .*; rescale the columns$"


@pytest.mark.parametrize("function", [Moments.of, LossSurface.from_data])
@pytest.mark.parametrize(
    "bad",
    [
        *({"X": X} for X in ([[Y]], [[], [], []], np.ones((0, 2)), "X", None, [[1, np.nan]] * 3)),
        *({"y": y} for y in (X, [[1.0], [2.0], [3.0]], Y[:2], 1.0, [1, np.inf, 3], [1j, 2, 3])),
        {"X": np.full((3, 2), -np.inf)},
    ],
    ids=str,
)
def test_data_are_refused_as_by_fit(function, bad):
    """With the same error."""
    data = {"X": X, "y": Y, **bad}
    with pytest.raises((TypeError, ValueError)) as expected:
        fit(**data, rng=0, batch_size=1)
    with pytest.raises(expected.type) as caught:
        function(**data)
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([([[1.0]], [1]), (np.ones((1, 2)), [1])], "^moments .*same features.* d = 1 and 2;"),
        ([([[-1e160]], [0]), ([[1e160]], [0])], "^scatter must be finite, got inf"),
    ],
)
def test_moments_that_have_no_sum_are_refused(parts, message):
    """Other features, or numbers so large that the sum overflows."""
    with pytest.raises(ValueError, match=message):
        sum(Moments.of(*part) for part in parts)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"n": 0}, ValueError, "^n must be greater than zero, got 0"),
        ({"scatter": np.eye(3)}, ValueError, r"^mean and scatter .*got \(2,\) and \(3, 3\); use"),
        ({"mean": [1], "scatter": [[1]]}, ValueError, r"^mean and .*got \(1,\) and \(1, 1\); use"),
        ({"mean": [1, np.nan]}, ValueError, "^mean must be finite, got nan in row 1"),
        (
            {"scatter": np.full((2, 2), np.inf)},
            ValueError,
            "^scatter must be finite, got inf in row 0",
        ),
        ({"mean": ["a", "b"]}, TypeError, "^mean must be an array of real numbers"),
        ({"scatter": ["a", "b"]}, TypeError, "^scatter must be an array of real numbers"),
    ],
)
def test_moments_made_by_hand_are_checked(changed, error, message):
    """What a worker sends may be broken: shapes, count and numbers are checked."""
    with pytest.raises(error, match=message):
        Moments(**{"n": 3, "mean": [1, 2], "scatter": np.eye(2), **changed})


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.float64])
def test_moments_made_by_hand_are_float64(kind):
    """From any numbers: n is an int, the arrays are float64 copies."""
    mean, scatter = np.array([1, 2], kind), np.eye(2, dtype=kind)
    m = Moments(kind(3), mean, scatter)
    assert type(m.n) is int
    assert m.mean.dtype == m.scatter.dtype == np.float64
    mean[:], scatter[:] = 0, 0
    assert m == Moments(3, [1.0, 2.0], np.eye(2))
