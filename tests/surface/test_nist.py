"""Numbers that nobody here made: at NIST's certified solutions the gradient is zero.

Source: NIST Statistical Reference Datasets, linear regression. The certified coefficients are
given to 15 digits, so the gradient there is not exactly zero: with |Δθ_j| at most half a unit of
the last digit of θ_j, it is H·Δθ at most.
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from linreg_np import gradient
from reference import autograd, rounding

FILES = sorted(Path(__file__).with_name("data").glob("*.json"))


def certified(file):
    """X, y, w, b as floats, and for (w, b) half a unit of the last certified digit."""
    data = json.loads(file.read_text())
    columns = [np.array(c, float) for c in data["predictors_str"]]
    if data["model"].startswith("poly") or data["model"] == "linear":
        degree = data["p"] - 1 if len(columns) == 1 else 1
        X = np.column_stack([c**k for c in columns for k in range(1, degree + 1)])
    else:
        X = np.column_stack(columns)
    y, theta = np.array(data["response_str"], float), [Fraction(s) for s in data["beta_str"]]
    digits = [half_a_unit(s) for s in data["beta_str"]]
    if data["model"] == "no intercept":
        theta, digits = [Fraction(0), *theta], [Fraction(0), *digits]
    return X, y, theta, digits


def half_a_unit(number):
    """Half a unit of the last digit of a printed number, and its rounding to float64."""
    mantissa, _, exponent = number.upper().partition("E")
    places = len(mantissa.partition(".")[2])
    printed = Fraction(10) ** (int(exponent or 0) - places) / 2
    return printed + abs(Fraction(number)) * Fraction(2) ** -53


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
@pytest.mark.parametrize("source", [gradient, autograd.gradient], ids=["engine", "torch"])
def test_gradient_is_zero_at_the_certified_solution(file, source):
    """|∇L| ≤ the rounding bound + the curvature times what the certified digits leave open.

    The powers x², x³, … of the polynomial models are rounded, too: each entry by at most
    degree·u of itself, which moves every term of M_j by no more than γ_{2·degree}.
    """
    X, y, theta, digits = certified(file)
    b, w = float(theta[0]), np.array([float(t) for t in theta[1:]])
    grad_w, grad_b = (np.asarray(g) for g in source(X, y, w, b))
    A = np.abs(np.column_stack([X, np.ones(len(X))]))
    open_digits = A.T @ (A @ np.array([float(t) for t in [*digits[1:], digits[0]]])) / len(A)
    k = sum(X.shape) + 5
    bounds = np.append(*rounding.gradient_bound(X, y, w, b, np.float64))
    bounds *= rounding.gamma(k + 2 * len(w), float) / rounding.gamma(k, float)
    has_intercept = theta[0] != 0
    found = np.append(grad_w, grad_b)[: len(w) + has_intercept]
    assert (np.abs(found) <= (bounds + open_digits)[: len(found)]).all()
    moved = np.abs(np.asarray(source(X, y, w * (1 + 1e-6), b)[0]))
    assert (moved > (bounds + open_digits)[:-1]).any(), "a millionth away it is not zero"


def test_all_eleven_files_are_here():
    """None of the data sets is left out."""
    assert len(FILES) == 11
