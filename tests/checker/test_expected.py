"""What an answer should be, for every kind and every loss; and how far from that it may be."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from reference import exact, rounding
from reference.checker import expected as expected_answers
from reference.checker.call_plan import CallPlan, Layout, Problem
from reference.checker.expected import Expected, nearest
from reference.strategies import problems

rng = np.random.default_rng(3)
CASE = Problem(
    rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=2), np.float64(0.7), 0.25
)
NARROW = Problem(*(np.float32(a) for a in CASE[:4]), 0.25)
FACTORS = {"half-mse": 1, "mse": 2, "half-sse": 4, "sse": 8}  # n = 4
ROLES = "X y w b"


def plan(kind, roles=ROLES, **more):
    """A plan with those roles."""
    return CallPlan(kind, kind, tuple((r, r) for r in roles.split()), **more)


PLANS = {
    "gradient": plan("gradient"),
    "gradient_w": plan("gradient_w"),
    "gradient_b": plan("gradient_b"),
    "step": plan("step", "X y w b lr"),
    "trainer": plan("trainer", "X y w b lr iters"),
    "given step": plan("step", "w b grad_w grad_b lr", given="mean"),
    "predict": plan("predict", "X w b"),
    "loss": plan("loss"),
    "given loss": plan("loss", "y_hat y"),
    "sample": plan("sample", "y_hat y"),
}


def values(name, case, c):
    """The numbers of each kind, in fractions, with the factor of the convention."""
    X, y, w, b, lr = (exact.rationals(a) for a in case[:5])
    grad_w, grad_b = exact.gradient(*case[:4])
    grad, theta = [c * g for g in (*grad_w, grad_b)], [*w, b]
    along = [t - lr * g for t, g in zip(theta, grad, strict=True)]
    r = [p[0] - t for p, t in zip(X, y, strict=True)]
    return {
        "gradient": grad,
        "gradient_w": grad[:-1],
        "gradient_b": grad[-1:],
        "step": along,
        "trainer": along,
        "given step": [t - lr * g for t, g in zip(theta, [*X[0], y[0]], strict=True)],
        "predict": exact.predict(*case[:1], *case[2:4]),
        "loss": [c * exact.loss(*case[:4])],
        "given loss": [c * sum(v * v for v in r) / (2 * len(r))],
        "sample": [c * v * v / 2 for v in r],
    }[name]


@pytest.mark.parametrize("loss", FACTORS)
@pytest.mark.parametrize("name", PLANS)
def test_each_kind_has_its_values(name, loss):
    """1.1b to 1.3h, times what the declared loss is of 1.2b; a sample is a mean of one.

    Along a gradient that is given there is no loss to declare.
    """
    of_one = {"half-mse": 1, "mse": 2, "half-sse": 1, "sse": 2}
    c = 1 if name == "given step" else (of_one if name == "sample" else FACTORS)[loss]
    expected = Expected(PLANS[name], CASE, loss)
    assert expected.factor == c
    assert expected.exact == values(name, CASE, c)
    assert expected.rounded.tolist() == [float(v) for v in expected.exact]


TINY = {np.float64: 5e-324, np.float32: 2.0**-126}  # what a result that underflows may be off by


def bounds(name, case, c, dtype, problem=None):
    """How far each number may be from what it should be: rounding's bound, times the factor."""
    X, y, w, b = problem or case[:4]
    theta = np.abs(np.append(case.w, case.b).astype(float))
    u, tiny = float(np.finfo(dtype).eps) / 2, TINY[np.dtype(dtype).type]
    if name.startswith("gradient"):
        part = {"gradient_w": slice(2), "gradient_b": slice(2, 3)}.get(name, slice(3))
        return c * np.append(*rounding.gradient_bound(X, y, w, b, dtype))[part]
    if name in ("step", "trainer"):
        found = np.append(*rounding.sgd_step_bound(X, y, w, b, case.lr * c, dtype))[:3]
        return found + 4 * u / (1 - 4 * u) * theta
    if name == "given step":
        size = theta + case.lr * np.abs(np.append(case.X[0], case.y[0]).astype(float))
        return 3 * u / (1 - 3 * u) * size + 3 * tiny
    if name == "predict":
        return rounding.predict_bound(X, w, b, dtype)
    if name == "loss":
        return [c * rounding.loss_bound(X, y, w, b, dtype)]
    one = np.ones(1, case.X.dtype), 0.0
    if name == "given loss":
        return [c * rounding.loss_bound(case.X[:, :1], case.y, *one, dtype)]
    each = zip(case.X[:, :1], case.y, strict=True)
    return [c * rounding.loss_bound([x], [t], *one, dtype) for x, t in each]


@pytest.mark.parametrize("case", [CASE, NARROW], ids=["float64", "float32"])
@pytest.mark.parametrize("name", PLANS)
def test_each_kind_has_its_bounds(name, case):
    """In the precision of X; wider by 7/3 for a narrower answer; no narrower for a wider one."""
    expected = Expected(PLANS[name], case, "mse")
    dtype = case.X.dtype
    own = bounds(name, case, 2, dtype)
    np.testing.assert_allclose(expected.bounds, own, rtol=1e-12)
    np.testing.assert_allclose(expected.bounds_in(np.float64), own, rtol=1e-12)
    factor = 7 / 3 if dtype == np.float64 else 1
    narrow = np.multiply(bounds(name, case, 2, np.float32), factor)
    np.testing.assert_allclose(expected.bounds_in(np.float32), narrow, rtol=1e-12)


