"""The way to the smallest example: what counts as smaller, and what is tried."""

import numpy as np
import pytest

from reference.checker import shrink
from reference.checker.call_plan import Problem

CASE = Problem(
    np.array([[0.37, -2.0], [3.14159, -1e-7], [1.0, 5.5]]),
    np.array([1.25, 0.0, -7.0]),
    np.array([-1.0, 0.123456]),
    np.float64(2.5),
    0.1,
)
PLAIN = Problem(np.ones((3, 2)), np.zeros(3), np.ones(2), np.float64(0), 0.1)


def same(a, b):
    """Whether two cases are, number by number and in their types."""
    return all(
        np.array_equal(p, q) and np.asarray(p).dtype == np.asarray(q).dtype
        for p, q in zip(a, b, strict=True)
    )


def test_the_length_of_a_number_is_that_of_its_digits():
    """None for 0; no sign, no .0; NumPy's floats as Python's."""
    for number, length in [
        (0.0, 0),
        (-3.0, 1),
        (2.5, 3),
        (-0.1, 3),
        (1e-7, 5),
        (np.float64(12), 2),
    ]:
        assert shrink.digits(number) == length


def test_costs_are_compared_in_order():
    """Numbers of X, samples, digits away from 1 in X and w and from 0 in y and b, their sum; η too."""
    case = Problem(np.array([[1.0, 1.5]]), np.array([-2.0]), np.array([3.0, 1.0]), 0.25, 0.5)
    assert shrink.cost(case) == (2, 1, 3 + 1 + 1 + 4 + 3, 0.5 + 2 + 2 + 0.25 + 0.5)
    assert shrink.cost(PLAIN) == (6, 3, 3, 0.1)


def test_plain_cases_are_tried_by_size():
    """Ones and zeros in up to 12 numbers, the fewest first; the dtype and η stay."""
    wide = Problem(np.zeros((14, 5), np.float32), np.ones(14), np.zeros(5), np.float32(1), 0.3)
    found = list(shrink.plain(wide))
    sizes = [c.X.shape for c in found]
    assert sizes[0] == (1, 1)
    assert [n * d for n, d in sizes] == sorted(n * d for n, d in sizes)
    assert set(sizes) == {(n, d) for n in range(1, 15) for d in range(1, 6) if n * d <= 12}
    for c in found:
        n, d = c.X.shape
        f = np.float32
        assert same(c, Problem(np.ones((n, d), f), np.zeros(n, f), np.ones(d, f), f(0), 0.3))


def test_rows_and_columns_are_cut():
    """The first half, the second, each but one; never the last of them."""
    rows = [c.X[:, 1].tolist() for c in shrink.cut(CASE) if c.X.shape[1] == 2]
    a, b, c = CASE.X[:, 1].tolist()
    assert rows == [[a], [b, c], [b, c], [a, c], [a, b]]
    assert [len(c.y) for c in shrink.cut(CASE)] == [1, 2, 2, 2, 2, 3, 3, 3, 3]
    labels = [c.y.tolist() for c in shrink.cut(CASE)][:5]
    assert labels == [[1.25], [0, -7], [0, -7], [1.25, -7], [1.25, 0]]
    columns = [c for c in shrink.cut(CASE) if c.X.shape[1] == 1]
    assert [c.w.tolist() for c in columns] == [[-1.0], [0.123456], [0.123456], [-1.0]]
    assert [c.X[0].tolist() for c in columns] == [[0.37], [-2.0], [-2.0], [0.37]]
    one = Problem(np.ones((1, 1)), np.ones(1), np.ones(1), 0.0)
    assert list(shrink.cut(one)) == []
    square = Problem(np.ones((2, 2)), np.ones(2), np.ones(2), 0.0)
    assert [c.X.shape for c in shrink.cut(square)] == [(1, 2)] * 4 + [(2, 1)] * 4
    large = Problem(np.ones((5, 5)), np.ones(5), np.ones(5), 0.0)
    assert [len(c.y) for c in shrink.cut(large)][:7] == [2, 3, 4, 4, 4, 4, 4]
    assert [len(c.w) for c in shrink.cut(large)][7:] == [2, 3, 4, 4, 4, 4, 4]


def test_arguments_are_rounded():
    """η to 1 or ½; each argument plain; all and each to 0, 1 and 3 places."""
    expected = [CASE._replace(lr=1.0), CASE._replace(lr=0.5)]
    expected += [CASE._replace(**{f: getattr(PLAIN, f)}) for f in ("y", "b", "w", "X")]
    for places in (0, 1, 3):
        short = {f: np.round(getattr(CASE, f), places) + 0 for f in "Xywb"}
        expected += [CASE._replace(**short), *(CASE._replace(**{f: a}) for f, a in short.items())]
    found = list(shrink.rounded(CASE))
    assert len(found) == len(expected)
    assert all(map(same, found, expected))
    assert not any(np.signbit(c.X[c.X == 0]).any() for c in found)


def test_single_numbers_are_made_simple():
    """b and y would be 0, w and X would be 1; then other whole numbers, and fewer digits."""
    case = Problem(np.array([[7.77]]), np.array([0.55]), np.array([-31.4]), np.float64(2.468), 0.1)
    found = list(shrink.single(case))
    tried = {
        f: [
            float(np.ravel(getattr(c, f))[0])
            for c in found
            if getattr(c, f) is not getattr(case, f)
        ]
        for f in "bywX"
    }
    assert tried == {
        "b": [0, 1, -1, 0, 2, 2, 2.5, 2],
        "y": [0, 1, -1, 0, 2, 1, 0.6, 0.6],
        "w": [1, -1, 0, 2, -31, -31.4, -30],
        "X": [1, -1, 0, 2, 8, 7.8, 8],
    }
    assert np.ndim(found[0].b) == 0
    assert (case.X, case.y) == ([[7.77]], [0.55])


def test_only_what_is_smaller_is_tried():
    """Plain cases, then cuts, then rounded ones, then single numbers: all of less cost."""
    found = list(shrink.simpler(CASE))
    assert all(shrink.cost(c) < shrink.cost(CASE) for c in found)
    everything = [
        *shrink.plain(CASE),
        *shrink.cut(CASE),
        *shrink.rounded(CASE),
        *shrink.single(CASE),
    ]
    left = [c for c in everything if shrink.cost(c) < shrink.cost(CASE)]
    assert all(map(same, found, left))
    assert len(found) == len(left)
    assert list(shrink.simpler(Problem(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0, 1.0))) == []


def test_each_round_starts_from_the_first_that_fails():
    """Until none does, or there have been enough."""
    rounds = []

    def fails(cases):
        rounds.append(cases)
        return [len(c.y) >= 2 and len(rounds) < 4 for c in cases]

    found = shrink.smallest(CASE, fails)
    assert found.X.shape == (2, 1)
    assert len(rounds) == 3 or len(rounds) == 4
    assert rounds[1][0].X.size < CASE.X.size
    with pytest.raises(ValueError, match=r"zip\(\)"):
        shrink.smallest(CASE, lambda cases: [False])


def test_the_rounds_are_bounded():
    """A subject that fails at whatever it is asked is asked no more than `ROUNDS` times."""
    asked = []
    endless = [
        Problem(np.full((1, 1), float(k)), np.zeros(1), np.ones(1), 0.0) for k in range(1000, 0, -1)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shrink, "simpler", lambda case: [endless[len(asked)]])
        shrink.smallest(endless[0], lambda cases: asked.append(cases) or [True])
    assert len(asked) == shrink.ROUNDS == 200
