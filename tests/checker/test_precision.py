"""Answers that are close, but not close enough: difference quotients, and float32."""

import numpy as np
import pytest
from in_process import answers
from test_match import by_mean, half_mse, right
from wrong_programs import WRONG

from reference.checker.diagnosis import match, precision

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
