"""An answer read as the contract has it: which number is which, or what is wrong with its form."""

import re

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.output import parse_output
from reference.checker.sandbox.messages import ArrayMessage, RawOutput

CASE = Problem(np.arange(6.0).reshape(3, 2), np.ones(3), np.array([5.0, 7.0]), np.float64(9))
ROLES = tuple((r, r) for r in ("X", "y", "w", "b"))
THETA = ROLES[:3]


def part(*shape, dtype="float64", first=0.0):
    """An array of an answer: first, first + 1, …"""
    return ArrayMessage(dtype, shape, first + np.arange(float(np.prod(shape))))


NOTHING = ArrayMessage("NoneType", (), None)
STRANGE = ArrayMessage("complex128", (2,), None)


def reading(kind, *parts, roles=ROLES, **more):
    """An answer of those parts, read for a function of that kind."""
    return parse_output(CallPlan("f", kind, roles, **more), CASE, RawOutput(tuple(parts)))


@pytest.mark.parametrize(
    ("kind", "roles", "parts", "vector"),
    [
        ("gradient", ROLES, [part(2), part(first=8)], [0, 1, 8]),
        ("gradient", ROLES, [part(first=8), part(2)], [0, 1, 8]),
        ("gradient", ROLES, [part(2), NOTHING, part(first=8)], [0, 1, 8]),
        ("step", ROLES, [part(2), part(first=8)], [0, 1, 8]),
        ("gradient", THETA, [part(3)], [1, 2, 0]),
        ("step", THETA, [part(3)], [1, 2, 0]),
        ("trainer", THETA, [part(3), part(9)], [1, 2, 0]),
        ("trainer", ROLES, [part(2), part(first=8), part(9)], [0, 1, 8]),
        ("predict", ROLES, [part(3)], [0, 1, 2]),
        ("predict", THETA, [part(3)], [0, 1, 2]),
        ("sample", ROLES, [part(3)], [0, 1, 2]),
        ("loss", ROLES, [part(first=8)], [8]),
    ],
)
def test_numbers_come_in_one_order(kind, roles, parts, vector):
    """w and then b, whichever way they came; ŷ or l; the loss alone. A trainer may say more."""
    found = reading(kind, *parts, roles=roles)
    assert (found.fault, found.message, found.refused) == ("", "", False)
    assert found.vector.tolist() == vector
    assert found.dtype == np.float64


@pytest.mark.parametrize(
    ("kind", "parts", "vector"),
    [
        ("gradient", [part(2, 1), part(first=8)], [0, 1, 8]),
        ("gradient", [part(2), part(1, first=8)], [0, 1, 8]),
        ("gradient", [part(2), part(1, 1, first=8)], [0, 1, 8]),
        ("predict", [part(3, 1)], [0, 1, 2]),
        ("predict", [part(3)], [0, 1, 2]),
        ("loss", [part(1, 1, first=8)], [8]),
        ("loss", [part(1, first=8)], [8]),
    ],
)
def test_columns_may_answer_columns(kind, parts, vector):
    """Where columns were given, and there alone."""
    assert reading(kind, *parts, column=True).vector.tolist() == vector
    usual = all(p.shape in ((), (2,), (3,)) for p in parts)
    assert (reading(kind, *parts).fault == "") == usual


@pytest.mark.parametrize(
    ("kind", "parts", "roles", "message"),
    [
        (
            "gradient",
            [part(2), part(1)],
            ROLES,
            r"grad_w .*\(2,\), grad_b .*\(\); got \(2,\) and \(1,\)",
        ),
        ("gradient", [part(2)], THETA, r"grad_w .*\(3,\); got \(2,\)"),
        ("step", [part(2)], ROLES, r"new w .*\(2,\), .*new b .*\(\); got \(2,\)"),
        ("trainer", [part(2)], ROLES, r"weights .*\(2,\), .*bias .*\(\); got \(2,\)"),
        ("predict", [part(3, 3)], ROLES, r"ŷ .*\(3,\); got \(3, 3\)"),
        ("sample", [part()], ROLES, r"l .*\(3,\); got \(\)"),
        ("loss", [part(3)], ROLES, r"loss .*\(\); got \(3,\)"),
        ("gradient", [STRANGE, NOTHING], ROLES, "got complex128 and NoneType"),
    ],
)
def test_a_wrong_shape_is_reported_beside_the_right_one(kind, parts, roles, message):
    """In the words of the kind."""
    found = reading(kind, *parts, roles=roles)
    assert found.fault == "wrong-shape"
    assert re.search(message, found.message)


@pytest.mark.parametrize(
    ("parts", "vector"),
    [
        ([part(2, 1), part(first=8)], [0, 1, 8]),
        ([part(first=8), part(2, 1)], [0, 1, 8]),
        ([part(1, first=8), part(1, 2)], [0, 1, 8]),
        ([part(2), part(1, first=8)], [0, 1, 8]),
        ([part(1, first=3), part(1, first=8)], [3, 3, 8]),
        ([part(first=3)], [3, 3, 3]),
        ([part(1, 1, first=3)], [3, 3, 3]),
        ([part(2)], None),
        ([part(2), part(2)], None),
        ([part(3), part()], None),
        ([part(2), part(), part()], None),
        ([STRANGE, part()], None),
        ([part(2, 1), STRANGE], None),
    ],
)
@pytest.mark.parametrize("kind", ["gradient", "step"])
def test_a_wrong_form_is_read_where_it_can_be(kind, parts, vector):
    """One number stands for all; w and b in other shapes, in either order; else nothing."""
    found = reading(kind, *parts)
    assert found.fault == "wrong-shape"
    assert (found.vector if vector is None else found.vector.tolist()) == vector
    if vector is not None:
        assert reading("trainer", *parts).vector is None
    narrow = [p if p.values is None else ArrayMessage("float32", p.shape, p.values) for p in parts]
    assert reading(kind, *narrow).dtype == np.float32


