"""Descent of another kind: right where it is meant, and wrong where plain descent is asked for."""

import pytest

from reference import assert_gradient, check

PARTS = {
    "momentum": ("momentum=0.9", "v = momentum * v + g", "v"),
    "a schedule": ("decay=0.5", "g = g * decay**t", "g"),
    "a penalty": ("l2=0.1", "g[:-1] = g[:-1] + l2 * p[:-1]", "g"),
    "early stopping": ("tol=1e-3", "if np.abs(g).max() < tol: break", "g"),
    "sampling": ("seed=0", "i = np.random.randint(len(y)); g = A[i] * (A[i] @ p - y[i])", "g"),
    "": ("verbose=False", "g = g + 0", "g"),
}


def program(kind):
    """A trainer from zero that does this in each step."""
    parameter, line, along = PARTS[kind]
    return f"""import numpy as np

def gradient_descent(X, y, lr, n_iters, {parameter}):
    A = np.column_stack([X, np.ones(len(y))])
    p = v = np.zeros(A.shape[1])
    for t in range(n_iters):
        g = A.T @ (A @ p - y) / len(y)
        {line}
        p = p - lr * {along}
    return p[:-1], p[-1]
"""


@pytest.mark.sample(6)
@pytest.mark.parametrize("kind", PARTS)
def test_only_plain_descent_is_right_where_it_is_insisted_on(kind, tmp_path):
    """What is meant is right without `plain`, and is named with it."""
    file = tmp_path / "program.py"
    file.write_text(program(kind))
    options = {"max_examples": 20, "hint": 2, "timeout": 60}
    assert_gradient(str(file), **options)
    (found,) = check(str(file), plain=True, **options).checks
    assert found.verdict == ("wrong" if kind else "right")
    if kind:
        with pytest.raises(AssertionError, match="WRONG"):
            assert_gradient(str(file), plain=True, **options)
