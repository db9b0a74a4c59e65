"""A verdict on whole programs: right ones are accepted, and `assert_gradient` says what is wrong."""

import pytest
import torch  # noqa: F401  imported here once, and not anew in every fork
from right_programs import RIGHT

from reference import check


def gradient(X, y, w, b):
    r = X @ w + b - y
    return X.T @ r / len(y), r.sum() / len(y)


@pytest.mark.sample(8)
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

    (found,) = check(gradient_off, max_examples=20).checks
    assert found.verdict == "wrong"


def test_the_same_seed_gives_the_same_report():
    """To the last character."""
    first, second = (str(check(gradient, seed=3, max_examples=50)) for _ in range(2))
    assert first == second


@pytest.mark.sample(4)
@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.3, 0.6])
@pytest.mark.parametrize(("residual", "verdict"), [("X @ w + b - y", "right"), ("y - b", "wrong")])
def test_a_slow_function_is_judged_by_the_answers_that_came(seconds, residual, verdict, tmp_path):
    """Or it is not checked: it is never said to be the other."""
    file = tmp_path / "mine.py"
    file.write_text(
        f"import time\ndef gradient(X, y, w, b):\n    time.sleep({seconds})\n    r = {residual}\n"
        "    return X.T @ r / len(y), r.mean()\n"
    )
    (found,) = check(str(file), timeout=1.5).checks
    assert found.verdict in (verdict, "unchecked")
