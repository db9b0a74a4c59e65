"""What is said of a mistake without a name: where it is, by which factor; and how near a miss is."""

import numpy as np
import pytest

from reference import diagnosis, faults, precision, state, symptoms
from reference.answers import Reading
from reference.calls import Case, Plan
from reference.expected import Expected
from reference.items import Item, telling
from reference.pipe import Answer

ROLES = {"gradient": "X y w b", "sample": "y_hat y", "loss": "X y w b"}
CASES = telling(0)
FEW = [c for c in CASES if len(c.w) <= 2]
HALF = [c._replace(X=np.concatenate([c.X[:1] * 1e9, c.X[1:]])) for c in CASES[::2]]


def item(case, change=None, kind="gradient"):
    """An answer to a case: the right one, or what `change` makes of it."""
    plan = Plan("", kind, tuple((role, role) for role in ROLES[kind].split()))
    expected = Expected(plan, case, "half-mse")
    vector = expected.near.copy() if change is None else change(expected.near.copy(), case)
    return Item(plan, case, Answer(), Reading(vector), expected, case)


def twice(vector, case):
    return 2 * vector


@pytest.mark.parametrize(
    ("cases", "where", "said"),
    [
        (CASES, lambda c: len(c.y) >= 5, "from n = 5 on"),
        (CASES, lambda c: len(c.w) <= 2, "up to d = 2"),
        (CASES, lambda c: len(c.y) % 2, "where n is not a multiple of 2"),
        (CASES, lambda c: c.b < 0, "where b is negative"),
        (CASES, lambda c: c.b > 0, "where b is positive"),
        (FEW, lambda c: (c.w < 0).any(), "where a weight is negative"),
        ([*HALF, *CASES], lambda c: abs(c.X).max() > 1e6, "where a number is over 1e2"),
        (
            [*(c._replace(y=c.y * 1e-9, w=c.w * 1e-9, b=c.b * 1e-9) for c in CASES[::2]), *CASES],
            lambda c: abs(c.w).max() < 1e-6,
            "where the answer has a number below 1e-8",
        ),
        (
            [*(c._replace(b=np.float64(1e-5)) for c in CASES[::2]), *CASES],
            lambda c: c.b == 1e-5,
            "where a number is below 1e-4",
        ),
    ],
)
def test_a_condition_is_found_and_said(cases, where, said):
    """The one that holds wherever it is wrong, and nearly nowhere else."""
    items = [item(c, twice if where(c) else None) for c in cases]
    assert symptoms.condition(items) == f"It is wrong {said}, and right otherwise."


def test_where_nothing_tells_them_apart_that_is_said():
    """Not where few answers are right: those may be right by chance."""
    items = [item(c, twice if i in (0, 3, 6, 9, 19) else None) for i, c in enumerate(CASES)]
    assert symptoms.condition(items).startswith("It is right for other problems, and nothing simp")
    assert symptoms.condition([item(c, twice) for c in CASES]) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v, c: 3 * v, "3"),
        (lambda v, c: v * len(c.y) / 2, "0.5 · n"),
        (lambda v, c: -v / len(c.y), "-1 / n"),
        (lambda v, c: v + 1, None),
        (lambda v, c: v * np.nan, None),
    ],
)
def test_a_ratio_is_said_where_it_is_the_same_for_all(change, said):
    """A number, or one times n or 1/n; nothing where it is none of them."""
    sentence = f"got/expected is {said} wherever it is wrong." if said else ""
    assert symptoms.ratio([item(c, change) for c in CASES]) == sentence


def test_float32_is_told_from_a_wrong_number():
    """Answers to 7 digits are low precision, ones twice too large are not."""
    tests = precision.rounded_to_float32, precision.as_in_float32
    low, far = (
        [item(c, f) for c in CASES] for f in (lambda v, c: np.float64(np.float32(v)), twice)
    )
    assert precision.rounded_to_float32(low)
    assert [test(far) for test in tests] == [False, False]


def test_answers_are_apart_by_more_than_twice_the_bound():
    """Or where one has no numbers, or another shape."""
    case = CASES[0]
    right, bound = item(case), item(case).expected.bounds
    near, far = (item(case, lambda v, c, k=k: v + k * bound) for k in (1.5, 3))
    assert [state.apart([right, other]) for other in (right, near, far)] == [False, False, True]
    assert state.apart([right, item(case, lambda v, c: None)])
    assert state.apart([right, item(case, lambda v, c: v[1:])])


def test_the_losses_of_a_sample_are_those_of_its_rows():
    """One case for a loss, n of one row for l⁽ⁱ⁾, whose prediction is the first column of X."""
    case = Case(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0]), np.ones(2), 7.0)
    assert diagnosis.losses(item(case, kind="loss"), "loss") == [case]
    rows = diagnosis.losses(item(case, kind="sample"), "sample")
    assert [(r.X.tolist(), r.y.tolist(), r.w.tolist(), r.b) for r in rows] == [
        ([[1.0]], [5.0], [1.0], 0.0),
        ([[3.0]], [6.0], [1.0], 0.0),
    ]
    (given,) = diagnosis.losses(item(case, kind="loss"), "given loss")
    assert (given.X.tolist(), given.y.tolist()) == ([[1.0], [3.0]], [5.0, 6.0])


def test_a_formula_that_needs_a_number_needs_choices():
    """Without, or without an answer to draw them from, it is no candidate."""
    right, with_number = (lambda X, y, w, b: 0), (lambda X, y, w, b, c: c)
    items = [item(CASES[0])]
    assert list(diagnosis.chosen([right, with_number], 4, None, items)) == [right]
    assert list(diagnosis.chosen([with_number], 4, lambda usable: [3], [])) == []
    (found,) = diagnosis.chosen([with_number], 4, lambda usable: [3], items)
    assert found(0, 0, 0, 0) == 3


def test_a_slope_is_the_centred_difference():
    """(f(h) − f(−h)) / 2h: of 5t + t³ it is 5 + h²."""
    assert faults.slope(lambda t: 5 * t + t**3, 0.5) == 5.25
