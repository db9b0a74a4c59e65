"""Answers that are close, but not close enough: difference quotients, and float32."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from in_process import answers
from test_match import by_mean, half_mse, right
from wrong_programs import WRONG

from reference.checker.call_plan import CallPlan, Problem
from reference.checker.diagnosis import match, precision
from reference.checker.diagnosis.evidence import Evidence
from reference.checker.expected import Expected
from reference.checker.output import Output
from reference.checker.trial import Trial

EPS = float(np.finfo(float).eps)


@pytest.mark.parametrize("program", WRONG["finite-difference"])
def test_difference_quotients_are_recognised(program):
    """They are no formula, and not computed in float32."""
    trials = answers(program)
    assert precision.is_finite_difference(trials)
    assert not precision.is_low_precision(trials)
    assert match.matching_faults(trials, trials) == []


@pytest.mark.parametrize(
    "h", [2e-3, 5e-4, 2e-5, 1e-7, 5e-12, 2.0**-10, 2.0**-20, EPS ** (1 / 4), EPS ** (1 / 3)]
)
@pytest.mark.parametrize("centred", [False, True])
def test_whatever_the_step_of_a_difference(h, centred):
    """(L(θ + h) − L(θ − h))/2h and (L(θ + h) − L(θ))/h are in multiples of the spacing at L."""

    def gradient(X, y, w, b):
        def slope(of):
            return (of(h) - of(-h)) / (2 * h) if centred else (of(h) - of(0)) / h

        grad_w = [slope(lambda t, e=e: half_mse(X, y, w + t * e, b)) for e in np.eye(len(w))]
        return np.array(grad_w), slope(lambda t: half_mse(X, y, w, b + t))

    assert precision.is_finite_difference(answers(gradient))


@pytest.mark.parametrize("size", [1e-9, 1e-6])
def test_noise_is_no_difference_quotient(size):
    """It is no multiple of the spacing at the loss."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return grad_w * (1 + size * np.sin(1e9 * w)), grad_b * (1 + size * np.sin(1e9 * b))

    trials = answers(gradient)
    assert not precision.is_finite_difference(trials)
    assert not precision.is_rounded_to_float32(trials)


@pytest.mark.parametrize("which", ["Xywb", "X", "y", "w", "b", "Xy", "wb", "Xyw"])
def test_any_arguments_in_float32_are_recognised(which):
    """Some of them, or all, rounded before an otherwise right gradient."""

    def gradient(X, y, w, b):
        given = {"X": X, "y": y, "w": w, "b": b}
        return right(
            **{k: np.float32(v).astype(float) if k in which else v for k, v in given.items()}
        )

    trials = answers(gradient)
    assert precision.is_rounded_to_float32(trials)
    assert not precision.is_finite_difference(trials)


def rounded(X, y, w, b):
    """An answer in float32."""
    return tuple(np.float32(g).astype(float) for g in right(X, y, w, b))


def inside(X, y, w, b):
    """Arithmetic in float32."""
    X, y, w, b = (np.float32(a) for a in (X, y, w, b))
    return tuple(g.astype(float) for g in by_mean(X, X @ w + b - y))


def off_by(factor):
    """The right gradient times a factor."""
    return lambda X, y, w, b: tuple(factor * g for g in right(X, y, w, b))


@pytest.mark.parametrize(
    ("program", "low", "is_rounded", "is_computed"),
    [
        (rounded, True, True, None),
        (inside, True, None, True),
        (off_by(1 + 1e-8), False, False, False),
        (off_by(1.01), False, False, False),
        (right, False, False, False),
    ],
)
def test_answers_and_arithmetic_in_float32_are_distinguished(program, low, is_rounded, is_computed):
    """The first are float32 numbers; the second is off by another factor each time."""
    trials = answers(program, "gradient")
    assert precision.is_low_precision(trials) == low
    assert is_rounded in (None, precision.is_rounded_to_float32(trials))
    assert is_computed in (None, precision.is_computed_in_float32(trials))


def test_without_answers_nothing_is_recognised():
    """There may be no wrong answers to the fresh problems."""
    assert not precision.is_low_precision([])
    assert not precision.is_finite_difference([])


def test_only_wrong_answers_that_are_all_numbers_are_judged_by_their_precision():
    """One of a wrong form among them leaves none."""
    trials = answers(rounded, "gradient")
    wrong = [i for i in trials if not i.is_correct]
    assert 0 < len(wrong) == len(Evidence([], trials).inexact)
    shapeless = replace(wrong[0], reading=Output(None, fault="wrong-shape"))
    assert Evidence([shapeless], trials).inexact == []


ROLES = tuple((r, r) for r in ("X", "y", "w", "b"))


def item(vector, X=3.0, kind="gradient"):
    """An answer for one sample of one feature: y = 0, w = 1, b = 0; right are (X², X)."""
    case = Problem(np.array([[X]]), np.zeros(1), np.ones(1), np.float64(0))
    plan = CallPlan("f", kind, ROLES)
    expected = Expected(plan, case, "half-mse")
    return Trial(plan, case, None, Output(np.array(vector)), expected, 0, case)


