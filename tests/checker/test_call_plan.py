"""What of a problem goes into which parameter, in which shape; which layouts are tried."""

import re

import numpy as np
import pytest

from reference.checker.call_plan import CallPlan, Problem

X, Y, W = np.arange(6.0).reshape(3, 2), np.array([7.0, 8.0, 9.0]), np.array([5.0, 6.0])
CASE = Problem(X, Y, W, np.float64(4), 0.5, 2)


def plan(roles, **more):
    """A plan whose parameters have the names of their roles."""
    return CallPlan("f", "gradient", tuple((r, r) for r in roles.split()), **more)


def values(plan, case=CASE):
    """The keyword arguments, arrays as lists."""
    args, kwargs = plan.arguments(case)
    assert args == ()
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in kwargs.items()}


def test_each_role_has_its_value():
    """X, y, w as they are; b, η and the iterations as numbers; the rest from X and y."""
    found = values(plan("X y w b lr iters y_hat grad_w grad_b batch_size"))
    assert found == {
        **{"X": X.tolist(), "y": [7, 8, 9], "w": [5, 6], "b": 4.0, "lr": 0.5, "iters": 2},
        **{"y_hat": [0, 2, 4], "grad_w": [0, 1], "grad_b": 7.0, "batch_size": 3},
    }
    assert type(found["b"]) is type(found["grad_b"]) is float
    assert values(plan("batch_size", short=3)) == {"batch_size": 6}


def test_a_parameter_without_a_name_is_given_by_position():
    """In the order of the roles, beside those with a name."""
    mixed = CallPlan("f", "gradient", (("", "y"), ("rate", "lr"), ("", "X"), ("", "b")))
    (y, given_X, b), kwargs = mixed.arguments(CASE)
    assert (y.tolist(), given_X.tolist(), b) == ([7, 8, 9], X.tolist(), 4)
    assert kwargs == {"rate": 0.5}


def test_columns_are_two_dimensional():
    """Labels, weights, predictions and gradients; X and the numbers stay."""
    _, found = plan("X y w b y_hat grad_w", column=True).arguments(CASE)
    shapes = {"X": (3, 2), "y": (3, 1), "w": (2, 1), "b": (), "y_hat": (3, 1), "grad_w": (2, 1)}
    assert {k: np.shape(v) for k, v in found.items()} == shapes


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("ones", [True, False])
def test_theta_holds_the_bias_first(dtype, ones):
    """θ = (b, w) beside [1 X], or beside X alone, in the dtype of X."""
    _, found = plan("X y w", ones=ones).arguments(CASE._replace(X=X.astype(dtype)))
    assert found["X"][:, -2:].tolist() == X.tolist()
    assert found["X"][:, :-2].tolist() == [[1]] * 3 if ones else [[]] * 3
    assert found["w"].tolist() == [4, 5, 6]
    assert found["X"].dtype == found["w"].dtype == dtype


def test_a_class_gets_data_and_settings():
    """X, y, what its constructor takes and what fit takes."""
    roles = (("steps", "iters"), ("size", "batch_size"))
    model = CallPlan("M", "trainer", roles, init=(("rate", "lr"),), is_class=True, short=3)
    (given_X, given_y, init, fit), kwargs = model.arguments(CASE)
    assert (given_X.tolist(), given_y.tolist()) == (X.tolist(), [7, 8, 9])
    assert (init, fit, kwargs) == ({"rate": 0.5}, {"steps": 2, "size": 6}, {})
    assert model.uses == {"lr", "iters", "batch_size"}
    assert not model.theta


@pytest.mark.parametrize(
    ("roles", "ones", "shorts"),
    [
        ("X y w b", [True], [0]),
        ("X y w", [True, False], [0]),
        ("X y w b batch_size", [True], [3, 0]),
        ("X y", [True], [0]),
    ],
)
def test_the_usual_layout_comes_first(roles, ones, shorts):
    """Then columns, then without the ones, then tensors; a short batch before a full one."""
    pairs = [(t, o, c, s) for t in (0, 1) for o in ones for c in (0, 1) for s in shorts]
    found = list(plan(roles).layouts())
    assert [(p.tensors, p.ones, p.column, p.short) for p in found] == pairs
    assert {(p.name, p.kind, p.roles) for p in found} == {("f", "gradient", plan(roles).roles)}


@pytest.mark.parametrize(
    ("plan", "note"),
    [
        (plan("X y w b"), "^$"),
        (plan("X y w"), r"θ = \(b, w\) and X with a column of ones$"),
        (plan("X y w", ones=False, tensors=True), r"θ = \(b, w\), torch tensors$"),
        (plan("X w b", column=True, tensors=True), r"\(n, 1\) .* \(d, 1\) .*columns, torch"),
    ],
)
def test_an_unusual_layout_is_noted(plan, note):
    """θ, its ones, columns and tensors."""
    assert re.search(note, plan.note)