@pytest.mark.parametrize("case", [CASE, NARROW], ids=["float64", "float32"])
@pytest.mark.parametrize("name", ["gradient", "step", "predict", "loss"])
def test_the_bias_in_a_vector_has_a_feature_of_its_own(name, case):
    """θ = (b, w): one weight more, a column of ones, and no bias beside them."""
    theta = plan(name, layout=Layout(ones="first"))
    expected = Expected(theta, case, "half-mse")
    ones = np.column_stack([case.X, np.ones(4, case.X.dtype)])
    X, y, w, b = expected.problem
    assert (X.tolist(), y.tolist()) == (ones.tolist(), case.y.tolist())
    assert (w.tolist(), b) == ([*case.w.tolist(), case.b], 0.0)
    assert X.dtype == case.X.dtype
    own = bounds(name, case, 1, case.X.dtype, (ones, case.y, w, 0.0))
    np.testing.assert_allclose(expected.bounds, own, rtol=1e-12)
    plain = Expected(PLANS[name], case, "half-mse").problem
    assert all(a is b for a, b in zip(plain, case[:4], strict=True))


@given(problems(dtypes=[np.float64], layouts=["C"], max_exponent=15))
def test_errors_are_decided_exactly(problem):
    """At the bound an answer is right, beyond it wrong, whatever floats make of the difference."""
    expected = Expected(PLANS["gradient"], Problem(*problem), "half-mse")
    for i, (true, bound) in enumerate(zip(expected.exact, expected.bounds, strict=True)):
        for factor in (0.5, 0.999999, 1.0, 1.000001, 2.0):
            got = expected.rounded.copy()
            got[i] = float(true + Fraction(bound) * Fraction(factor))
            right = abs(Fraction(got[i]) - true) <= Fraction(bound)
            assert (expected.errors(got, np.dtype(float))[i] <= 1) == right


@pytest.mark.parametrize("has_extended", [True, False])
@pytest.mark.parametrize("name", PLANS)
@settings(max_examples=20)
@given(problem=problems(dtypes=[np.float64], layouts=["C"], max_exponent=15))
def test_the_quick_answer_is_within_a_third_of_each_bound(name, has_extended, problem):
    """It is what errors far from the bound are measured against; with extended precision or not."""
    case = Problem(*problem, lr=0.25)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expected_answers, "HAS_EXTENDED", has_extended)
        expected = Expected(PLANS[name], case, "mse")
        found = zip(expected.near, expected.exact, expected.bounds, strict=True)
        assert all(rounding.within(v, true, bound / 3) for v, true, bound in found)


def with_exact(value, bound):
    """An expected loss of any value and bound."""
    expected = Expected(PLANS["loss"], CASE, "half-mse")
    expected.exact, expected.near = [value], np.array([nearest(value)])
    expected.bounds = np.array([bound])
    return expected


@pytest.mark.parametrize(
    ("got", "true", "bound", "errors"),
    [
        (1.0, Fraction(1), 5e-324, 0.0),
        (1.5, Fraction(1), 5e-324, np.inf),
        (1.0, Fraction(1) + Fraction(1, 10**400), 5e-324, 0.0),
        (3.0, Fraction(1), 0.5, 4.0),
        (np.inf, Fraction(1), np.inf, 0.0),
        (np.nan, Fraction(1), np.inf, 0.0),
        (np.inf, Fraction(1), 1.0, np.inf),
        (np.nan, Fraction(1), 1.0, np.inf),
        (np.inf, Fraction(10) ** 400, 1.0, np.inf),
        (1.0, 1 - Fraction(1, 2**53), 2.0**-53, 1.0),
        (1.0, 1 - Fraction(1, 2**53) - Fraction(1, 2**90), 2.0**-53, np.nextafter(1, 2)),
        (1.0, 1 + Fraction(1, 2**54), 2.0**-54, 0.0),
    ],
)
def test_an_error_near_the_bound_is_decided_exactly(got, true, bound, errors):
    """By fractions: also where the bound is tiny or infinite, and where there is no number."""
    found = with_exact(true, bound).errors(np.array([got]), np.dtype(float))
    assert found.tolist() == [errors]


def test_each_number_has_the_name_of_the_derivation():
    """Of a gradient, a step, a prediction, and losses."""
    names = {
        "gradient": "grad_w[0] grad_w[1] grad_b",
        "gradient_b": "grad_b",
        "predict": "ŷ[0] ŷ[1]",
    }
    names |= {"step": "new_w[0] new_w[1] new_b", "sample": "l[0] l[1]", "loss": "loss"}
    for kind, expected in names.items():
        found = Expected(PLANS[kind], CASE, "half-mse")
        shown = [found.component(i).replace(" ", "_") for i in range(len(expected.split()))]
        assert shown == expected.split()
