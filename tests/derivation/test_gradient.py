"""§1.1 to §1.3f: four independent ways to the same numbers, and one derived bound."""

import numpy as np
import pytest
from hypothesis import given

import linreg_np as engine
from linreg_np import chain_rule
from reference import autograd, exact, rounding
from reference.strategies import problems


def assert_within(computed, true, bounds):
    """Each computed number lies within its bound of the exact one."""
    for c, t, bound in zip(np.ravel(computed), np.ravel(true), np.ravel(bounds), strict=True):
        assert rounding.within(c, t, bound), f"{c!r} is further than {bound} from {float(t)!r}"


def by_chain_rule(X, y, w, b):
    """1.3e for every j, and for b."""
    grad_w = [chain_rule.dL_dw(X, y, w, b, j) for j in range(len(w))]
    return np.array(grad_w), chain_rule.dL_db(X, y, w, b)


def by_autograd(X, y, w, b):
    """The gradient of torch, as NumPy."""
    grad_w, grad_b = autograd.gradient(X, y, w, b)
    return grad_w.numpy(), grad_b.numpy()[()]


@pytest.mark.parametrize("gradient", [engine.gradient, by_chain_rule, by_autograd])
@given(problem=problems())
def test_gradient_is_exact_within_the_bound(gradient, problem):
    """1.3f, 1.3e and torch each lie within γ_k·M of exact arithmetic, in their own precision."""
    with np.errstate(all="ignore"):
        grad_w, grad_b = gradient(*problem)
    bound_w, bound_b = rounding.gradient_bound(*problem, problem.X.dtype)
    true_w, true_b = exact.gradient(*problem)
    assert grad_w.dtype == grad_b.dtype == problem.X.dtype
    assert_within(grad_w, true_w, bound_w)
    assert_within(grad_b, true_b, bound_b)


@pytest.mark.parametrize("source", [engine, autograd])
@given(problem=problems())
def test_prediction_and_loss_are_exact_within_the_bound(source, problem):
    """1.1b and 1.2b, by the engine and by torch, lie within their bounds of exact arithmetic."""
    X, _y, w, b = problem
    with np.errstate(all="ignore"):
        y_hat, loss = np.asarray(source.predict(X, w, b)), np.asarray(source.loss(*problem))
    assert y_hat.dtype == loss.dtype == X.dtype
    assert_within(y_hat, exact.predict(X, w, b), rounding.predict_bound(X, w, b, X.dtype))
    assert_within(loss, exact.loss(*problem), rounding.loss_bound(*problem, X.dtype))


@given(problem=problems(extreme=False))
def test_prediction_of_one_sample_is_a_row_of_all(problem):
    """1.1a for each row is 1.1b, within twice the bound."""
    X, _y, w, b = problem
    bounds = rounding.predict_bound(X, w, b, X.dtype)
    for x, true, bound in zip(X, exact.predict(X, w, b), bounds, strict=True):
        assert rounding.within(engine.model.predict_one(x, w, b), true, bound)


@given(problem=problems())
def test_arguments_are_never_written_to(problem):
    """No function of the derivation changes an array that it is given."""
    X, y, w, b = problem
    before = [np.array(a) for a in problem]
    with np.errstate(all="ignore"):
        engine.loss(X, y, w, b)
        engine.sgd_step(w, b, *engine.gradient(X, y, w, b), 0.1)
    for a, copy in zip(problem, before, strict=True):
        np.testing.assert_array_equal(a, copy, strict=isinstance(a, np.ndarray))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.bool, np.float16])
def test_other_numbers_are_computed_in_float64(dtype):
    """Integers and bools neither overflow nor wrap: all is computed in float64."""
    X, y, w = (np.array(a).astype(dtype) for a in ([[100, 7], [1, 0]], [3, 1], [100, 0]))
    b = dtype(1)
    as_floats = [np.asarray(a, float) for a in (X, y, w, b)]
    y_hat = engine.predict(X, w, b)
    assert y_hat.dtype == np.float64
    np.testing.assert_array_equal(y_hat, engine.predict(as_floats[0], *as_floats[2:]))
    assert engine.loss(X, y, w, b) == engine.loss(*as_floats)
    np.testing.assert_array_equal(engine.squared_loss(y, w), engine.squared_loss(*as_floats[1:3]))
    for ours, theirs in zip(engine.gradient(X, y, w, b), engine.gradient(*as_floats), strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_array_equal(ours, theirs)


def test_arguments_may_be_named():
    """Keywords mean what their names say, integers included."""
    assert engine.loss(b=0, w=[1], y=[3], X=[[1]]) == 2.0


@pytest.mark.parametrize("bad", [["a"], [1j], [None], [object()], np.ma.array([1.0], mask=[True])])
def test_what_is_not_a_real_number_is_refused(bad):
    """Strings, complex numbers, None, objects and masked entries are a TypeError with the rule."""
    with pytest.raises(TypeError, match="must be an array of real numbers, got"):
        engine.squared_loss(bad, [1.0])


def test_residual_refuses_to_broadcast():
    """(n,) against (n, 1) would be n × n residuals: a ValueError that says so, everywhere."""
    y = np.zeros((3, 1))
    for f in (engine.residual, engine.squared_loss):
        with pytest.raises(ValueError, match=r"same shape, got \(3,\) and \(3, 1\); .*ravel"):
            f(np.zeros(3), y)
    with pytest.raises(ValueError, match="same shape"):
        engine.gradient(np.zeros((3, 2)), y, np.zeros(2), 0.0)
    for scalar in (0, 0.0, np.float32(0), np.array(0)):
        with pytest.raises(ValueError, match=r"same shape, got \(3,\) and \(\)"):
            engine.residual(np.zeros(3), scalar)
        with pytest.raises(ValueError, match=r"same shape, got \(\) and \(3,\)"):
            engine.residual(scalar, np.zeros(3))


SCALARS = [2, True, 2.0, np.float32(2), np.float64(2), np.int8(2), np.array(2), np.array(2.0)]


@pytest.mark.parametrize("y_hat", SCALARS)
@pytest.mark.parametrize("y", SCALARS)
def test_scalars_of_any_kind_have_one_shape(y_hat, y):
    """Python's numbers, NumPy's and 0-d arrays have the shape (), in any pair."""
    assert engine.residual(y_hat, y) == float(y_hat) - float(y)
