"""Answers that are near and not near enough: difference quotients, and float32 in disguise."""

import numpy as np
import pytest
from test_diagnosis import answers, by_mean, half_mse, right
from wrong_programs import WRONG

from reference import diagnosis, precision

EPS = float(np.finfo(float).eps)


@pytest.mark.parametrize("program", WRONG["finite-difference"])
def test_difference_quotients_are_recognised(program):
    """And are neither float32 in disguise nor any formula."""
    items = answers(program)
    assert precision.finite_difference(items)
    assert diagnosis.named(items, items) == []


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

    assert precision.finite_difference(answers(gradient))


@pytest.mark.parametrize("size", [1e-9, 1e-6])
def test_what_is_merely_near_is_no_difference(size):
    """Noise of any size is in multiples of nothing."""

    def gradient(X, y, w, b):
        grad_w, grad_b = right(X, y, w, b)
        return grad_w * (1 + size * np.sin(1e9 * w)), grad_b * (1 + size * np.sin(1e9 * b))

    items = answers(gradient)
    assert not precision.finite_difference(items)
    assert not precision.rounded_to_float32(items)


@pytest.mark.parametrize("which", ["Xywb", "X", "y", "w", "b", "Xy", "wb", "Xyw"])
def test_any_arguments_in_float32_are_recognised(which):
    """Some of them, or all, rounded before an otherwise right gradient."""

    def gradient(**given):
        cast = {k: np.float64(np.float32(v)) if k in which else v for k, v in given.items()}
        return right(**cast)

    def called(X, y, w, b):
        return gradient(X=X, y=y, w=w, b=b)

    items = answers(called, "gradient")
    assert precision.rounded_to_float32(items)
    assert not precision.finite_difference(items)


def test_an_answer_in_float32_and_work_in_float32_are_told_apart():
    """The first has float32 numbers; the second is off by another factor each time."""

    def rounded(X, y, w, b):
        return tuple(np.float64(np.float32(g)) for g in right(X, y, w, b))

    def inside(X, y, w, b):
        cast = [np.float32(a) for a in (X, y, w, b)]
        return tuple(np.float64(g) for g in by_mean(cast[0], cast[0] @ cast[2] + cast[3] - cast[1]))

    def off(X, y, w, b):
        return tuple(g * (1 + 1e-8) for g in right(X, y, w, b))

    assert precision.rounded_to_float32(answers(rounded, "gradient"))
    items = answers(inside, "gradient")
    assert precision.as_in_float32(items)
    items = answers(off, "gradient")
    assert not precision.as_in_float32(items)
    assert not precision.rounded_to_float32(items)
    assert not precision.as_in_float32(answers(right, "gradient"))
    far = answers(lambda X, y, w, b: tuple(g * 1.01 for g in right(X, y, w, b)), "gradient")
    assert not precision.as_in_float32(far)
    assert not precision.rounded_to_float32(far)
    assert not precision.finite_difference(far)
