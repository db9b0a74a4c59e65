"""What of a problem goes into which parameter, in which shape; and what is said of it."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem

X, Y, W = np.arange(6.0).reshape(3, 2), np.array([7.0, 8.0, 9.0]), np.array([5.0, 6.0])
CASE = Problem(X, Y, W, np.float64(4), 0.5, 2)


def plan(*names, kind="gradient", **more):
    """A plan whose parameters have the names of their roles."""
    return CallPlan("f", kind, tuple((n, n) for n in names), **more)


def shown(value):
    """Arrays as lists."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_each_role_has_its_value():
    """X, y, w as they are; b, η and the iterations as numbers; the rest from X and y."""
    everything = ["X", "y", "w", "b", "lr", "iters", "y_hat", "grad_w", "grad_b", "batch_size"]
    args, kwargs = plan(*everything).arguments(CASE)
    assert args == ()
    assert list(kwargs) == everything
    assert {k: shown(v) for k, v in kwargs.items()} == {
        "X": X.tolist(),
        "y": [7, 8, 9],
        "w": [5, 6],
        "b": 4.0,
        "lr": 0.5,
        "iters": 2,
        "y_hat": [0, 2, 4],
        "grad_w": [0, 1],
        "grad_b": 7.0,
        "batch_size": 3,
    }
    assert type(kwargs["b"]) is type(kwargs["grad_b"]) is float


def test_a_parameter_without_a_name_is_given_by_position():
    """In the order of the roles, beside those with a name."""
    mixed = CallPlan("f", "gradient", (("", "y"), ("lr", "lr"), ("", "X"), ("", "b")))
    args, kwargs = mixed.arguments(CASE)
    assert [shown(a) for a in args] == [[7, 8, 9], X.tolist(), 4]
    assert kwargs == {"lr": 0.5}


def test_columns_are_two_dimensional():
    """Labels, weights, predictions and gradients; X and the numbers stay."""
    _, found = plan("X", "y", "w", "b", "y_hat", "grad_w", column=True).arguments(CASE)
    shapes = {"X": (3, 2), "y": (3, 1), "w": (2, 1), "b": (), "y_hat": (3, 1), "grad_w": (2, 1)}
    assert {k: np.shape(v) for k, v in found.items()} == shapes


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_theta_comes_with_a_column_of_ones(dtype):
    """θ = (b, w) in one vector beside [1 X], or beside X alone, in the dtype of X."""
    case = Problem(X.astype(dtype), Y, W, np.float64(4))
    theta = plan("X", "y", "w")
    _, found = theta.arguments(case)
    assert found["X"].tolist() == [[1, 0, 1], [1, 2, 3], [1, 4, 5]]
    assert found["w"].tolist() == [4, 5, 6]
    assert found["X"].dtype == found["w"].dtype == dtype
    _, found = plan("X", "y", "w", ones=False).arguments(case)
    assert found["X"].tolist() == X.tolist()
    assert theta.theta
    assert not plan("X", "y", "w", "b").theta
    assert not plan("X", "y").theta
    assert not plan("w", is_class=True).theta


def test_a_class_gets_data_and_settings():
    """X, y, what its constructor takes and what fit takes; a batch short of its size."""
    settings = {"init": (("rate", "lr"),), "is_class": True, "short": 3}
    model = CallPlan("M", "trainer", (("steps", "iters"), ("size", "batch_size")), **settings)
    (given_X, given_y, init, fit), kwargs = model.arguments(CASE)
    assert (given_X.tolist(), given_y.tolist()) == (X.tolist(), [7, 8, 9])
    assert (init, fit, kwargs) == ({"rate": 0.5}, {"steps": 2, "size": 6}, {})
    assert model.uses == {"lr", "iters", "batch_size"}


def layouts(plan):
    """(tensors, ones, column, short) of each layout."""
    return [(p.tensors, p.ones, p.column, p.short) for p in plan.layouts()]


def test_the_usual_layout_comes_first():
    """Then columns, then without the ones, then tensors; a short batch before a full one."""
    pairs = [(t, True, c, 0) for t in (False, True) for c in (False, True)]
    assert layouts(plan("X", "y", "w", "b")) == pairs
    assert layouts(plan("X", "y", "w")) == [
        (t, o, c, 0) for t in (False, True) for o in (True, False) for c in (False, True)
    ]
    assert layouts(plan("X", "y", "w", "b", "batch_size")) == [
        (t, True, c, s) for t in (False, True) for c in (False, True) for s in (3, 0)
    ]
    assert [p.name for p in plan("w").layouts()] == ["f"] * 8


def test_what_is_not_as_usual_is_said():
    """θ, its ones, columns and tensors, in this order; nothing of the usual."""
    assert plan("X", "y", "w", "b").note == ""
    assert plan("X", "y", "w").note == "called with θ = (b, w) and X with a column of ones"
    assert plan("X", "y", "w", ones=False, tensors=True).note == (
        "called with θ = (b, w), torch tensors"
    )
    assert plan("X", "w", "b", column=True, tensors=True).note == (
        "called with labels (n, 1) and weights (d, 1) as columns, torch tensors"
    )


def test_a_problem_and_a_plan_have_usual_values():
    """One iteration with η = 1; 1-D arrays of NumPy, full batches, no class."""
    case = Problem(X, Y, W, 4.0)
    assert (case.lr, case.iters) == (1.0, 1)
    assert CallPlan("f", "loss", ()) == CallPlan("f", "loss", (), (), False, False, True, False, 0)
    assert {CallPlan("f", "loss", ())} == {CallPlan("f", "loss", ())}
    with pytest.raises(FrozenInstanceError):
        plan("X").name = "g"