def test_with_one_weight_the_first_part_is_the_weight():
    """Two parts of one number cannot be told apart by their sizes."""
    case = Problem(np.ones((3, 1)), np.ones(3), np.ones(1), 0.0)
    plan = CallPlan("f", "gradient", ROLES)
    found = parse_output(plan, case, RawOutput((part(1, 1, first=3), part(1, first=8))))
    assert found.vector.tolist() == [3, 8]
    theta = CallPlan("f", "gradient", THETA)
    assert parse_output(theta, case, RawOutput((part(1, 1),))).vector is None


@pytest.mark.parametrize(
    ("parts", "refused"),
    [
        ([part(2), part(1)], False),
        ([part(2, 2), part()], False),
        ([part(5), part()], True),
        ([part(2, 3), part()], True),
        ([part(2), part(3, 3)], True),
    ],
)
def test_an_answer_that_is_blown_up_is_refused(parts, refused):
    """More than n + 1 and d + 1 numbers: another layout of the arguments may suit better."""
    assert reading("gradient", *parts).refused == refused


def test_none_is_no_answer():
    """None, or a tuple of nothing but None."""
    for parts in ((), (NOTHING,), (NOTHING, NOTHING)):
        found = reading("gradient", *parts)
        assert (found.fault, found.message) == ("no-return", "It returned None.")
        assert (found.vector, found.refused) == (None, False)


@pytest.mark.parametrize(
    ("line", "message", "shown"),
    [
        ("x[9]", "too far", r"IndexError: too far .*line 3: x\[9\]"),
        ("x[9]", "", r"IndexError .*line 3: x\[9\]"),
        (None, "too far", "IndexError: too far$"),
    ],
)
def test_an_exception_is_reported_with_its_line(line, message, shown):
    """Type, message and the author's own line, where it is known."""
    raised = {"type": "IndexError", "message": message, "line": line, "lineno": 3}
    found = parse_output(CallPlan("f", "loss", ROLES), CASE, RawOutput(raised=raised))
    assert (found.fault, found.refused, found.vector) == ("raised", True, None)
    assert re.match(shown, found.message)


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("float64", "float32"), np.float32),
        (("float16", "float32"), np.float16),
        (("float32", "float16"), np.float16),
        (("int64", "bool"), np.float64),
        (("float64", "float64"), np.float64),
    ],
)
def test_the_coarsest_precision_counts(dtypes, expected):
    """Of all parts, whichever comes first; whole numbers are as fine as float64."""
    found = reading("gradient", part(2, dtype=dtypes[0]), part(dtype=dtypes[1]))
    assert found.dtype == expected


def model(*parts):
    """A fitted model's weights, bias and predictions, read."""
    return reading("trainer", *parts, roles=(), is_class=True)


def test_a_model_has_weights_and_a_bias():
    """In any shape of d numbers and one."""
    found = model(part(2), part(first=8), part(3))
    assert (found.vector.tolist(), found.fault, found.dtype) == ([0, 1, 8], "", np.float64)
    found = model(part(2, 1, dtype="float32"), part(1, 1, first=8), part(3, 1))
    assert (found.vector.tolist(), found.dtype) == ([0, 1, 8], np.float32)
    found = model(part(2), part(first=8), part(3, dtype="float32"))
    assert found.dtype == np.float64
    assert model(part(2), part(2, first=8), part(3)).vector.tolist() == [0, 1, 8]


@pytest.mark.parametrize("first", [True, False])
def test_the_bias_may_be_among_the_weights(first):
    """Before or behind them: the predictions tell which."""
    for *w, b in np.random.default_rng(0).normal(size=(40, 3)):
        both = np.append(b, w) if first else np.append(w, b)
        y_hat = ArrayMessage("float64", (3,), CASE.X @ w + b)
        found = model(ArrayMessage("float64", (3,), both), NOTHING, y_hat)
        assert found.vector.tolist() == [*w, b]
    zero = CASE._replace(X=np.zeros((3, 2)))  # where neither fits better, it is the first
    parts = ArrayMessage("float64", (3,), np.array([4.0, 0.0, 4.0])), NOTHING, part(3)
    plan = CallPlan("M", "trainer", (), is_class=True)
    assert parse_output(plan, zero, RawOutput(parts)).vector.tolist() == [0, 4, 4]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([part(3), part(), part(3)], r"2 numbers in an attribute .*bias.* got \(3,\) and \(\)"),
        ([part(2), NOTHING, part(3)], r"2 numbers in an attribute .* got \(2,\) and \(\)"),
        ([NOTHING, part(), part(3)], r"2 numbers in an attribute .* got \(\) and \(\)"),
        ([part(2), part(), part(2)], r"predict .* \(3,\), got \(2,\)"),
        ([part(2), part(), STRANGE], r"predict .* \(3,\), got \(2,\)"),
    ],
)
def test_a_model_of_another_form_is_refused(parts, message):
    """With the form that is required, and the one that was found."""
    found = model(*parts)
    assert (found.fault, found.refused, found.vector) == ("wrong-shape", True, None)
    assert re.search(message, found.message)