def test_the_steps_that_people_take_are_known():
    """1, 2 and 5 of each power of ten to 1e-12; roots of ε; powers of 2 from 2⁻⁴ to 2⁻⁴⁰."""
    tens = [float(f"{m}e-{k}") for k in range(1, 13) for m in (1, 2, 5)]
    roots = [2.0**-26, 2.0 ** (-52 / 3), 2.0**-13]
    known = sorted([*tens, *roots, *(1 / 2**k for k in range(4, 41))])
    np.testing.assert_allclose(sorted(precision.STEPS), known, rtol=1e-12)


@pytest.mark.parametrize(
    ("off", "near"), [(0.0, True), (0.95, True), (-0.95, True), (1.0, False), (1.05, False)]
)
@pytest.mark.parametrize("part", [0, 1])
def test_a_quotient_is_near_the_derivative(off, near, part, monkeypatch):
    """Within a tenth of 1 + X²: the second derivative, a step of that size."""
    monkeypatch.setattr(precision, "on_lattice", lambda e, h: True)
    right = item([9.0, 3.0])
    found = item(np.array([9.0, 3.0]) + off * np.eye(2)[part])
    assert precision.is_finite_difference([right, found]) == near


def test_only_gradients_with_numbers_are_differences():
    """No prediction, and nothing with NaN in it."""
    exact_ones = item([9.0, 3.0])
    assert precision.is_finite_difference([exact_ones])
    assert not precision.is_finite_difference([item([3.0], kind="predict")])
    assert not precision.is_finite_difference([exact_ones, item([np.nan, 3.0])])


@pytest.mark.parametrize(
    ("multiple", "on"),
    [
        (1000.0, True),
        (1000.25, False),
        (1000.5, True),
        (1000.75, False),
        (0.01 + 0.04 * EPS, True),
        (0.0101, False),
        (1000.009, True),
        (1000.011, False),
        (2.0**45, True),
        (2.0**46, False),
        (0.01 * 2.0**52, False),
        (2.0**43 + 9 / 512, True),
        (2.0**43 + 10 / 512, False),
    ],
)
def test_multiples_of_the_spacing_of_the_loss(multiple, on):
    """Whole or half ones, to a hundredth; as long as floats can tell them apart."""
    h, X = 2.0**-10, 2.0  # L = 2
    spacing = np.spacing(2.0) / 4
    assert precision.on_lattice(item([multiple * spacing / h, 0.0], X), h) == on
    assert precision.on_lattice(item([0.0, -multiple * spacing / h], X), h) == on


def stub(off, bounds=1.0, errors=2.0, dtype=np.float64, finite=True):
    """An answer off by so much from exact ones of 1, in multiples of 2⁻²⁰."""
    vector = 1 + np.array(off) * 2.0**-20
    return SimpleNamespace(
        finite=finite,
        errors=np.broadcast_to(errors, vector.shape),
        reading=SimpleNamespace(vector=vector, dtype=np.dtype(dtype)),
        expected=SimpleNamespace(
            rounded=np.ones(len(off)), bounds_in=lambda dtype: bounds * 2.0**-20 * np.ones(len(off))
        ),
    )


@pytest.mark.parametrize(
    ("answer", "inside"),
    [
        (stub([-1, 1] * 5), True),
        (stub([-1, 1] * 5, bounds=0.99), False),
        (stub([-1, 1] * 5, dtype=np.float32), False),
        (stub([-1, 1] * 5, finite=False), False),
        (stub([-1, 1] * 5, errors=1.5), True),
        (stub([-1, 1] * 5, errors=1.0), False),
        (stub([-1, 1] * 5, errors=[1.0, *[1.5] * 9]), False),
        (stub([-1, 1] * 10, errors=[1.0, *[1.5] * 19]), True),
        (stub([-1, 1] * 5, bounds=1000.0), True),
        (stub([-1, 1] * 5, bounds=1024.0), False),
        (stub([-1, 1] * 5, bounds=1500.0), False),
        (stub([9, 11], bounds=16.0), False),
        (stub([8, 12], bounds=16.0), True),
    ],
)
def test_float32_inside_is_off_nearly_everywhere_and_never_by_one_factor(answer, inside):
    """Within its bound; over 9 in 10 wrong; over 2⁻¹⁰ of it used; over a tenth of scatter."""
    assert precision.is_computed_in_float32([answer]) == inside


@pytest.mark.parametrize(("error", "right"), [(0.5, True), (1.0, True), (1.5, False)])
def test_rounded_arguments_explain_what_is_within_the_bound(error, right, monkeypatch):
    """Of the problem with those arguments in float32, and the others as they were."""
    asked = []

    class Within(Expected):
        def errors(self, vector, dtype, dtype_b=None):
            asked.append((self.case, vector.tolist(), dtype, self.loss))
            return np.array([0.0, error])

    monkeypatch.setattr(precision, "Expected", Within)
    found = item([9.0, 3.0], X=0.1)
    assert precision.is_right_for_rounded(found, "X") == right
    ((case, vector, dtype, loss),) = asked
    assert case.X == np.float64(np.float32(0.1)) != 0.1
    assert (case.w is found.case.w, vector, dtype) == (True, [9, 3], np.dtype(float))
    assert loss == "half-mse"
