"""One answer beside what it should have been."""

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.sandbox.messages import RawOutput
from reference.checker.trial import Trial

CASE = Problem(
    np.array([[1.0, 2.0], [3.0, -1.0]]), np.zeros(2), np.array([1.0, 2.0]), np.float64(1), 0.5
)
RIGHT = np.array([6.0, 5.0, 4.0])  # the residuals are 6 and 2
OFF = RIGHT * (1 + 1e-8)


def trial(vector, kind="gradient", loss="half-mse", **output):
    """An answer of those numbers."""
    roles = ["X", "y", "w", "b", *(["lr"] if kind == "step" else [])]
    plan = CallPlan("f", kind, tuple((r, r) for r in roles))
    reading = Output(None if vector is None else np.array(vector), **output)
    return Trial(plan, CASE, None, reading, Expected(plan, CASE, loss), 0, CASE)


@pytest.mark.parametrize(
    ("vector", "output", "is_correct", "has_wrong_values", "finite"),
    [
        (RIGHT, {}, True, False, True),
        ([6.0, 5.0, 4.1], {}, False, True, True),
        (OFF, {}, False, True, True),
        (OFF, {"dtype": np.dtype(np.float32)}, True, False, True),
        ([6.0, 5.0, np.nan], {}, False, False, False),
        ([6.0, 5.0, np.inf], {}, False, False, False),
        (RIGHT, {"fault": "wrong-shape"}, False, False, True),
        (OFF, {"fault": "wrong-shape"}, False, True, True),
        ([6.0, 5.0], {"fault": "wrong-shape"}, False, False, True),
        (None, {"fault": "no-return"}, False, False, False),
    ],
)
def test_an_answer_is_correct_in_form_and_numbers(
    vector, output, is_correct, has_wrong_values, finite
):
    """Within the bound of its precision; numbers can be wrong whatever the form is."""
    found = trial(vector, **output)
    assert found.is_correct is is_correct
    assert found.has_wrong_values is has_wrong_values
    assert found.finite is finite
    assert (found.errors <= 1).all() == is_correct
    assert (len(found.errors) == 1) == bool(output.get("fault"))


def test_a_step_is_seen_as_the_gradient_that_it_followed():
    """(θ − new θ)/η, without the factor of the loss; other answers as they are."""
    step = trial([1 - 0.5 * 12, 2 - 0.5 * 10, 1 - 0.5 * 8], "step", "mse")
    assert step.gradient.tolist() == step.expected_gradient.tolist() == RIGHT.tolist()
    gradient = trial([12.0, 10.0, 9.0], loss="mse")
    assert gradient.gradient.tolist() == [6, 5, 4.5]
    assert gradient.expected_gradient.tolist() == RIGHT.tolist()


@pytest.mark.parametrize(
    ("after", "in_place", "mutated"),
    [((), False, False), (("w",), False, True), (("w",), True, False)],
)
def test_arguments_that_were_changed_by_intent_are_no_mutation(after, in_place, mutated):
    """Where the answer stands in them."""
    found = trial(RIGHT, in_place=in_place)
    found.answer = RawOutput(after=tuple((name, ()) for name in after))
    assert found.mutated is mutated
