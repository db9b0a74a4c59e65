"""One answer beside what it should have been; the problems on which every fault looks different."""

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.trial import Trial, distinguishing_problems

CASE = Problem(
    np.array([[1.0, 2.0], [3.0, -1.0]]), np.zeros(2), np.array([1.0, 2.0]), np.float64(1), 0.5
)
ROLES = tuple((r, r) for r in ("X", "y", "w", "b"))


def item(vector, kind="gradient", loss="half-mse", **reading):
    """An answer of those numbers."""
    plan = CallPlan("f", kind, ROLES + ((("lr", "lr"),) if kind == "step" else ()))
    vector = None if vector is None else np.array(vector)
    return Trial(plan, CASE, None, Output(vector, **reading), Expected(plan, CASE, loss), CASE)


TRUE = [6.0, 5.0, 4.0]  # r = (6, 2)


def test_an_answer_is_right_within_its_bounds():
    """Its errors are those of `Expected`; one number too far is enough."""
    assert item(TRUE).is_correct
    assert item(TRUE).errors.tolist() == [0, 0, 0]
    wrong = item([6.0, 5.0, 4.1])
    assert not wrong.is_correct
    assert (wrong.errors > 1).tolist() == [False, False, True]
    assert item(np.array(TRUE) * (1 + 1e-8), dtype=np.dtype(np.float32)).is_correct
    assert not item(np.array(TRUE) * (1 + 1e-8)).is_correct
    edge = item(TRUE)
    edge.errors = np.array([0.0, 1.0])
    assert edge.is_correct
    edge.errors = np.array([0.0, 1.5])
    assert not edge.is_correct


def test_an_answer_of_the_wrong_form_is_infinitely_wrong():
    """Whatever its numbers; they may be off or not."""
    found = item(TRUE, fault="wrong-shape")
    assert found.errors.tolist() == [np.inf]
    assert not found.is_correct
    assert not found.has_wrong_values
    assert item([6.0, 5.0, 5.0], fault="wrong-shape").has_wrong_values
    assert not item([6.0, 5.0], fault="wrong-shape").has_wrong_values
    assert not item(None, fault="no-return").has_wrong_values
    assert not item([6.0, 5.0, np.nan]).has_wrong_values
    assert item([6.0, 5.0, 5.0]).has_wrong_values
    assert not item(TRUE).has_wrong_values
    narrow = item(np.array(TRUE) * (1 + 1e-8), dtype=np.dtype(np.float32))
    assert not narrow.has_wrong_values
    assert item(np.array(TRUE) * (1 + 1e-8)).has_wrong_values


@pytest.mark.parametrize(("error", "off"), [(1.0, False), (1.5, True)])
def test_numbers_at_the_bound_are_not_off(error, off):
    """Beyond it they are."""
    found = item(TRUE)
    found.expected.errors = lambda vector, dtype: np.array([0.0, error, 0.0])
    assert found.has_wrong_values == off


@pytest.mark.parametrize(
    ("vector", "finite"), [(TRUE, True), ([1.0, np.inf], False), ([np.nan], False), (None, False)]
)
def test_finite_is_ordinary_numbers(vector, finite):
    """All of them."""
    assert item(vector).finite is finite


def test_a_step_is_seen_as_the_gradient_that_it_went_along():
    """(θ − new θ)/η, without the factor of the loss; other answers as they are."""
    step = item([1 - 0.5 * 12, 2 - 0.5 * 10, 1 - 0.5 * 8], "step", "mse")
    assert step.gradient.tolist() == step.expected_gradient.tolist() == TRUE
    gradient = item([12.0, 10.0, 9.0], loss="mse")
    assert gradient.gradient.tolist() == [6, 5, 4.5]
    assert gradient.expected_gradient.tolist() == TRUE


def test_a_step_that_leads_nowhere_has_not_moved():
    """Nor has one without ordinary numbers; one number is enough."""
    assert not item([1.0, 2.0, 1.0], "step").moved
    assert item([1.0, 2.0, 1.5], "step").moved
    assert not item([1.0, 2.0, np.nan], "step").moved


def test_telling_problems_are_normal_numbers_of_many_sizes():
    """Twice each of twenty shapes, the same for the same seed; y thrice as wide; η of three."""
    found = distinguishing_problems(5)
    shapes = [(5, 3), (7, 4), (4, 2), (3, 5), (2, 3), (6, 1), (9, 6), (2, 1), (1, 3), (1, 1)]
    shapes += [(8, 2), (12, 5), (5, 4), (10, 7), (3, 3), (2, 2), (1, 2), (11, 8), (4, 4), (1, 4)]
    assert [c.X.shape for c in found] == shapes * 2
    assert all(
        np.array_equal(a.X, b.X) for a, b in zip(found, distinguishing_problems(5), strict=True)
    )
    assert not np.array_equal(found[0].X, distinguishing_problems(6)[0].X)
    for c in found:
        assert (c.y.shape, c.w.shape) == (c.X.shape[:1], c.X.shape[1:])
        assert type(c.b) is np.float64
        assert (type(c.lr), c.iters) == (float, 1)
    assert {c.lr for c in found} == {0.125, 0.25, 0.375}
    many = [c for seed in range(40) for c in distinguishing_problems(seed)]
    for name, scale in (("X", 1), ("y", 3), ("w", 1), ("b", 1)):
        values = np.concatenate([np.ravel(getattr(c, name)) for c in many])
        assert abs(values.mean()) < 0.15 * scale
        assert abs(values.std() / scale - 1) < 0.1
