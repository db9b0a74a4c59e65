"""A verdict on whole programs: right ones are accepted, and `assert_gradient` says what is wrong."""

import numpy as np
import pytest
import torch  # noqa: F401  imported here once, and not anew in every fork
from right_programs import RIGHT

from reference import assert_gradient, check


def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@pytest.mark.sample(6)
@pytest.mark.parametrize("program", RIGHT)
def test_right_programs_are_accepted(program):
    """Loops, einsum, Gram matrix, blocks, fsum, complex step, torch."""
    report = check(program, max_examples=100, timeout=60)
    assert [c.verdict for c in report.checks if c.verdict == "wrong"] == [], str(report)
    assert any(c.verdict == "right" for c in report.checks), str(report)


@pytest.mark.sample(2)
@pytest.mark.parametrize("error", [1e-12, 1e-9])
def test_a_relative_error_of_one_component_is_seen(error):
    """As small as 1e-12."""

    def gradient_off(X, y, w, b):
        grad_w, grad_b = gradient(X, y, w, b)
        grad_w[0] *= 1 + error
        return grad_w, grad_b

    (found,) = check(gradient_off, max_examples=100).checks
    assert found.verdict == "wrong"


def test_assert_gradient_accepts_a_right_function_and_reports_a_wrong_one():
    """The report is the message."""
    assert_gradient(gradient, max_examples=20)

    def flipped_gradient(X, y, w, b):
        return tuple(-np.asarray(g) for g in gradient(X, y, w, b))

    with pytest.raises(AssertionError, match="sign-flipped"):
        assert_gradient(flipped_gradient, max_examples=20)


def test_the_same_seed_gives_the_same_report():
    """To the last character."""
    first, second = (str(check(gradient, seed=3, max_examples=50)) for _ in range(2))
    assert first == second


def test_a_file_is_checked_as_its_functions_are(tmp_path):
    """By its name, with one function alone, and what it does not define is said."""
    file = tmp_path / "mine.py"
    file.write_text(
        "def gradient(X, y, w, b):\n    r = X @ w + b - y\n    return X.T @ r, r.sum()\n"
        "def predict(X, w, b):\n    return X @ w + b\n"
    )
    report = check(str(file), max_examples=30)
    assert [(c.name, c.verdict) for c in report.checks] == [
        ("gradient", "wrong"),
        ("predict", "right"),
    ]
    (alone,) = check(f"{file}:predict", max_examples=30).checks
    assert alone.verdict == "right"
    assert check(str(tmp_path / "none.py")).passed is None
